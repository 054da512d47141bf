import { createReadStream, mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '@gantry/domain';
import { piecesOf, type Content, type Piece } from './port.ts';

const FOLDERS = 256;

/**
 * Bytes in files. One is written under `incoming/`, synced, and moved to `contents/<first two digits>/` when it is whole: what has
 * its own name there is complete.
 */
export class ContentFiles {
  readonly #folder: string;
  readonly #ids: Pick<Ids, 'hex32'>;
  readonly #onError: (message: string, error: unknown) => void;
  /** Readers of a content; it goes when the last one is done. */
  readonly #held = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(folder: string, ids: Pick<Ids, 'hex32'>, onError: (message: string, error: unknown) => void) {
    this.#folder = folder;
    this.#ids = ids;
    this.#onError = onError;
    rmSync(join(folder, 'incoming'), { recursive: true, force: true });
    mkdirSync(join(folder, 'incoming'), { recursive: true, mode: 0o700 });
    for (let n = 0; n < FOLDERS; n += 1)
      mkdirSync(join(folder, 'contents', n.toString(16).padStart(2, '0')), { recursive: true, mode: 0o700 });
  }

  /** Removes what nobody names: a process that ended between writing and naming leaves it. */
  sweep(isNamed: (id: string) => boolean): void {
    for (const folder of readdirSync(join(this.#folder, 'contents')))
      for (const id of readdirSync(join(this.#folder, 'contents', folder))) if (!isNamed(id)) this.#unlink(id);
  }

  async write(source: AsyncIterable<Uint8Array>): Promise<Content> {
    const id = this.#ids.hex32();
    const incoming = join(this.#folder, 'incoming', id);
    const file = await open(incoming, 'wx', 0o600);
    let bytes = 0;
    try {
      for await (const chunk of source) {
        for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
        bytes += chunk.length;
      }
      await file.sync();
      await file.close();
      await rename(incoming, this.#path(id));
      await this.#syncFolder(id);
      return { id, bytes };
    } catch (error) {
      await file.close().catch(() => undefined);
      await unlink(incoming).catch(() => undefined);
      throw error;
    }
  }

  discard(contents: readonly Content[]): void {
    for (const { id } of contents) {
      if (this.#held.has(id)) this.#doomed.add(id);
      else this.#unlink(id);
    }
  }

  read(contents: readonly Content[], from: number, to: number): AsyncIterable<Uint8Array> {
    const pieces = piecesOf(contents, from, to);
    for (const { id } of pieces) this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
    let open = true;
    const release = (): void => {
      if (!open) return;
      open = false;
      for (const { id } of pieces) this.#release(id);
    };
    const inner = this.#stream(pieces);
    // A generator that was never begun has no `finally`: the hold is given back here.
    const outer: AsyncIterator<Uint8Array> = {
      next: async () => {
        try {
          const step = await inner.next();
          if (step.done === true) release();
          return step;
        } catch (error) {
          release();
          throw error;
        }
      },
      return: async () => {
        await inner.return(undefined);
        release();
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => outer };
  }

  async *#stream(pieces: readonly Piece[]): AsyncGenerator<Uint8Array, undefined> {
    for (const { id, from, to } of pieces)
      yield* createReadStream(this.#path(id), { start: from, end: to - 1 }) as AsyncIterable<Uint8Array>;
    return undefined;
  }

  #release(id: string): void {
    const left = (this.#held.get(id) ?? 1) - 1;
    if (left > 0) {
      this.#held.set(id, left);
      return;
    }
    this.#held.delete(id);
    if (this.#doomed.delete(id)) this.#unlink(id);
  }

  /** What stays although nobody names it goes at the next start. */
  #unlink(id: string): void {
    try {
      unlinkSync(this.#path(id));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#onError(`content ${id} cannot be removed`, error);
    }
  }

  async #syncFolder(id: string): Promise<void> {
    const folder = await open(join(this.#folder, 'contents', id.slice(0, 2)), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #path(id: string): string {
    return join(this.#folder, 'contents', id.slice(0, 2), id);
  }
}
