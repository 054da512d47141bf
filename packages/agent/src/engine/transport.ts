import { Pool, type Dispatcher } from 'undici';
import { EngineError } from './port.ts';

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with content type application/x-tar. */
  readonly tar?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** How long the engine may take to answer, and between two pieces of the answer. Default 60 s. */
  readonly timeoutMs?: number;
  /** These answers are no errors besides 2xx. */
  readonly accept?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Method = 'GET' | 'POST' | 'DELETE';

const DEFAULT_TIMEOUT_MS = 60_000;
/** Short calls share these sockets; more would only queue inside the engine. */
const CONNECTIONS = 16;

/**
 * HTTP over the engine's unix socket. Two pools: one for short calls, and one without a limit for what holds its
 * connection for long (event and log streams, pulls, stops), so that twenty log followers cannot starve an inspect.
 */
export class Transport {
  readonly socketPath: string;
  readonly #short: Pool;
  readonly #long: Pool;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.#short = new Pool('http://engine', { socketPath, connections: CONNECTIONS, pipelining: 1 });
    this.#long = new Pool('http://engine', { socketPath, connections: null, pipelining: 1 });
  }

  /** One call with a JSON answer. Rejects with EngineError, or with the signal's reason when that aborts. */
  async call(method: Method, path: string, options: CallOptions & { readonly long?: boolean } = {}): Promise<Answer> {
    const pool = options.long === true ? this.#long : this.#short;
    try {
      const response = await pool.request(requestOf(method, path, options));
      const text = await response.body.text();
      const body = parseJson(text);
      if (isFine(response.statusCode, options)) return { status: response.statusCode, body };
      throw errorOf(response.statusCode, body, text);
    } catch (error) {
      throw this.#translate(error, options.signal);
    }
  }

  /** One call whose answer is read as it comes. The stream ends quietly when the signal aborts. */
  async *stream(method: Method, path: string, options: CallOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    try {
      const response = await this.#long.request(requestOf(method, path, options));
      if (!isFine(response.statusCode, options)) {
        const text = await response.body.text();
        throw errorOf(response.statusCode, parseJson(text), text);
      }
      for await (const chunk of response.body) yield chunk as Buffer;
    } catch (error) {
      if (options.signal?.aborted === true) return;
      throw this.#translate(error, options.signal);
    }
  }

  /** Ends every connection, also those in use. */
  async close(): Promise<void> {
    await Promise.all([this.#short.destroy(), this.#long.destroy()]);
  }

  #translate(error: unknown, signal: AbortSignal | undefined): unknown {
    if (error instanceof EngineError) return error;
    if (signal?.aborted === true) return signal.reason;
    const { code = '', message = String(error) } = error as { code?: string; message?: string };
    if (/TIMEOUT/.test(code))
      return new EngineError('timeout', `The container engine did not answer: ${message}`, error);
    const way = code === 'EACCES' ? 'Run as root or as a member of the group that owns the socket' : 'Is it running?';
    return new EngineError(
      'unreachable',
      `Cannot reach the container engine at ${this.socketPath}: ${message}. ${way}`,
      error,
    );
  }
}

function requestOf(method: Method, path: string, options: CallOptions): Dispatcher.RequestOptions {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) query.set(key, String(value));
  }
  const type = options.tar !== undefined ? 'application/x-tar' : 'application/json';
  return {
    method,
    path: query.size > 0 ? `${path}?${query.toString()}` : path,
    headers: { ...(method === 'POST' ? { 'content-type': type } : {}), ...options.headers },
    body: options.tar ?? (options.body === undefined ? null : JSON.stringify(options.body)),
    signal: options.signal ?? null,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  };
}

function isFine(status: number, options: CallOptions): boolean {
  return (status >= 200 && status < 300) || (options.accept ?? []).includes(status);
}

function errorOf(status: number, body: unknown, text: string): EngineError {
  const message = (body as { message?: string } | undefined)?.message ?? (text.trim() || `HTTP status ${status}`);
  return new EngineError(kindOf(status), message);
}

function kindOf(status: number): EngineError['kind'] {
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  return status === 400 ? 'bad-request' : 'failed';
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
