import type { ServiceError } from '../errors.ts';
import type { Operation } from '../services.ts';
import { typeOf } from './model.ts';
import type { WireResponse } from './wire.ts';
import { xmlElement, xmlText } from './xml.ts';

// Answers of EC2, whose requests are the Query protocol's but for names and lists (`query.ts`).

export function writeEc2Response(operation: Operation, output: unknown, requestId: string): WireResponse {
  const { model } = operation.service;
  const name = `${operation.name}Response`;
  return {
    status: 200,
    headers: headers(requestId),
    body: `<${name} xmlns="${model.xmlNamespace ?? ''}"><requestId>${requestId}</requestId>${members(operation, output)}</${name}>`,
  };
}

/** The output's members stand in the answer itself. An operation without output says that it is done. */
function members({ service: { model }, output: expression }: Operation, output: unknown): string {
  if (expression === undefined) return '<return>true</return>';
  const type = typeOf(model, expression);
  if (type.kind !== 'structure') throw new Error(`${expression} is no structure`);
  const values = (output ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(type.structure.members)
    .map(([name, member]) => xmlElement(model, type.structure.names?.[name] ?? name, member, values[name]))
    .join('');
}

export function writeEc2Error(error: ServiceError, requestId: string): WireResponse {
  const common = Object.hasOwn(COMMON, error.code) ? COMMON[error.code] : undefined;
  const inner = `<Code>${xmlText(common?.code ?? error.code)}</Code><Message>${xmlText(error.message)}</Message>`;
  return {
    status: common?.status ?? error.status,
    headers: headers(requestId),
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${inner}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
  };
}

/** What the common errors are called, and answered with, by EC2. */
const COMMON: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  AccessDeniedException: { code: 'UnauthorizedOperation', status: 403 },
  ExpiredTokenException: { code: 'RequestExpired', status: 400 },
  IncompleteSignatureException: { code: 'IncompleteSignature', status: 400 },
  InvalidParameterException: { code: 'InvalidParameterValue', status: 400 },
  InvalidSignatureException: { code: 'AuthFailure', status: 401 },
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', status: 403 },
  SerializationException: { code: 'InvalidParameterValue', status: 400 },
  ServerException: { code: 'InternalError', status: 500 },
  ThrottlingException: { code: 'RequestLimitExceeded', status: 503 },
  UnknownOperationException: { code: 'UnsupportedOperation', status: 400 },
  UnrecognizedClientException: { code: 'AuthFailure', status: 401 },
  ValidationError: { code: 'InvalidParameterValue', status: 400 },
};

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId };
}
