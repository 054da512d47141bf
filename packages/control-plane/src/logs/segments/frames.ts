import { crc32 } from 'node:zlib';
import { describeBlock, type Block } from '../merge.ts';
import type { LogLine, StoredLogEvent } from '../port.ts';

/**
 * The open segment: a file of frames, each a line of JSON (what follows) and a line of JSON (the events). Readable
 * with any tool, and a frame that a crash cut short is recognised by its length or checksum.
 */
export interface Frame extends Block {
  readonly offset: number;
  readonly length: number;
}

interface Header {
  /** Stream. */
  readonly s: string;
  /** Seq of the first event; of a tombstone: events before it are gone. */
  readonly q: number;
  /** Ingestion time. */
  readonly i: number;
  /** Bytes of the body; 0 marks a tombstone: the stream was deleted. */
  readonly n: number;
  /** CRC-32 of the body. */
  readonly c: number;
}

const NEWLINE = 0x0a;

/** A frame of events; `firstSeq` is the first one's, the others follow. */
export function encodeFrame(
  stream: string,
  lines: readonly LogLine[],
  firstSeq: number,
  ingestionTime: number,
): { readonly bytes: Buffer; readonly block: Block } {
  const body = Buffer.from(JSON.stringify(lines.map(({ timestamp, message }) => [timestamp, message])));
  const header: Header = { s: stream, q: firstSeq, i: ingestionTime, n: body.length, c: crc32(body) };
  const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body, Buffer.from('\n')]);
  return { bytes, block: describeBlock(stream, eventsOf(stream, lines, firstSeq, ingestionTime)) };
}

function eventsOf(
  stream: string,
  lines: readonly LogLine[],
  firstSeq: number,
  ingestionTime: number,
): StoredLogEvent[] {
  return lines.map(({ timestamp, message }, index) => ({
    stream,
    timestamp,
    message,
    ingestionTime,
    seq: firstSeq + index,
  }));
}

export function encodeTombstone(stream: string, beforeSeq: number): Buffer {
  const header: Header = { s: stream, q: beforeSeq, i: 0, n: 0, c: 0 };
  return Buffer.from(`${JSON.stringify(header)}\n\n`);
}

/** The events of one frame's bytes. */
export function decodeFrame(bytes: Buffer): readonly StoredLogEvent[] {
  const split = bytes.indexOf(NEWLINE);
  const { s, q, i } = JSON.parse(bytes.toString('utf8', 0, split)) as Header;
  const body = JSON.parse(bytes.toString('utf8', split + 1)) as [number, string][];
  return body.map(([timestamp, message], index) => ({
    stream: s,
    timestamp,
    message,
    ingestionTime: i,
    seq: q + index,
  }));
}

/** Reads a whole open segment. `goodBytes` is where the first torn or damaged frame begins, else the end. */
export function scanFrames(file: Buffer): {
  readonly frames: readonly Frame[];
  readonly tombstones: ReadonlyMap<string, number>;
  readonly goodBytes: number;
} {
  const frames: Frame[] = [];
  const tombstones = new Map<string, number>();
  let offset = 0;
  for (;;) {
    const header = readHeader(file, offset);
    if (header === undefined) return { frames, tombstones, goodBytes: offset };
    const { value, bodyAt } = header;
    const end = bodyAt + value.n + 1;
    const body = file.subarray(bodyAt, end - 1);
    if (end > file.length || file[end - 1] !== NEWLINE || (value.n > 0 && crc32(body) !== value.c))
      return { frames, tombstones, goodBytes: offset };
    if (value.n === 0) tombstones.set(value.s, value.q);
    else {
      const block = describeBlock(value.s, decodeFrame(file.subarray(offset, end)));
      frames.push({ ...block, offset, length: end - offset });
    }
    offset = end;
  }
}

function readHeader(file: Buffer, offset: number): { readonly value: Header; readonly bodyAt: number } | undefined {
  const end = file.indexOf(NEWLINE, offset);
  if (end < 0) return undefined;
  try {
    const value = JSON.parse(file.toString('utf8', offset, end)) as Header;
    const fits = typeof value.s === 'string' && [value.q, value.i, value.n, value.c].every(Number.isSafeInteger);
    return fits && value.n >= 0 ? { value, bodyAt: end + 1 } : undefined;
  } catch {
    return undefined;
  }
}
