import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageBytes, readBlocks, summarise, type Block, type LoadableBlock } from '../merge.ts';
import type { LogLine, LogPage, LogRead, StoredLogEvent, StreamSummary } from '../port.ts';
import { decodeFrame, encodeFrame, encodeTombstone, scanFrames, type Frame } from './frames.ts';
import { readAt, readFooter, readSealedBlock, writeSealed, type SealedBlock } from './sealed.ts';
import { withFile } from './with-file.ts';

export interface SegmentLimits {
  /** An open segment is sealed when it is past one of these. */
  readonly bytes: number;
  readonly frames: number;
}

interface Sealed {
  readonly path: string;
  readonly blocks: readonly SealedBlock[];
}

/**
 * One group's folder: sealed segments and one open one, numbered. Its methods must not overlap: the store runs
 * them one after the other.
 */
export class SegmentGroup {
  readonly #folder: string;
  readonly #limits: SegmentLimits;
  #sealed: Sealed[] = [];
  #number = 1;
  #size = 0;
  #frames: Frame[] = [];
  #nextSeq = 1;
  /** Per deleted stream: events before this seq are gone. */
  readonly #tombstones = new Map<string, number>();

  private constructor(folder: string, limits: SegmentLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Reads what is there, after a crash too: a torn tail is cut off, a half sealed segment is sealed again later. */
  static async open(
    folder: string,
    limits: SegmentLimits,
    onDamage: (text: string, error: unknown) => void,
  ): Promise<SegmentGroup> {
    const group = new SegmentGroup(folder, limits);
    const names = (await readdir(folder).catch((): string[] => [])).toSorted((a, b) => (a < b ? -1 : 1));
    for (const name of names) if (name.endsWith('.tmp')) await unlink(join(folder, name));
    for (const name of names) if (name.endsWith('.sealed')) await group.#adoptSealed(name, onDamage);
    for (const name of names) if (name.endsWith('.open')) await group.#adoptOpen(name);
    return group;
  }

  /** Writes the group's name beside its segments: for people, nothing reads it. */
  async create(name: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, 'group.json'), `${JSON.stringify({ name })}\n`, { mode: 0o600 });
  }

  get needsSealing(): boolean {
    return this.#size >= this.#limits.bytes || this.#frames.length >= this.#limits.frames;
  }

  get storedBytes(): number {
    return messageBytes(this.#blocks());
  }

  async append(stream: string, lines: readonly LogLine[], ingestionTime: number): Promise<void> {
    const { bytes, block } = encodeFrame(stream, lines, this.#nextSeq, ingestionTime);
    const offset = this.#write(bytes);
    this.#frames.push({ ...block, offset, length: bytes.length });
    this.#nextSeq += lines.length;
  }

  read(read: LogRead): Promise<LogPage> {
    const sealed = this.#sealed.flatMap(({ path, blocks }) =>
      blocks.map((block): LoadableBlock => ({ ...block, load: () => readSealedBlock(path, block) })),
    );
    const open = this.#frames.map((frame): LoadableBlock => ({ ...frame, load: () => this.#readFrame(frame) }));
    return readBlocks(
      [...sealed, ...open].filter((block) => this.#isAlive(block)),
      read,
    );
  }

  summaries(): ReadonlyMap<string, StreamSummary> {
    return summarise(this.#blocks());
  }

  async deleteStream(stream: string): Promise<void> {
    if (!this.#blocks().some((block) => block.stream === stream)) return;
    this.#write(encodeTombstone(stream, this.#nextSeq));
    this.#tombstones.set(stream, this.#nextSeq);
  }

  /** Turns the open segment into a sealed one and begins the next. A crash in between leaves one of the two. */
  async seal(): Promise<void> {
    if (this.#size === 0) return;
    const alive = this.#frames.filter((frame) => this.#isAlive(frame));
    const events: StoredLogEvent[] = [];
    const file = await readFile(this.#openPath);
    for (const { offset, length } of alive)
      for (const event of decodeFrame(file.subarray(offset, offset + length))) events.push(event);
    const path = join(this.#folder, `${fileNumber(this.#number)}.sealed`);
    const { blocks } = await writeSealed(path, events, [...this.#tombstones]);
    await unlink(this.#openPath);
    this.#sealed.push({ path, blocks });
    this.#startOpen(this.#number + 1);
  }

  /** Deletes segments with nothing as new as the moment. Returns how many. */
  async expire(beforeMs: number): Promise<number> {
    const isOld = (blocks: readonly Block[]): boolean => blocks.every((block) => block.maxTimestamp < beforeMs);
    const old = this.#sealed.filter(({ blocks }) => isOld(blocks));
    const openIsOld = this.#size > 0 && isOld(this.#frames);
    if (old.length === 0 && !openIsOld) return 0;
    for (const { path } of old) await unlink(path);
    this.#sealed = this.#sealed.filter((segment) => !old.includes(segment));
    if (openIsOld) {
      await unlink(this.#openPath);
      this.#startOpen(this.#number + 1);
    }
    await this.#repeatTombstones();
    return old.length + (openIsOld ? 1 : 0);
  }

  async delete(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    this.#sealed = [];
    this.#tombstones.clear();
    this.#startOpen(1);
  }

  get #openPath(): string {
    return join(this.#folder, `${fileNumber(this.#number)}.open`);
  }

  #startOpen(number: number): void {
    this.#number = number;
    this.#size = 0;
    this.#frames = [];
  }

  #isAlive(block: Block): boolean {
    return block.firstSeq >= (this.#tombstones.get(block.stream) ?? 0);
  }

  #blocks(): readonly Block[] {
    return [...this.#sealed.flatMap(({ blocks }) => blocks), ...this.#frames].filter((b) => this.#isAlive(b));
  }

  /**
   * At the known end, never at the file's: what a failed write left there is overwritten. In the turn of the event loop: the
   * system takes the bytes at once, and three ways through the thread pool cost several times as much.
   */
  #write(bytes: Buffer): number {
    const offset = this.#size;
    // 'a' would ignore the offset, 'r+' does not create.
    const file = openSync(this.#openPath, offset === 0 ? 'w' : 'r+', 0o600);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
    } catch (error) {
      try {
        ftruncateSync(file, offset);
      } catch {
        // It is overwritten, or cut off at the next start.
      }
      throw error;
    } finally {
      closeSync(file);
    }
    this.#size = offset + bytes.length;
    return offset;
  }

  async #readFrame(frame: Frame): Promise<readonly StoredLogEvent[]> {
    return withFile(this.#openPath, 'r', async (file) => decodeFrame(await readAt(file, frame.offset, frame.length)));
  }

  /** A tombstone that went with its segment, but still hides something, is written again. */
  async #repeatTombstones(): Promise<void> {
    const hiding = [...this.#sealed.flatMap(({ blocks }) => blocks), ...this.#frames].filter((b) => !this.#isAlive(b));
    const streams = new Set(hiding.map((block) => block.stream));
    for (const [stream, beforeSeq] of this.#tombstones) {
      if (streams.has(stream)) this.#write(encodeTombstone(stream, beforeSeq));
      else this.#tombstones.delete(stream);
    }
  }

  /** A damaged one costs what it holds, not the group: it stays where it is, for a person to look at. */
  async #adoptSealed(name: string, onDamage: (text: string, error: unknown) => void): Promise<void> {
    const path = join(this.#folder, name);
    this.#startOpen(Number.parseInt(name, 10) + 1);
    try {
      const { blocks, tombstones } = await readFooter(path);
      this.#sealed.push({ path, blocks });
      this.#adopt(blocks, tombstones);
    } catch (error) {
      onDamage(`${path} cannot be read.`, error);
    }
  }

  async #adoptOpen(name: string): Promise<void> {
    const path = join(this.#folder, name);
    const number = Number.parseInt(name, 10);
    // Its sealed twin is whole, or it would not have its name: the crash came between the two.
    if (number < this.#number) return unlink(path);
    const file = await readFile(path);
    const { frames, tombstones, goodBytes } = scanFrames(file);
    if (goodBytes < file.length) await truncate(path, goodBytes);
    this.#number = number;
    this.#frames = [...frames];
    this.#size = goodBytes;
    this.#adopt(frames, tombstones);
  }

  #adopt(blocks: readonly Block[], tombstones: Iterable<readonly [string, number]>): void {
    for (const block of blocks) this.#nextSeq = Math.max(this.#nextSeq, block.lastSeq + 1);
    for (const [stream, seq] of tombstones) {
      this.#tombstones.set(stream, Math.max(seq, this.#tombstones.get(stream) ?? 0));
      this.#nextSeq = Math.max(this.#nextSeq, seq);
    }
  }
}

/** Eight digits: names sort as numbers. */
function fileNumber(number: number): string {
  return String(number).padStart(8, '0');
}
