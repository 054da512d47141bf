import { open, rename, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, zstdCompress, zstdDecompress } from 'node:zlib';
import { comparePositions, describeBlock, type Block } from '../merge.ts';
import type { StoredLogEvent } from '../port.ts';
import { withFile } from './with-file.ts';

/**
 * A sealed segment: events sorted by stream and time in zstd blocks of about 64 KiB, then a zstd footer that says
 * where each block is, then 16 bytes: magic, the footer's length and CRC-32. Never changed, only deleted.
 */
export interface SealedBlock extends Block {
  readonly offset: number;
  readonly length: number;
}

export interface SealedFooter {
  readonly blocks: readonly SealedBlock[];
  /** Streams deleted while the segment was open: their events before this seq are gone, in older segments too. */
  readonly tombstones: readonly (readonly [string, number])[];
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const MAGIC = Buffer.from('GANTLOG1');
const TRAILER_BYTES = 16;
const BLOCK_MESSAGE_BYTES = 64 * 1024;

/** Writes a sealed segment under its name, whole or not at all. */
export async function writeSealed(
  path: string,
  events: readonly StoredLogEvent[],
  tombstones: SealedFooter['tombstones'],
): Promise<SealedFooter> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    const blocks: SealedBlock[] = [];
    let offset = 0;
    for (const run of runsOf(events)) {
      const rows = run.map(({ timestamp, seq, ingestionTime, message }) => [timestamp, seq, ingestionTime, message]);
      const bytes = await compress(JSON.stringify(rows));
      await file.write(bytes, 0, bytes.length, offset);
      blocks.push({ ...describeBlock((run[0] as StoredLogEvent).stream, run), offset, length: bytes.length });
      offset += bytes.length;
    }
    const footer: SealedFooter = { blocks, tombstones };
    const bytes = await compress(JSON.stringify(footer));
    const trailer = Buffer.alloc(TRAILER_BYTES);
    MAGIC.copy(trailer);
    trailer.writeUInt32LE(bytes.length, 8);
    trailer.writeUInt32LE(crc32(bytes), 12);
    await file.write(Buffer.concat([bytes, trailer]), 0, bytes.length + TRAILER_BYTES, offset);
    await file.datasync();
    await file.close();
    await rename(temporary, path);
    return footer;
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

/** @throws Error when the file is not a whole sealed segment. */
export function readFooter(path: string): Promise<SealedFooter> {
  return withFile(path, 'r', (file) => footerOf(file, path));
}

async function footerOf(file: FileHandle, path: string): Promise<SealedFooter> {
  const { size } = await file.stat();
  const trailer = await readAt(file, Math.max(0, size - TRAILER_BYTES), Math.min(size, TRAILER_BYTES));
  if (size < TRAILER_BYTES || !trailer.subarray(0, 8).equals(MAGIC)) throw new Error(`${path} is no log segment.`);
  const length = trailer.readUInt32LE(8);
  if (length > size - TRAILER_BYTES) throw new Error(`${path} is damaged: its footer is longer than the file.`);
  const bytes = await readAt(file, size - TRAILER_BYTES - length, length);
  if (crc32(bytes) !== trailer.readUInt32LE(12)) throw new Error(`${path} is damaged: its footer's checksum differs.`);
  return JSON.parse((await decompress(bytes)).toString()) as SealedFooter;
}

export async function readSealedBlock(path: string, block: SealedBlock): Promise<readonly StoredLogEvent[]> {
  const packed = await withFile(path, 'r', (file) => readAt(file, block.offset, block.length));
  const bytes = await decompress(packed);
  const rows = JSON.parse(bytes.toString()) as [number, number, number, string][];
  return rows.map(([timestamp, seq, ingestionTime, message]) => ({
    stream: block.stream,
    timestamp,
    seq,
    ingestionTime,
    message,
  }));
}

export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  if (bytesRead < length) throw new Error(`A log segment is shorter than it was: ${bytesRead} of ${length} bytes.`);
  return buffer;
}

/** Events by stream, in order, cut into runs of about a block. */
function* runsOf(events: readonly StoredLogEvent[]): Generator<readonly StoredLogEvent[]> {
  const byStream = Map.groupBy(events, (event) => event.stream);
  for (const stream of byStream.values()) {
    let run: StoredLogEvent[] = [];
    let bytes = 0;
    for (const event of stream.toSorted(comparePositions)) {
      run.push(event);
      bytes += Buffer.byteLength(event.message);
      if (bytes < BLOCK_MESSAGE_BYTES) continue;
      yield run;
      run = [];
      bytes = 0;
    }
    if (run.length > 0) yield run;
  }
}
