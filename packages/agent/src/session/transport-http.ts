import type { Clock } from '@gantry/domain';
import {
  ACCOUNT_HEADER,
  AwsClient,
  byteSocket,
  ConnectionError,
  httpTransport,
  ServiceError,
  sign,
  type ByteSocket,
  type Credentials,
  type EcsOperations,
  type FrameSocket,
  type LogsOperations,
  type SecretsmanagerOperations,
  type SsmOperations,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@gantry/protocol';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import {
  AGENT_OPERATIONS,
  LinkError,
  type AgentOperation,
  type CallWhere,
  type ControlPlaneLink,
  type Input,
  type Output,
} from './port.ts';

export interface HttpLinkOptions {
  /** `http://127.0.0.1:4566` */
  readonly endpoint: string;
  readonly region: string;
  /** Asked before each call and handshake: rotated credentials are taken up. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Certificates (PEM) to trust instead of the public ones. */
  readonly ca?: string | undefined;
}

type Client = AwsClient<EcsOperations> &
  AwsClient<LogsOperations> &
  AwsClient<SsmOperations> &
  AwsClient<SecretsmanagerOperations>;
type CalledService = Exclude<(typeof AGENT_OPERATIONS)[AgentOperation], 's3'>;

const HANDSHAKE_MS = 10_000;
const LARGEST_FRAME_BYTES = 8 * 1024 * 1024;

/** Signed HTTP calls and signed websocket handshakes. */
export class HttpLink implements ControlPlaneLink {
  readonly #options: HttpLinkOptions;
  readonly #clients = new Map<string, Client>();
  readonly #transport: Transport;

  constructor(options: HttpLinkOptions) {
    const credentials = async (): Promise<Credentials> => {
      try {
        return await options.credentials();
      } catch (cause) {
        // They may come: the control plane writes them at its first start.
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new LinkError('Unreachable', `there are no credentials yet: ${reason}`, { cause });
      }
    };
    this.#options = { ...options, credentials };
    this.#transport = httpTransport({ ca: options.ca });
  }

  async call<O extends AgentOperation>(
    operation: O,
    input: Input<O>,
    signal: AbortSignal,
    where: CallWhere = {},
  ): Promise<Output<O>> {
    try {
      if (operation === 'GetObject')
        return (await this.#object(input as Input<'GetObject'>, signal, where)) as Output<O>;
      const client = this.#client(AGENT_OPERATIONS[operation] as CalledService, where);
      return (await client.call(operation as never, input as never, { signal })) as Output<O>;
    } catch (error) {
      throw asLinkError(error);
    }
  }

  /** S3's answers are no JSON, and its paths are keys. */
  async #object(
    { Bucket, Key }: Input<'GetObject'>,
    signal: AbortSignal,
    where: CallWhere,
  ): Promise<Output<'GetObject'>> {
    const { endpoint, clock, userAgent } = this.#options;
    const path = `/${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
    const url = new URL(endpoint);
    const headers = { host: url.host, 'user-agent': userAgent };
    const credentials = where.credentials ?? (await this.#options.credentials());
    const scope = { service: 's3', region: where.region ?? this.#options.region, now: clock.now() };
    const signed = sign({ method: 'GET', path, query: '', headers, body: '' }, credentials, scope);
    const { status, body } = await this.#sent({
      method: 'GET',
      url: `${url.origin}${path}`,
      headers: signed,
      body: '',
      signal,
    });
    if (status === 200) return { Body: body };
    const member = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    throw new LinkError(member('Code') || 'UnknownError', member('Message') || `HTTP ${status}`, { status });
  }

  async #sent(request: TransportRequest): Promise<TransportResponse> {
    try {
      return await this.#transport(request);
    } catch (cause) {
      if (request.signal?.aborted === true) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LinkError('Unreachable', `no answer from ${new URL(request.url).origin}: ${reason}`, { cause });
    }
  }

  async connect(kind: 'acs' | 'tcs', url: string, signal: AbortSignal): Promise<FrameSocket> {
    const target = new URL(url.replace(/^http/, 'ws'));
    const credentials = await this.#options.credentials();
    const socket = this.#handshake(target, credentials, signal);
    const frames = framesOf(socket);
    await opened(socket, target);
    return kind === 'acs' ? frames : this.#signedFrames(frames, target, credentials);
  }

  async connectBytes(url: string, signal: AbortSignal): Promise<ByteSocket> {
    const target = new URL(url.replace(/^http/, 'ws'));
    const socket = this.#handshake(target, await this.#options.credentials(), signal);
    const bytes = byteSocket(socket);
    await opened(socket, target);
    return bytes;
  }

  #handshake(target: URL, credentials: Credentials, signal: AbortSignal): WebSocket {
    const { region, clock, userAgent, ca } = this.#options;
    const request = {
      method: 'GET',
      path: target.pathname,
      query: target.search.slice(1),
      headers: { host: target.host },
      body: '',
    };
    const headers = {
      ...sign(request, credentials, { service: 'ecs', region, now: clock.now() }),
      'user-agent': userAgent,
    };
    return new WebSocket(target, {
      headers,
      signal,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: LARGEST_FRAME_BYTES,
      ...(ca === undefined ? {} : { ca }),
    });
  }

  /** Telemetry frames carry a signed header block of their own (agent-protocol 6). */
  #signedFrames(frames: FrameSocket, target: URL, credentials: Credentials): FrameSocket {
    const { region, clock } = this.#options;
    const path = target.pathname;
    return {
      ...frames,
      send: (body) => {
        const request = { method: 'GET', path, query: '', headers: { host: target.host }, body };
        const headers = sign(request, credentials, { service: 'ecs', region, now: clock.now() });
        const token = headers['x-amz-security-token'];
        const block = [
          `Authorization: ${headers['authorization']}`,
          `Host: ${target.host}`,
          `X-Amz-Date: ${headers['x-amz-date']}`,
          ...(token === undefined ? [] : [`X-Amz-Security-Token: ${token}`]),
        ];
        frames.send(`${block.join('\r\n')}\r\n\r\n${body}`);
      },
    };
  }

  /** Clients of the agent's own are kept; those of a task's role are made for one call, as its credentials end. */
  #client(service: CalledService, where: CallWhere): Client {
    const { region = this.#options.region, account, credentials } = where;
    const key = `${service} ${region} ${account}`;
    const known = credentials === undefined ? this.#clients.get(key) : undefined;
    if (known !== undefined) return known;
    const { endpoint, clock, userAgent } = this.#options;
    const headers: Record<string, string> = account === undefined ? {} : { [ACCOUNT_HEADER]: account };
    const client = new AwsClient({
      service,
      endpoint,
      region,
      credentials: credentials ?? this.#options.credentials,
      clock,
      userAgent,
      headers,
      transport: this.#transport,
    }) as unknown as Client;
    if (credentials === undefined) this.#clients.set(key, client);
    return client;
  }
}

function framesOf(socket: WebSocket): FrameSocket {
  const kept: string[] = [];
  let onFrame: ((text: string) => void) | undefined;
  let onClose: ((code: number, reason: string) => void) | undefined;
  let end: readonly [number, string] | undefined;
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8');
    if (onFrame === undefined) kept.push(text);
    else onFrame(text);
  });
  socket.on('close', (code, reason) => {
    end = [code, reason.toString('utf8')];
    onClose?.(...end);
  });
  // `close` follows every `error` and says all there is to say.
  socket.on('error', () => undefined);
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code, reason) => socket.close(code, reason.slice(0, 120)),
    onFrame: (listener) => {
      onFrame = listener;
      for (const text of kept.splice(0)) listener(text);
    },
    onClose: (listener) => {
      onClose = listener;
      if (end !== undefined) listener(...end);
    },
  };
}

function opened(socket: WebSocket, target: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', (cause) => {
      reject(
        new LinkError('Unreachable', `no websocket at ${target.origin}${target.pathname}: ${cause.message}`, { cause }),
      );
    });
    socket.once('unexpected-response', (_request, response) => {
      void refusalOf(response)
        .then(reject, reject)
        .finally(() => socket.terminate());
    });
  });
}

/** A refused handshake: `{"<ExceptionType>": "text"}`, or the framed form. */
async function refusalOf(response: IncomingMessage): Promise<LinkError> {
  const status = response.statusCode ?? 0;
  let body = '';
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > 4096) break;
    }
    const value = JSON.parse(body) as Record<string, unknown>;
    if (typeof value['type'] === 'string') return new LinkError(value['type'], body.slice(0, 500), { status });
    if (typeof value['__type'] === 'string') return new LinkError(value['__type'], body.slice(0, 500), { status });
    const [code, text] = Object.entries(value)[0] ?? [];
    if (code !== undefined) return new LinkError(code, String(text), { status });
  } catch {
    // an answer in no known form: its status says enough
  }
  return new LinkError('Unreachable', `the handshake was answered with HTTP ${status}: ${body.slice(0, 200)}`, {
    status,
  });
}

function asLinkError(error: unknown): Error {
  if (error instanceof ServiceError)
    return new LinkError(error.code, error.message, { status: error.status, cause: error });
  if (error instanceof ConnectionError) return new LinkError('Unreachable', error.message, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}
