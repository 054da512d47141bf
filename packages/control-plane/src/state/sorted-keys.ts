/** A chunk that grows past this is halved: an insertion moves at most so many keys, however long the list. */
const MOST_IN_CHUNK = 512;

/**
 * A set of keys kept in order, in chunks: insertion and removal cost the same for a hundred keys and for a hundred
 * thousand. Positions (`firstNotBefore`, `at`) hold until the next change.
 */
export class SortedKeys {
  /** Never empty chunks; an empty set has none. */
  readonly #chunks: string[][] = [];
  #size = 0;
  /** Where the last `at` was found: lists are read one position after the other. */
  #cursor = { chunk: 0, start: 0 };

  get size(): number {
    return this.#size;
  }

  add(key: string): void {
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
    } else {
      const position = lowerBound(chunk, key);
      if (chunk[position] === key) return;
      chunk.splice(position, 0, key);
      if (chunk.length > MOST_IN_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MOST_IN_CHUNK >>> 1));
    }
    this.#changed(1);
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const position = lowerBound(chunk, key);
    if (chunk[position] !== key) return;
    chunk.splice(position, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.#changed(-1);
  }

  /** Index of the first key that is not before `key`. */
  firstNotBefore(key: string): number {
    const at = this.#chunkOf(key);
    let before = 0;
    for (let i = 0; i < at; i += 1) before += (this.#chunks[i] as string[]).length;
    const chunk = this.#chunks[at];
    return chunk === undefined ? before : before + lowerBound(chunk, key);
  }

  at(index: number): string | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    let { chunk, start } = this.#cursor;
    if (index < start) chunk = start = 0;
    for (let length = this.#lengthOf(chunk); index >= start + length; length = this.#lengthOf(chunk)) {
      start += length;
      chunk += 1;
    }
    this.#cursor = { chunk, start };
    return (this.#chunks[chunk] as string[])[index - start];
  }

  [Symbol.iterator](): IterableIterator<string> {
    const [only] = this.#chunks;
    return (this.#chunks.length === 1 && only !== undefined ? only : this.#chunks.flat())[Symbol.iterator]();
  }

  /** The chunk that holds the key, or would: the first whose last key is not before it; past the end when none is. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle] as string[];
      if ((chunk[chunk.length - 1] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #lengthOf(chunk: number): number {
    return (this.#chunks[chunk] as string[]).length;
  }

  #changed(by: 1 | -1): void {
    this.#size += by;
    if (this.#cursor.start !== 0 || this.#cursor.chunk !== 0) this.#cursor = { chunk: 0, start: 0 };
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
