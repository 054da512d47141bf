import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WireResponse } from '@gantry/protocol';
import type { Dispatch } from '../../dispatch/port.ts';
import type { KeyAndCertificate } from '../../tls/source.ts';
import { isForS3, S3Door } from '../s3/door.ts';
import { BodyReader, ClientGone } from './body.ts';
import { openListener, type Listener } from './listener.ts';
import { originOf } from './origin.ts';
import { Pipeline, type PipelineOptions } from './pipeline.ts';
import { refuseSocket, Upgrades } from './upgrade.ts';
import { wireHead, wireRequest } from './wire-request.ts';

export interface FrontDoorOptions extends PipelineOptions {
  readonly dispatch: Dispatch;
  readonly version: string;
  /** With it, TLS alone is spoken. */
  readonly tls?: KeyAndCertificate | undefined;
  /** The host of the URL clients are told, for buckets in front of it. Default: localhost. */
  readonly endpointHost?: string | undefined;
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  /** A client that is not done with its headers after this long is cut off (slow loris), an unused connection too. */
  readonly headersWithinMs: number;
  /** Headers and body together. Of an object: between two stretches of it. */
  readonly requestWithinMs: number;
  /** Longer than clients keep idle connections, so that they and not we close them. */
  readonly keepAliveMs: number;
  readonly connections: number;
}

const LIMITS: Limits = {
  headersWithinMs: 10_000,
  requestWithinMs: 60_000,
  keepAliveMs: 75_000,
  connections: 16_384,
};

export const HEALTH_PATH = '/_gantry/health';

const MOST_HEADER_BYTES = 32 * 1024;
const STOP_WITHIN_MS = 3_000;

/** The one HTTP endpoint: the API at `POST /`, the agents' websockets, and the health page. */
export class FrontDoor {
  readonly #pipeline: Pipeline;
  readonly #bodies = new BodyReader();
  readonly #s3: S3Door;
  readonly #upgrades: Upgrades;
  readonly #listener: Listener;
  readonly #server: Server;
  readonly #health: string;
  readonly #requestWithinMs: number;

  constructor(options: FrontDoorOptions) {
    this.#pipeline = new Pipeline(options);
    this.#s3 = new S3Door({
      ...options,
      endpointHost: options.endpointHost ?? 'localhost',
      visible: (error, requestId, fields) => this.#pipeline.visible(error, requestId, fields),
    });
    this.#health = JSON.stringify({ status: 'ok', version: options.version });
    this.#upgrades = new Upgrades({
      authenticate: options.authenticate,
      authorise: options.authorise,
      dispatch: options.dispatch,
      visible: (error) => this.#pipeline.visible(error, options.ids.uuid(), { upgrade: true }),
    });
    const limits = { ...LIMITS, ...options.limits };
    this.#requestWithinMs = limits.requestWithinMs;
    const http = {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: limits.headersWithinMs,
      // An object may take its time: `#answer` sees to the others.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.headersWithinMs / 4,
      noDelay: true,
    };
    this.#listener = openListener(http, options.tls, limits.headersWithinMs);
    this.#server = this.#listener.server;
    this.#server.maxConnections = limits.connections;
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('clientError', (error, socket) => refuseClient(error as NodeJS.ErrnoException, socket));
  }

  /** Connections from now on get this certificate. */
  renew(next: KeyAndCertificate): void {
    this.#listener.renew(next);
  }

  /** Resolves with the port once connections are taken; rejects when the address is not to be had. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: 1024 }, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /**
   * Takes no more connections, lets requests under way finish for a moment, then closes all. The sessions are told
   * to say goodbye meanwhile, by whoever owns them.
   */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      this.#upgrades.terminate();
      this.#server.closeAllConnections();
    }, STOP_WITHIN_MS);
    await closed;
    clearTimeout(cut);
    this.#upgrades.terminate();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.url === HEALTH_PATH) return this.#answerHealth(request, response);
      if (isForS3(request)) {
        // Not while we work: a copy may take longer than a client may rest.
        request.setTimeout(this.#requestWithinMs, () => {
          if (!request.complete || response.headersSent) request.destroy();
        });
        return await this.#s3.answer(wireHead(request), originOf(request.socket), request, response);
      }
      let body: Buffer;
      const late = setTimeout(() => refuseClient(TOO_LATE, request.socket), this.#requestWithinMs);
      try {
        body = await this.#bodies.read(request);
      } catch (error) {
        if (error instanceof ClientGone) return;
        // What is still coming of the body is not read: the connection cannot be used again.
        response.shouldKeepAlive = false;
        send(response, this.#pipeline.refuse(error, wireRequest(request, Buffer.alloc(0))));
        return;
      } finally {
        clearTimeout(late);
      }
      send(response, await this.#pipeline.answer(wireRequest(request, body), originOf(request.socket)));
    } catch (error) {
      this.#pipeline.visible(error, 'none', { url: request.url?.slice(0, 256) });
      response.destroy();
    }
  }

  #answerHealth(request: IncomingMessage, response: ServerResponse): void {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    request.resume();
    send(response, { status: isRead ? 200 : 405, headers: { 'content-type': 'application/json' }, body: this.#health });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') return this.#upgrades.handle(request, socket, head);
    socket.on('error', () => undefined);
    refuseSocket(
      socket,
      400,
      JSON.stringify({ message: 'Only websockets are upgraded to. Send HTTP/1.1 without it.' }),
    );
  }
}

function send(response: ServerResponse, { status, headers, body }: WireResponse): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, `The request's headers are larger than ${MOST_HEADER_BYTES} bytes.`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
};

const TOO_LATE: NodeJS.ErrnoException = Object.assign(new Error('too late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

/** What is no HTTP at all: one answer, and the connection is closed. */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'The request is not valid HTTP/1.1.'];
  refuseSocket(socket, status, JSON.stringify({ __type: 'BadRequestException', message }));
}
