import type { ServiceError } from '../errors.ts';
import type { ServiceModel } from './model.ts';
import { typeOf } from './model.ts';
import type { WireResponse } from './wire.ts';

/** `<name>…</name>` of a typed value, by its shape; nothing for an absent one. */
export function xmlElement(model: ServiceModel, name: string, expression: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${xmlContent(model, expression, value)}</${name}>`;
}

function xmlContent(model: ServiceModel, expression: string, value: unknown): string {
  const type = typeOf(model, expression);
  switch (type.kind) {
    case 'structure':
      return Object.entries(type.structure.members)
        .map(([name, member]) => {
          const own = (value as Readonly<Record<string, unknown>>)[name];
          return xmlElement(model, type.structure.names?.[name] ?? name, member, own);
        })
        .join('');
    case 'list':
      return (value as readonly unknown[])
        .map((item) => xmlElement(model, model.protocol === 'ec2' ? 'item' : 'member', type.member, item))
        .join('');
    case 'map':
      return Object.entries(value as Readonly<Record<string, unknown>>)
        .map(
          ([key, item]) => `<entry><key>${xmlText(key)}</key>${xmlElement(model, 'value', type.value, item)}</entry>`,
        )
        .join('');
    case 'timestamp':
      return (value as Date).toISOString().replace('.000Z', 'Z');
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64');
    default:
      return xmlText(String(value));
  }
}

/** The Query protocol's error document. */
export function xmlError(namespace: string, status: number, code: string, message: string, requestId: string): string {
  const type = status >= 500 ? 'Receiver' : 'Sender';
  const inner = `<Type>${type}</Type><Code>${xmlText(code)}</Code><Message>${xmlText(message)}</Message>`;
  return `<ErrorResponse xmlns="${namespace}"><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

/** S3's error document; members of the error (`BucketName`) stand beside its text. */
export function writeS3Error(error: ServiceError, requestId: string): WireResponse {
  const members = {
    Code: error.code,
    Message: error.message,
    ...error.members,
    RequestId: requestId,
    HostId: requestId,
  };
  const inner = Object.entries(members).map(([name, value]) => `<${name}>${xmlText(String(value))}</${name}>`);
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId, 'x-amz-id-2': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** Escaped; characters XML 1.0 cannot hold, half surrogate pairs included, become U+FFFD. */
export function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? character);
}
