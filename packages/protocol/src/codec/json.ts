import { ServiceError } from '../errors.ts';
import type { Operation, Service } from '../services.ts';
import type { WireRequest, WireResponse } from './wire.ts';
import { header } from './wire.ts';

export const JSON_CONTENT_TYPE = 'application/x-amz-json-1.1';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The operation an `X-Amz-Target: <prefix>.<Operation>` header names. */
export function jsonOperation(service: Service, request: Pick<WireRequest, 'headers'>): Operation {
  const target = header(request, 'x-amz-target') ?? '';
  const name = target.slice(target.lastIndexOf('.') + 1);
  const operation = target.startsWith(`${service.model.targetPrefix}.`) ? service.operation(name) : undefined;
  if (operation !== undefined) return operation;
  throw new ServiceError(
    'UnknownOperationException',
    target === ''
      ? `The request names no operation: the header X-Amz-Target is missing`
      : `The operation ${target.slice(0, 128)} is not known to ${service.name} ${service.model.apiVersion}`,
  );
}

/** The checked input of a JSON 1.1 request. An empty body is an empty object. */
export function readJsonRequest(operation: Operation, body: Uint8Array): unknown {
  return operation.readInput(body.length === 0 ? {} : parseJson(body));
}

/** @throws ServiceError SerializationException */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new ServiceError('SerializationException', 'The request body is not valid JSON in UTF-8', { cause });
  }
}

export function writeJsonResponse(operation: Operation, output: unknown, requestId: string): WireResponse {
  const value = operation.writeOutput(output);
  return { status: 200, headers: headers(requestId), body: value === undefined ? '' : JSON.stringify(value) };
}

/** `{"__type":"<code>","message":"…"}` with the modelled members of the error beside it. */
export function writeJsonError(service: Service | undefined, error: ServiceError, requestId: string): WireResponse {
  const shape = service?.errorShape(error.code);
  const members = service === undefined ? {} : errorMembers(service, error);
  const status = error.status === 400 && shape?.fault === 'server' ? shape.status : error.status;
  return {
    status,
    headers: { ...headers(requestId), 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message, ...members }),
  };
}

/** The modelled members of an error, but for its message. */
export function errorMembers(service: Service, error: ServiceError): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  for (const [name, expression] of Object.entries(service.errorShape(error.code)?.members ?? {})) {
    const value = Object.hasOwn(error.members, name) ? error.members[name] : undefined;
    if (value !== undefined && name !== 'message') members[name] = service.writers.of(expression)(value);
  }
  return members;
}

function headers(requestId: string): Record<string, string> {
  return { 'content-type': JSON_CONTENT_TYPE, 'x-amzn-requestid': requestId };
}
