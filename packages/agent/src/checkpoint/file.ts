import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Checkpoint } from './port.ts';

const COMPACT_OVER_BYTES = 4 * 1024 * 1024;
const COMPACT_RATIO = 4;

/**
 * One file of lines `["key", document | null]`; the last line of a key counts. Appending costs one small write,
 * however many tasks there are, and a line cut short by a crash is the last one, was never called durable, and is
 * dropped. When most lines are old the file is written anew beside and moved over the old one.
 *
 * A file that could not be written (a full disk) is not trusted again: what comes next is written anew, with all that is
 * known, until that succeeds. Nothing is called durable before.
 */
export class FileCheckpoint implements Checkpoint {
  readonly #path: string;
  readonly #lines = new Map<string, string>();
  #liveBytes = 0;
  #fileBytes = 0;
  #file: FileHandle | undefined;
  #pending = new Map<string, unknown>();
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  #isWriting = false;
  #isDoubted = false;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<ReadonlyMap<string, unknown>> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const documents = await readCheckpoint(this.#path, (key, line) => this.#remember(key, line));
    // A fresh file: no torn line to append behind, no dead ones to carry along.
    await this.#rewrite();
    return documents;
  }

  put(key: string, document: unknown): void {
    this.#pending.set(key, document);
    this.#startWriting();
  }

  delete(key: string): void {
    this.put(key, undefined);
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#startWriting();
    });
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file?.close();
    this.#file = undefined;
  }

  #startWriting(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    void this.#write();
  }

  /** Writes until nothing is left to write. Changes of the same turn, and those that come during a write, go together. */
  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.size > 0 || this.#waiting.length > 0) {
      const pending = this.#pending;
      const waiting = this.#waiting;
      this.#pending = new Map();
      this.#waiting = [];
      try {
        await this.#keep(pending, waiting.length > 0);
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        this.#isDoubted = true;
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#isWriting = false;
  }

  async #keep(pending: ReadonlyMap<string, unknown>, durable: boolean): Promise<void> {
    let text = '';
    for (const [key, document] of pending) {
      const line = JSON.stringify([key, document ?? null]);
      text += `${line}\n`;
      this.#remember(key, document === undefined ? undefined : line);
    }
    if (this.#file === undefined) throw new Error('The checkpoint is not open.');
    if (this.#isDoubted) {
      await this.#rewrite();
      this.#isDoubted = false;
    } else await this.#append(this.#file, text, durable);
  }

  async #append(file: FileHandle, text: string, durable: boolean): Promise<void> {
    if (text !== '') {
      const bytes = Buffer.from(text);
      try {
        await file.appendFile(bytes);
      } catch (error) {
        // A part of it may have taken the last room there was, which the next try needs.
        await file.truncate(this.#fileBytes).catch(() => undefined);
        throw error;
      }
      this.#fileBytes += bytes.length;
    }
    if (durable) await file.datasync();
    if (this.#fileBytes > COMPACT_OVER_BYTES && this.#fileBytes > COMPACT_RATIO * this.#liveBytes)
      await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    const beside = `${this.#path}.new`;
    await rm(beside, { force: true });
    const file = await open(beside, 'a', 0o600);
    const bytes = Buffer.from([...this.#lines.values()].map((line) => `${line}\n`).join(''));
    try {
      await file.appendFile(bytes);
      await file.sync();
      await rename(beside, this.#path);
    } catch (error) {
      await file.close();
      await rm(beside, { force: true });
      throw error;
    }
    const before = this.#file;
    this.#file = file;
    this.#fileBytes = bytes.length;
    await before?.close();
    const folder = await open(dirname(this.#path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #remember(key: string, line: string | undefined): void {
    this.#liveBytes -= this.#lines.get(key)?.length ?? 0;
    if (line === undefined) this.#lines.delete(key);
    else this.#lines.set(key, line);
    this.#liveBytes += line?.length ?? 0;
  }
}

/**
 * The documents in a checkpoint's file, without touching it; an absent file holds none. `seen` is told the last line of
 * every key, `undefined` where that deletes it.
 */
export async function readCheckpoint(
  path: string,
  seen: (key: string, line: string | undefined) => void = () => undefined,
): Promise<ReadonlyMap<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const documents = new Map<string, unknown>();
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    const [key, document] = entry;
    seen(key, document === null ? undefined : line);
    if (document === null) documents.delete(key);
    else documents.set(key, document);
  }
  return documents;
}

function parseLine(line: string): readonly [string, unknown] | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value) && value.length === 2 && typeof value[0] === 'string') return [value[0], value[1]];
  } catch {
    // the torn end of a file
  }
  return undefined;
}
