import { EngineError, type LogLine } from './port.ts';

/** Docker cuts output into messages of at most this many bytes; a longer line comes in several. */
const MESSAGE_BYTES = 16_384;
/** A line longer than this is given in pieces: no writer may make us hold all it never ends. */
const LINE_BYTES = 1_048_576;
/** `2026-01-02T03:04:05.000000006Z ` */
const STAMP_BYTES = 31;
const STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z $/;
const NEWLINE = 10;
const RETURN = 13;

type Stream = LogLine['stream'];
interface Held {
  timestampNs: bigint;
  pieces: Buffer[];
  bytes: number;
}

/** `2026-01-02T03:04:05.000000006Z`, with any number of fraction digits up to nine, to nanoseconds since 1970. */
export function parseStamp(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace(/Z$/, '').split('.');
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Messages of a container without a terminal: a header of 8 bytes (stream, 0, 0, 0, length), then that many bytes. */
export async function* framedLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<LogLine, void, undefined> {
  const joiner = new LineJoiner();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 8) {
      const length = rest.readUInt32BE(at + 4);
      if (rest.length - at - 8 < length) break;
      const line = joiner.add(streamOf(rest[at]), rest.subarray(at + 8, at + 8 + length));
      if (line !== undefined) yield line;
      at += 8 + length;
    }
    rest = rest.subarray(at);
  }
  yield* joiner.flush();
}

/** Output of a container with a terminal: messages without frames, so the time stamps alone tell where one begins. */
export async function* rawLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<LogLine, void, undefined> {
  const joiner = new LineJoiner();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = messageEnd(rest);
      if (end === undefined) break;
      const line = joiner.add('stdout', rest.subarray(0, end));
      if (line !== undefined) yield line;
      rest = rest.subarray(end);
    }
  }
  if (rest.length > STAMP_BYTES) joiner.add('stdout', rest);
  yield* joiner.flush();
}

/** Where the first message ends; undefined: more bytes are needed to know. */
function messageEnd(rest: Buffer): number | undefined {
  const full = STAMP_BYTES + MESSAGE_BYTES;
  const newline = rest.indexOf(NEWLINE, STAMP_BYTES);
  if (newline >= 0 && newline <= full) return newline + 1;
  return rest.length >= full + STAMP_BYTES ? full : undefined;
}

function streamOf(byte: number | undefined): Stream {
  if (byte === 2) return 'stderr';
  if (byte === 0 || byte === 1) return 'stdout';
  throw new EngineError('failed', `The engine's log stream is out of step (stream byte ${byte}).`);
}

/** Puts the messages of one long line together again; the line has the time of its first message. */
class LineJoiner {
  readonly #held = new Map<Stream, Held>();

  add(stream: Stream, message: Buffer): LogLine | undefined {
    const stamp = message.toString('latin1', 0, STAMP_BYTES);
    if (!STAMP.test(stamp)) return this.#append(stream, { timestampNs: 0n, pieces: [], bytes: 0 }, message);
    const fresh = { timestampNs: parseStamp(stamp.trimEnd()), pieces: [], bytes: 0 };
    return this.#append(stream, fresh, message.subarray(STAMP_BYTES));
  }

  *flush(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const held = this.#held.get(stream);
      if (held !== undefined && held.bytes > 0) yield lineOf(stream, held);
    }
    this.#held.clear();
  }

  #append(stream: Stream, fresh: Held, text: Buffer): LogLine | undefined {
    const held = this.#held.get(stream) ?? fresh;
    const whole = text.at(-1) === NEWLINE;
    let end = text.length - (whole ? 1 : 0);
    if (whole && text[end - 1] === RETURN) end -= 1;
    held.pieces.push(text.subarray(0, end));
    held.bytes += end;
    if (!whole && held.bytes < LINE_BYTES) {
      this.#held.set(stream, held);
      return undefined;
    }
    this.#held.delete(stream);
    return lineOf(stream, held);
  }
}

function lineOf(stream: Stream, held: Held): LogLine {
  return { stream, timestampNs: held.timestampNs, text: Buffer.concat(held.pieces).toString('utf8') };
}
