import { xmlText } from '@gantry/protocol';
import { s3Error } from '../errors.ts';

/** An element that was read: its children, or its text. Namespaces and attributes are left out. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const TOKEN =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;
const DEEPEST = 8;

/** Reads a small document. No document types: what they could bring about has no place here. @throws MalformedXML */
export function readXml(text: string): XmlElement {
  const root: XmlElement & { children: XmlElement[] } = { name: '', children: [], text: '' };
  const open: { name: string; children: XmlElement[]; text: string }[] = [root];
  TOKEN.lastIndex = 0;
  const body = text.replace(/^\ufeff/, '');
  for (let at = 0; at < body.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(body);
    const top = open.at(-1);
    if (match === null || top === undefined) throw s3Error('MalformedXML');
    const [, slash, name, , closed, chars] = match;
    if (chars !== undefined) top.text += unescaped(chars);
    if (name === undefined) continue;
    const plain = name.slice(name.indexOf(':') + 1);
    if (slash === '/') {
      if (open.length < 2 || open.pop()?.name !== plain) throw s3Error('MalformedXML');
      continue;
    }
    const element = { name: plain, children: [], text: '' };
    top.children.push(element);
    if (closed !== '/') open.push(element);
    if (open.length > DEEPEST) throw s3Error('MalformedXML');
  }
  const [first] = root.children;
  if (open.length !== 1 || first === undefined || root.children.length > 1 || root.text.trim() !== '')
    throw s3Error('MalformedXML');
  return first;
}

export function childText({ children }: XmlElement, name: string): string | undefined {
  return children.find((child) => child.name === name)?.text;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));|&/g, (_all, decimal, hex, name) => {
    if (typeof name === 'string') return ENTITIES[name] as string;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    if (Number.isNaN(code) || code > 0x10ffff) throw s3Error('MalformedXML');
    return String.fromCodePoint(code);
  });
}

export type XmlValue = string | number | boolean | Date | undefined | XmlMembers | readonly XmlValue[];
export interface XmlMembers {
  readonly [name: string]: XmlValue;
}

/** A list is its elements one after the other (S3 has them flat); what is undefined is left out. */
export function xmlOf(members: XmlMembers): string {
  return Object.entries(members)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? (value as XmlValue[]) : [value as XmlValue]).map((each) => element(name, each)),
    )
    .join('');
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  const inner = typeof value === 'object' ? xmlOf(value as XmlMembers) : xmlText(String(value));
  return `<${name}>${inner}</${name}>`;
}

export function xmlDocument(name: string, members: XmlMembers): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xmlOf(members)}</${name}>`;
}
