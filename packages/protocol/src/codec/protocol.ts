import type { ServiceError } from '../errors.ts';
import type { Operation, Service } from '../services.ts';
import { writeEc2Error, writeEc2Response } from './ec2.ts';
import { jsonOperation, readJsonRequest, writeJsonError, writeJsonResponse } from './json.ts';
import { queryForm, queryOperation, readQueryRequest, writeQueryError, writeQueryResponse } from './query.ts';
import { readRestRequest, restOperation, writeRestError, writeRestResponse } from './rest.ts';
import type { WireRequest, WireResponse } from './wire.ts';
import { writeS3Error } from './xml.ts';

/** A request understood: which operation, and its checked input when asked for. */
export interface Call {
  readonly operation: Operation;
  /** Reads and checks the input. Throws a ServiceError the client may see. */
  input(): unknown;
}

/**
 * Finds the operation of a request to a service, in that service's protocol. Reading the input is left for later,
 * so that an unsigned request costs no parsing. Throws a ServiceError when the operation is not known.
 */
export function parseCall(service: Service, request: WireRequest): Call {
  if (service.model.protocol === 'json') {
    const operation = jsonOperation(service, request);
    return { operation, input: () => readJsonRequest(operation, request.body) };
  }
  if (service.model.protocol === 'rest-json') {
    const route = restOperation(service, request);
    return { operation: route.operation, input: () => readRestRequest(route, request) };
  }
  if (service.model.protocol === 'rest-xml') throw streamed(service);
  const form = queryForm(request);
  const operation = queryOperation(service, form);
  return { operation, input: () => readQueryRequest(operation, form) };
}

/** The answer of an operation that succeeded, in its service's protocol. */
export function writeResponse(operation: Operation, output: unknown, requestId: string): WireResponse {
  switch (operation.service.model.protocol) {
    case 'json':
      return writeJsonResponse(operation, output, requestId);
    case 'rest-json':
      return writeRestResponse(operation, output, requestId);
    case 'query':
      return writeQueryResponse(operation, output, requestId);
    case 'ec2':
      return writeEc2Response(operation, output, requestId);
    case 'rest-xml':
      throw streamed(operation.service);
  }
}

/** An error in the protocol of the service that was called; JSON when no service could be told. */
export function writeError(service: Service | undefined, error: ServiceError, requestId: string): WireResponse {
  switch (service?.model.protocol) {
    case 'rest-json':
      return writeRestError(service as Service, error, requestId);
    case 'query':
      return writeQueryError(service, error, requestId);
    case 'ec2':
      return writeEc2Error(error, requestId);
    case 'rest-xml':
      return writeS3Error(error, requestId);
    default:
      return writeJsonError(service, error, requestId);
  }
}

/** Its requests are read where it is served, as their bodies come. */
const streamed = ({ name }: Service): Error => new Error(`requests of ${name} do not come this way`);
