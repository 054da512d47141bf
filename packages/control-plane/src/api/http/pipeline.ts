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
import type { Audit } from '../../audit/port.ts';
import type { Authorise } from '../../authorise/port.ts';
import type { Origin } from '../../identity/origin.ts';
import type { Throttle } from '../../throttle/port.ts';
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
  from: Origin,
) => Promise<unknown>;

export interface PipelineOptions {
  readonly authenticate: Authenticate;
  /** Left out: as many requests as come. */
  readonly throttle?: Throttle | undefined;
  readonly authorise: Authorise;
  readonly handle: Handle;
  /** Left out: no trail is kept. */
  readonly audit?: Audit | undefined;
  readonly ids: Ids;
  readonly log: Platform['log'];
}

/** One request on its way: what is known of it grows. */
interface Passage {
  readonly request: WireRequest;
  readonly from: Origin;
  readonly requestId: string;
  caller?: Caller;
  operation?: string;
  input?: unknown;
}

/** route → authenticate → throttle → parse → check → authorise → handle → audit → serialise. Always answers, never throws. */
export class Pipeline {
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  async answer(request: WireRequest, from: Origin): Promise<WireResponse> {
    const passage: Passage = { request, from, requestId: this.#options.ids.uuid() };
    let service: Service | undefined;
    try {
      service = serviceOf(request);
      checkPath(request, service);
      return await this.#serve(requireService(service, request), passage);
    } catch (error) {
      const visible = this.visible(error, passage.requestId, { service: service?.name });
      if (service !== undefined) await this.#audit(service, passage, { error: visible });
      return writeError(service, visible, passage.requestId);
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
      // What is not there (501) is no failure of ours.
      if (error.status >= 500 && error.status !== 501) this.#logFailure(error, requestId, fields);
      return error;
    }
    this.#logFailure(error, requestId, fields);
    const text = `Internal failure. The control plane's log has the cause under request id ${requestId}.`;
    return new ServiceError('ServerException', text, { cause: error });
  }

  async #serve(service: Service, passage: Passage): Promise<WireResponse> {
    const { authenticate, throttle, authorise, handle } = this.#options;
    const { request, from, requestId } = passage;
    const { signingName } = service.model;
    const caller = (passage.caller = authenticate(request, signingName));
    const named = targetOperation(request);
    if (named !== undefined) throttle?.admit(caller, service.name, (passage.operation = named));
    const encoding = header(request, 'content-encoding');
    const plain = encoding === undefined ? request : { ...request, body: await decodeBody(request.body, encoding) };
    const call = parseCall(service, plain);
    const operation = (passage.operation = call.operation.name);
    const input = (passage.input = call.input());
    authorise(caller, { signingName, operation, input, from, userAgent: header(request, 'user-agent') });
    throttle?.admitInput(caller, service.name, operation, input);
    const output = await handle(service.name, operation, input, caller, requestId, from);
    const response = writeResponse(call.operation, output, requestId);
    await this.#audit(service, passage, { output });
    return response;
  }

  /** Only what somebody known asked for, and only operations there are: strangers cannot fill the trail. */
  async #audit(service: Service, passage: Passage, outcome: { output?: unknown; error?: ServiceError }): Promise<void> {
    const { audit } = this.#options;
    const { caller, operation, input, request, from, requestId } = passage;
    if (audit === undefined || caller === undefined || operation === undefined) return;
    const [userAgent, host] = [header(request, 'user-agent'), header(request, 'host')];
    await audit.record({ service, operation, caller, from, requestId, userAgent, host, input, ...outcome });
  }

  #logFailure(error: unknown, requestId: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.log('error', 'request failed', { requestId, ...fields, error: describeError(error) });
  }
}

/** JSON services name the operation in a header, so it is known before the body is looked at. */
function targetOperation(request: WireRequest): string | undefined {
  const target = header(request, 'x-amz-target');
  return target === undefined ? undefined : target.slice(target.lastIndexOf('.') + 1);
}

/** The stack and the causes, as text for the log. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
