import {
  credentialScope,
  header,
  SERVICES,
  ServiceError,
  serviceBySigningName,
  serviceByTarget,
  type Service,
  type WireRequest,
} from '@gantry/protocol';

/**
 * The service a request is for: by its `X-Amz-Target`, else by the service it was signed for, else (a form without
 * either) sts. `undefined` when it names one that is not served.
 */
export function serviceOf(request: WireRequest): Service | undefined {
  const target = header(request, 'x-amz-target');
  const signedFor = credentialScope(request)?.service;
  if (target !== undefined) return serviceByTarget(target) ?? known(signedFor);
  if (signedFor !== undefined) return known(signedFor);
  const isForm = header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') === true;
  return isForm || /(^|&)Action=/.test(request.query) ? SERVICES.sts : undefined;
}

function known(signingName: string | undefined): Service | undefined {
  return signingName === undefined ? undefined : serviceBySigningName(signingName);
}

/**
 * Everything is `POST /`; the Query services take `GET /?Action=…` as well, and the REST ones have paths of their own.
 * @throws ServiceError UnknownOperationException (404, 405)
 */
export function checkPath(request: WireRequest, service: Service | undefined): void {
  const problem = (status: number, text: string): ServiceError =>
    new ServiceError('UnknownOperationException', text, { status });
  if (service?.model.protocol === 'rest-json') return;
  if (request.path !== '/')
    throw problem(404, `There is nothing at ${request.path.slice(0, 256)}. The API is POST / with a signed request.`);
  const isQueryGet =
    request.method === 'GET' &&
    (service?.model.protocol === 'query' || service?.model.protocol === 'ec2') &&
    request.query !== '';
  if (request.method !== 'POST' && !isQueryGet)
    throw problem(405, `${request.method} / is not part of the API. Send POST / with a signed request.`);
}

/** @throws ServiceError UnknownOperationException */
export function requireService(service: Service | undefined, request: WireRequest): Service {
  if (service !== undefined) return service;
  const named = header(request, 'x-amz-target') ?? credentialScope(request)?.service;
  throw new ServiceError(
    'UnknownOperationException',
    named === undefined
      ? 'The request names no service: it has no X-Amz-Target header and no signature.'
      : `'${named.slice(0, 128)}' is not a service of this version of Gantry. See docs/operations.md.`,
  );
}
