import {
  header,
  parseCall,
  ServiceError,
  writeError,
  writeResponse,
  type Service,
  type ServiceName,
  type WireRequest,
  type WireResponse,
} from '@gantry/protocol';
import type { Ids } from '@gantry/domain';
import type { Caller, Platform } from '../../platform.ts';
import type { Authorise } from '../../authorise/port.ts';
import type { Authenticate } from './authenticate.ts';
import { decodeBody } from './body.ts';
import { checkPath, requireService, serviceOf } from './route.ts';

/** Carries out an operation with a checked input and gives its output. */
export type Handle = (
  service: ServiceName,
  operation: string,
  input: unknown,
  caller: Caller,
  requestId: string,
) => Promise<unknown>;

export interface PipelineOptions {
  readonly authenticate: Authenticate;
  readonly authorise: Authorise;
  readonly handle: Handle;
  readonly ids: Ids;
  readonly log: Platform['log'];
}

/** route → authenticate → parse → check → authorise → handle → serialise. Always answers, never throws. */
export class Pipeline {
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  async answer(request: WireRequest): Promise<WireResponse> {
    const requestId = this.#options.ids.uuid();
    let service: Service | undefined;
    try {
      service = serviceOf(request);
      checkPath(request, service);
      return await this.#serve(requireService(service, request), request, requestId);
    } catch (error) {
      return writeError(service, this.visible(error, requestId, { service: service?.name }), requestId);
    }
  }

  /** An error that came before there was a request to route: the body was too large. */
  refuse(error: unknown, request: WireRequest): WireResponse {
    const requestId = this.#options.ids.uuid();
    return writeError(serviceOf(request), this.visible(error, requestId, {}), requestId);
  }

  /** What the client may see of an error. The unplanned is logged with the request's id and hidden. */
  visible(error: unknown, requestId: string, fields: Readonly<Record<string, unknown>>): ServiceError {
    if (error instanceof ServiceError) {
      if (error.status >= 500) this.#logFailure(error, requestId, fields);
      return error;
    }
    this.#logFailure(error, requestId, fields);
    const text = `Internal failure. The control plane's log has the cause under request id ${requestId}.`;
    return new ServiceError('ServerException', text, { cause: error });
  }

  async #serve(service: Service, request: WireRequest, requestId: string): Promise<WireResponse> {
    const caller = this.#options.authenticate(request, service.model.signingName);
    const encoding = header(request, 'content-encoding');
    const plain = encoding === undefined ? request : { ...request, body: await decodeBody(request.body, encoding) };
    const call = parseCall(service, plain);
    const { operation } = call;
    const input = call.input();
    this.#options.authorise(caller, { signingName: service.model.signingName, operation: operation.name, input });
    const output = await this.#options.handle(service.name, operation.name, input, caller, requestId);
    return writeResponse(operation, output, requestId);
  }

  #logFailure(error: unknown, requestId: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.log('error', 'request failed', { requestId, ...fields, error: describeError(error) });
  }
}

/** The stack and the causes, as text for the log. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
