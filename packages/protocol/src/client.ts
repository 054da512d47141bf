import type { Clock } from '@gantry/domain';
import { JSON_CONTENT_TYPE } from './codec/json.ts';
import { ServiceError } from './errors.ts';
import type { ServiceName } from './models.ts';
import type { Operation, Service } from './services.ts';
import { SERVICES } from './services.ts';
import type { Credentials } from './sigv4/sign.ts';
import { sign } from './sigv4/sign.ts';
import { httpTransport } from './transport-http.ts';
import { systemClock } from './wiring-system.ts';
import type { Transport, TransportResponse } from './transport.ts';

/** What a generated `…Operations` interface looks like. */
export type OperationShapes<Ops> = { readonly [Name in keyof Ops]: { input: unknown; output: unknown } };

export interface AwsClientOptions {
  readonly service: ServiceName;
  /** Base URL: `http://127.0.0.1:4566`. A path in it is kept. */
  readonly endpoint: string;
  readonly region: string;
  /** A function is asked before each try, so that rotated credentials are taken up. */
  readonly credentials: Credentials | (() => Credentials | Promise<Credentials>);
  /** Default: keep-alive HTTP, one pool a process. */
  readonly transport?: Transport;
  /** Default: the real clock. */
  readonly clock?: Clock;
  /** A number in [0, 1) for jitter. Default: none, full waits. */
  readonly random?: () => number;
  readonly userAgent?: string;
  /** Further headers of every call; they are signed, too. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Tries in all; 1 (the default) does not retry. Connection errors, 5xx and throttling are retried, nothing else. */
  readonly attempts?: number;
  /** The wait before the second try; it doubles, up to 5 s. Default 100. */
  readonly backoffMs?: number;
}

/** No answer at all: the endpoint could not be reached, or the connection broke. `cause` has the reason. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

const LONGEST_BACKOFF_MS = 5000;
const THROTTLING: ReadonlySet<string> = new Set(['ThrottlingException', 'Throttling', 'TooManyRequestsException']);

let shared: Transport | undefined;

/** A typed client of one JSON service: `new AwsClient<EcsOperations>({ service: 'ecs', … }).call('RunTask', {…})`. */
export class AwsClient<Ops extends OperationShapes<Ops>> {
  readonly #options: AwsClientOptions;
  readonly #service: Service;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #url: URL;

  constructor(options: AwsClientOptions) {
    this.#options = options;
    this.#service = SERVICES[options.service];
    this.#transport = options.transport ?? (shared ??= httpTransport());
    this.#clock = options.clock ?? systemClock;
    this.#url = new URL(options.endpoint);
  }

  /**
   * Calls an operation. Rejects with a ServiceError (code, message and modelled members) when the service refused,
   * a ConnectionError when nobody answered, the signal's reason when it aborted.
   */
  async call<Name extends keyof Ops & string>(
    name: Name,
    input: Ops[Name]['input'],
    options: CallOptions = {},
  ): Promise<Ops[Name]['output']> {
    const operation = this.#service.operation(name);
    if (operation === undefined) throw new Error(`${this.#service.name} has no operation ${name}`);
    const body = JSON.stringify(operation.writeInput(input));
    const attempts = options.attempts ?? 1;
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      try {
        return await this.#send(operation, body, options.signal);
      } catch (error) {
        if (attempt >= attempts || !isPassing(error)) throw error;
        const fullMs = Math.min(LONGEST_BACKOFF_MS, (options.backoffMs ?? 100) * 2 ** (attempt - 1));
        await this.#clock.sleep(fullMs * (0.5 + 0.5 * (this.#options.random?.() ?? 1)), options.signal);
      }
    }
  }

  async #send(operation: Operation, body: string, signal: AbortSignal | undefined): Promise<unknown> {
    const { credentials, region, userAgent } = this.#options;
    const { model } = this.#service;
    if (model.protocol !== 'json') throw new Error(`this client speaks JSON services, not ${model.service}`);
    const headers = {
      host: this.#url.host,
      'content-type': JSON_CONTENT_TYPE,
      'x-amz-target': `${model.targetPrefix}.${operation.name}`,
      ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
      ...this.#options.headers,
    };
    const signed = sign(
      { method: 'POST', path: this.#url.pathname, query: '', headers, body },
      typeof credentials === 'function' ? await credentials() : credentials,
      { service: model.signingName, region, now: this.#clock.now() },
    );
    let response: TransportResponse;
    try {
      const request = { method: 'POST', url: this.#url.href, headers: signed, body } as const;
      response = await this.#transport(signal === undefined ? request : { ...request, signal });
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`no answer from ${this.#url.origin}: ${reason}`, { cause });
    }
    if (response.status === 200) return operation.readOutput(parse(response));
    throw errorOf(operation, response);
  }
}

/** Whether the same call may go through later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ServiceError && (error.status >= 500 || THROTTLING.has(error.code));
}

function parse(response: TransportResponse): unknown {
  return response.body === '' ? {} : JSON.parse(response.body);
}

/** The modelled error in an answer; an answer that is none of ours (a proxy's page) keeps its status and first words. */
function errorOf(operation: Operation, response: TransportResponse): ServiceError {
  const value = errorBody(response);
  const given = typeof value['__type'] === 'string' ? value['__type'] : undefined;
  const header = response.headers['x-amzn-errortype'];
  const type = given ?? (typeof header === 'string' ? header : undefined);
  if (type === undefined) {
    const text = response.body.slice(0, 200);
    return new ServiceError('UnknownError', `HTTP ${response.status}: ${text}`, { status: response.status });
  }
  // Older services send `prefix#Code`, some `Code:uri`.
  const code = type.slice(type.lastIndexOf('#') + 1).replace(/:.*$/s, '');
  const text = value['message'] ?? value['Message'];
  const { __type: _type, message: _message, ...rest } = value;
  return new ServiceError(code, typeof text === 'string' ? text : `${operation.name} failed`, {
    status: response.status,
    members: rest,
  });
}

function errorBody(response: TransportResponse): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(response.body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
