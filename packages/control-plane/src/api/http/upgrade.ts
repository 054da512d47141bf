import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { byteSocket, ServiceError } from '@gantry/protocol';
import { WebSocketServer, type WebSocket } from 'ws';
import { AGENT_PATH, DATA_CHANNEL_PATH } from '../../dispatch/exec/sessions.ts';
import type { Dispatch, SessionKind } from '../../dispatch/port.ts';
import type { Authorise } from '../../authorise/port.ts';
import type { Authenticate } from './authenticate.ts';
import { frameSocket } from './frame-socket.ts';
import { originOf } from './origin.ts';
import { wireRequest } from './wire-request.ts';

const PATHS: Readonly<Record<string, { readonly kind: SessionKind | 'exec'; readonly operation: string }>> = {
  '/acs/ws': { kind: 'acs', operation: 'Poll' },
  [AGENT_PATH]: { kind: 'exec', operation: 'Poll' },
  '/tcs/ws': { kind: 'tcs', operation: 'StartTelemetrySession' },
};
const MOST_FRAME_BYTES = 4 * 1024 * 1024;

export interface UpgradeOptions {
  readonly authenticate: Authenticate;
  readonly authorise: Authorise;
  readonly dispatch: Dispatch;
  /** What the client may see of an error. */
  readonly visible: (error: unknown) => ServiceError;
}

/**
 * The agents' websockets: authenticated and admitted before they are upgraded; refused with an HTTP answer. A client of a session shows its
 * token when it is connected: session-manager-plugin signs nothing.
 */
export class Upgrades {
  readonly #options: UpgradeOptions;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MOST_FRAME_BYTES });

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until it is upgraded nobody else listens, and an unheard error would end the process.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    try {
      const attach = this.#admit(request);
      this.#server.handleUpgrade(request, socket, head, (websocket) => {
        socket.off('error', ignore);
        attach(websocket);
      });
    } catch (error) {
      const { status, code, message } = this.#options.visible(error);
      // Agents look for the exception's name in the body (agent-protocol 3).
      refuseSocket(socket, status, JSON.stringify({ [code]: message }));
    }
  }

  /** Cuts off what is still connected; the sessions have said goodbye. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #admit(request: IncomingMessage): (websocket: WebSocket) => void {
    const wire = wireRequest(request, Buffer.alloc(0));
    if (wire.method === 'GET' && wire.path.startsWith(DATA_CHANNEL_PATH)) {
      const attach = this.#options.dispatch.exec.admitClient(wire.path.slice(DATA_CHANNEL_PATH.length));
      return (websocket) => attach(byteSocket(websocket));
    }
    const route = Object.hasOwn(PATHS, wire.path) ? PATHS[wire.path] : undefined;
    if (route === undefined || wire.method !== 'GET')
      throw new ServiceError('BadRequestException', `There is no websocket at ${wire.path.slice(0, 256)}.`, {
        status: 404,
      });
    const caller = this.#options.authenticate(wire, 'ecs');
    const from = originOf(request.socket);
    const query = new URLSearchParams(wire.query);
    // Both sockets' spellings, as the admission reads them.
    const asked = (name: string, other: string): string | undefined => query.get(name) ?? query.get(other) ?? undefined;
    const cluster = asked('clusterArn', 'cluster');
    const input = { cluster, containerInstanceArn: asked('containerInstanceArn', 'containerInstance') };
    this.#options.authorise(caller, { signingName: 'ecs', operation: route.operation, input, from });
    if (route.kind === 'exec') {
      const attach = this.#options.dispatch.exec.admitAgent(query, caller);
      return (websocket) => attach(byteSocket(websocket));
    }
    const attach = this.#options.dispatch.admit(route.kind, query, caller);
    return (websocket) => attach(frameSocket(websocket));
  }
}

const REASONS: Readonly<Record<number, string>> = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' };

/** An HTTP answer on a bare socket, and its end. */
export function refuseSocket(socket: Duplex, status: number, body: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
