import { invalidParameter } from '@gantry/protocol';
import type { Position } from '../port.ts';

/** 20 digits of the timestamp, 36 of the sequence number: CloudWatch's own length of 56. */
const DIGITS = /^([0-9]{20})([0-9]{36})$/;

/** An event's id, and the heart of every token. Sorts as the events do. */
export function eventId(position: Position): string {
  return String(position.timestamp).padStart(20, '0') + String(position.seq).padStart(36, '0');
}

export interface DirectedToken {
  /** `f`: go on after the place. `b`: go on before it. */
  readonly direction: 'f' | 'b';
  readonly position: Position;
}

/** `f/<56 digits>/s` or `b/<56 digits>/s` */
export function writeToken(direction: DirectedToken['direction'], position: Position): string {
  return `${direction}/${eventId(position)}/s`;
}

/** @throws ServiceError InvalidParameterException */
export function readToken(text: string): DirectedToken {
  const [direction, digits = '', end, more] = text.split('/');
  const found = DIGITS.exec(digits);
  if (found === null || end !== 's' || more !== undefined || (direction !== 'f' && direction !== 'b'))
    throw invalidParameter('The specified nextToken is invalid.');
  const position = { timestamp: Number(found[1]), seq: Number(found[2]) };
  if (!Number.isSafeInteger(position.timestamp) || !Number.isSafeInteger(position.seq))
    throw invalidParameter('The specified nextToken is invalid.');
  return { direction, position };
}

/** A place in a list that is ordered by text: the last name given. */
export function writeNameToken(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws ServiceError InvalidParameterException */
export function readNameToken(token: string, count: number): readonly string[] {
  try {
    const parts = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
    if (Array.isArray(parts) && parts.length === count && parts.every((part) => typeof part === 'string')) return parts;
  } catch {
    // Answered below.
  }
  throw invalidParameter('The specified nextToken is invalid.');
}
