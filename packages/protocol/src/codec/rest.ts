import { ServiceError } from '../errors.ts';
import type { Operation, Service } from '../services.ts';
import { errorMembers, parseJson } from './json.ts';
import type { ErrorShape, ServiceModel } from './model.ts';
import { typeOf } from './model.ts';
import { jsonOfText } from './text-value.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** An operation a method and path lead to, with the texts of the path's labels. */
export interface RestRoute {
  readonly operation: Operation;
  readonly labels: ReadonlyMap<string, string>;
}

interface Pattern {
  readonly operation: string;
  readonly method: string;
  /** `{Name}` is a label. */
  readonly segments: readonly string[];
}

const patterns = new WeakMap<ServiceModel, readonly Pattern[]>();

/** The operation a rest-json request is for. Literal segments win over labels. */
export function restOperation(service: Service, request: Pick<WireRequest, 'method' | 'path'>): RestRoute {
  const given = segmentsOf(request.path);
  for (const pattern of patternsOf(service.model)) {
    if (pattern.method !== request.method) continue;
    const labels = match(pattern.segments, given);
    const operation = labels === undefined ? undefined : service.operation(pattern.operation);
    if (labels !== undefined && operation !== undefined) return { operation, labels };
  }
  throw new ServiceError(
    'UnknownOperationException',
    `${request.method} ${request.path.slice(0, 128)} is not an operation of ${service.name} ${service.model.apiVersion}`,
    { status: 404 },
  );
}

function patternsOf(model: ServiceModel): readonly Pattern[] {
  const known = patterns.get(model);
  if (known !== undefined) return known;
  const made = Object.entries(model.operations)
    .map(([operation, { http }]) => {
      if (http === undefined) throw new Error(`${model.service}.${operation} has no path in the model`);
      return { operation, method: http.method, segments: segmentsOf(http.path) };
    })
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
  patterns.set(model, made);
  return made;
}

/** Orders literal before label, segment by segment. */
const rank = ({ segments }: Pattern): string =>
  segments.map((segment) => (segment.startsWith('{') ? 'y' : `a${segment}`)).join('/');

const segmentsOf = (path: string): readonly string[] => path.replace(/^\/|\/$/g, '').split('/');

function match(segments: readonly string[], given: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (given.length !== segments.length) return undefined;
  const labels = new Map<string, string>();
  for (const [at, segment] of segments.entries()) {
    const text = given[at] as string;
    if (segment === text) continue;
    const label = segment.startsWith('{') ? percentDecoded(text) : undefined;
    if (label === undefined || label === '') return undefined;
    labels.set(segment.slice(1, -1), label);
  }
  return labels;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The checked input of a rest-json request: labels and query parameters beside what the body says. */
export function readRestRequest({ operation, labels }: RestRoute, request: WireRequest): unknown {
  const { model } = operation.service;
  const shape = operation.input === undefined ? undefined : typeOf(model, operation.input);
  if (shape?.kind !== 'structure') return {};
  const { members, http = {} } = shape.structure;
  const body = request.body.length === 0 ? {} : parseJson(request.body);
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (!isObject) return operation.readInput(body);
  const value: Record<string, unknown> = { ...body };
  const query = new URLSearchParams(request.query);
  for (const [member, place] of Object.entries(http)) {
    const type = typeOf(model, members[member] ?? 'string');
    if (place === 'label') value[member] = jsonOfText(type.kind, labels.get(member));
    else if (!query.has(place.query)) delete value[member];
    else if (type.kind !== 'list') value[member] = jsonOfText(type.kind, query.get(place.query) ?? undefined);
    else {
      const item = typeOf(model, type.member).kind;
      value[member] = query.getAll(place.query).map((text) => jsonOfText(item, text));
    }
  }
  return operation.readInput(value);
}

export function writeRestResponse(operation: Operation, output: unknown, requestId: string): WireResponse {
  const status = operation.service.model.operations[operation.name]?.http?.status ?? 200;
  const value = operation.writeOutput(output);
  return { status, headers: headers(requestId), body: JSON.stringify(value ?? {}) };
}

export function writeRestError(service: Service, error: ServiceError, requestId: string): WireResponse {
  const shape = service.errorShape(error.code);
  return {
    status: shape?.status ?? COMMON_STATUS[error.code] ?? error.status,
    headers: { ...headers(requestId), 'x-amzn-errortype': error.code },
    body: JSON.stringify({ message: error.message, ...ownWords(shape, error), ...errorMembers(service, error) }),
  };
}

/** EFS has its code and its message in members of its own. */
function ownWords(shape: ErrorShape | undefined, error: ServiceError): Readonly<Record<string, string>> {
  return shape?.members?.['ErrorCode'] === undefined ? {} : { ErrorCode: error.code, Message: error.message };
}

/** Unlike the JSON protocol, here the status says what kind of refusal it is. */
const COMMON_STATUS: Readonly<Record<string, number>> = Object.assign(Object.create(null) as object, {
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 403,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  ThrottlingException: 429,
  UnrecognizedClientException: 403,
});

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
}
