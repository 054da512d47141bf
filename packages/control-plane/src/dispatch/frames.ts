import type { Frame } from '@gantry/protocol';
import { FRAME_LIMIT } from './timing.ts';

/** What is wrong with a frame, in words for the log. */
export interface BadFrame {
  readonly problem: string;
}

/**
 * A frame from an agent: `{"type": …, "message": {…}}`, on the telemetry socket behind a signed header block that
 * the handshake has made redundant. Anything else comes back as a problem, never as an exception.
 */
export function parseFrame(text: string): Frame<string, Readonly<Record<string, unknown>>> | BadFrame {
  if (text.length > FRAME_LIMIT) return { problem: `larger than ${FRAME_LIMIT} characters` };
  let value: unknown;
  try {
    value = JSON.parse(bodyOf(text));
  } catch {
    return { problem: 'not JSON' };
  }
  if (!isObject(value) || typeof value['type'] !== 'string') return { problem: 'without a type' };
  const message = value['message'];
  if (message !== undefined && !isObject(message)) return { problem: 'whose message is not an object' };
  return { type: value['type'], message: message ?? {} };
}

function bodyOf(text: string): string {
  if (text.startsWith('{')) return text;
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? text : text.slice(end + 4);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
