import { ServiceError } from '../errors.ts';
import type { Operation, Service } from '../services.ts';
import type { ServiceModel, Structure } from './model.ts';
import { typeOf } from './model.ts';
import { jsonOfText } from './text-value.ts';
import type { WireRequest, WireResponse } from './wire.ts';
import { xmlElement, xmlError } from './xml.ts';

/** More fields or steps than any honest request has. */
const MOST_FIELDS = 10_000;
const MOST_STEPS = 16;

/** `Tags.member.1.Key=a` as a tree: each step of the name is a level. */
interface Node {
  text?: string;
  children?: Map<string, Node>;
}

/** The form of a Query request: from the body, or the query string of a GET. */
export function queryForm(request: WireRequest): ReadonlyMap<string, string> {
  const text = request.method === 'GET' ? request.query : Buffer.from(request.body).toString('utf8');
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.size >= MOST_FIELDS) throw new ServiceError('MalformedQueryString', 'The request has too many parameters');
    form.set(name, value);
  }
  return form;
}

/** The operation `Action` names; `Version`, when given, must be the service's. */
export function queryOperation(service: Service, form: ReadonlyMap<string, string>): Operation {
  const action = form.get('Action');
  if (action === undefined) throw new ServiceError('MissingAction', 'The request is missing an action.');
  const version = form.get('Version') ?? service.model.apiVersion;
  const operation = version === service.model.apiVersion ? service.operation(action) : undefined;
  if (operation !== undefined) return operation;
  throw new ServiceError(
    'InvalidAction',
    `Could not find operation ${action.slice(0, 128)} for version ${version.slice(0, 32)}`,
  );
}

/** The checked input of a Query request. */
export function readQueryRequest(operation: Operation, form: ReadonlyMap<string, string>): unknown {
  if (operation.input === undefined) return {};
  return operation.readInput(valueOf(operation.service.model, operation.input, treeOf(form), 0) ?? {});
}

function treeOf(form: ReadonlyMap<string, string>): Node {
  const root: Node = {};
  for (const [name, text] of form) {
    const steps = name.split('.');
    if (steps.length > MOST_STEPS) {
      throw new ServiceError('MalformedQueryString', `The parameter ${name.slice(0, 128)} is nested too deeply`);
    }
    let node = root;
    for (const step of steps) {
      node.children ??= new Map();
      let next = node.children.get(step);
      if (next === undefined) node.children.set(step, (next = {}));
      node = next;
    }
    node.text = text;
  }
  return root;
}

/** The JSON value a form stands for, by its shape. */
function valueOf(model: ServiceModel, expression: string, node: Node, depth: number): unknown {
  const type = typeOf(model, expression);
  switch (type.kind) {
    case 'structure': {
      const result: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(type.structure.members)) {
        const child = node.children?.get(formName(model, type.structure, name));
        if (child !== undefined) result[name] = valueOf(model, member, child, depth + 1);
      }
      return result;
    }
    case 'list': {
      // EC2 numbers the items of a list without a step between.
      const list = model.protocol === 'ec2' ? node : node.children?.get('member');
      const items = [...(list?.children ?? [])]
        .filter(([index]) => /^[1-9][0-9]{0,5}$/.test(index))
        .toSorted(([a], [b]) => Number(a) - Number(b));
      return items.map(([, item]) => valueOf(model, type.member, item, depth + 1));
    }
    case 'map': {
      const entries = [...(node.children?.get('entry')?.children?.values() ?? [])];
      return Object.fromEntries(
        entries.map((entry) => [
          entry.children?.get('key')?.text ?? '',
          valueOf(model, type.value, entry.children?.get('value') ?? {}, depth + 1),
        ]),
      );
    }
    default:
      return jsonOfText(type.kind, node.text);
  }
}

/** EC2 calls members in a form as in XML, with a capital letter. */
function formName(model: ServiceModel, structure: Structure, member: string): string {
  if (model.protocol !== 'ec2') return member;
  const name = structure.names?.[member] ?? member;
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

export function writeQueryResponse(operation: Operation, output: unknown, requestId: string): WireResponse {
  const { model } = operation.service;
  const result =
    operation.output === undefined
      ? ''
      : xmlElement(model, `${operation.name}Result`, operation.output, (output ?? {}) as object);
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const name = `${operation.name}Response`;
  return {
    status: 200,
    headers: headers(requestId),
    body: `<${name} xmlns="${model.xmlNamespace ?? ''}">${result}${metadata}</${name}>`,
  };
}

export function writeQueryError(service: Service | undefined, error: ServiceError, requestId: string): WireResponse {
  const shape = service?.errorShape(error.code);
  const common = Object.hasOwn(QUERY_CODES, error.code) ? QUERY_CODES[error.code] : undefined;
  // The common code wins: STS has an ExpiredTokenException of its own, for tokens in its input.
  const status = common?.status ?? shape?.status ?? error.status;
  const code = common?.code ?? shape?.code ?? error.code;
  return {
    status,
    headers: headers(requestId),
    body: xmlError(service?.model.xmlNamespace ?? '', status, code, error.message, requestId),
  };
}

/** What the common errors are called, and answered with, in the Query protocol. */
const QUERY_CODES: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  AccessDeniedException: { code: 'AccessDenied', status: 403 },
  ExpiredTokenException: { code: 'ExpiredToken', status: 403 },
  IncompleteSignatureException: { code: 'IncompleteSignature', status: 400 },
  InvalidParameterException: { code: 'ValidationError', status: 400 },
  InvalidSignatureException: { code: 'SignatureDoesNotMatch', status: 403 },
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', status: 403 },
  SerializationException: { code: 'MalformedInput', status: 400 },
  ServerException: { code: 'InternalFailure', status: 500 },
  ThrottlingException: { code: 'Throttling', status: 400 },
  UnknownOperationException: { code: 'InvalidAction', status: 400 },
  UnrecognizedClientException: { code: 'InvalidClientTokenId', status: 403 },
};

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
}
