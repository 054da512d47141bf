import type { Type } from './model.ts';

/**
 * The JSON value a text stands for where the wire has only texts (forms, paths, query strings). A text that is no number or
 * boolean stays a text, so that the reader refuses it and names the member.
 */
export function jsonOfText(kind: Type['kind'], text: string | undefined): unknown {
  switch (kind) {
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return numberOf(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'timestamp':
      return secondsOf(text);
    default:
      return text;
  }
}

function numberOf(text: string | undefined): unknown {
  return text !== undefined && /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : text;
}

function secondsOf(text: string | undefined): unknown {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? text : ms / 1000;
}
