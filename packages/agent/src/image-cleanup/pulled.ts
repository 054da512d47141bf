import type { Clock } from '@gantry/domain';
import type { Checkpoint } from '../checkpoint/port.ts';

/** What is known of an image that tasks of this agent pulled, by the name they have for it. */
export interface PulledImage {
  readonly reference: string;
  /** What the name stood for when it was pulled last. */
  readonly digest: string | undefined;
  /** The name was nobody's before: it came with a task and may go again. One that was there is left for who brought it. */
  readonly ours: boolean;
  readonly pulledAtMs: number;
  readonly usedAtMs: number;
}

const KEY = 'image/';
/** An image that many tasks use is not written down for each of them. */
const USE_GRAIN_MS = 60_000;

/** The images that tasks pulled, over restarts. One for all instances of a process: they share the engine. */
export class PulledImages {
  readonly #clock: Clock;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #images = new Map<string, PulledImage>();

  /** Without a checkpoint it is forgotten with the process. */
  constructor(clock: Clock, checkpoint?: Checkpoint) {
    this.#clock = clock;
    this.#checkpoint = checkpoint;
  }

  /** What an earlier process knew. Called once, first. */
  async restore(): Promise<void> {
    for (const [key, document] of (await this.#checkpoint?.load()) ?? [])
      if (key.startsWith(KEY)) this.#images.set(key.slice(KEY.length), document as PulledImage);
  }

  values(): Iterable<PulledImage> {
    return this.#images.values();
  }

  get(reference: string): PulledImage | undefined {
    return this.#images.get(reference);
  }

  /** `wasHere`: the engine had something of that name before. */
  pulled(reference: string, digest: string | undefined, wasHere: boolean): void {
    const before = this.#images.get(reference);
    const now = this.#clock.now();
    const ours = before?.ours ?? !wasHere;
    const moved = before !== undefined && before.digest !== undefined && before.digest !== digest;
    // The engine keeps what the tag stood for, by its digest alone: that would be nobody's.
    if (moved && before.ours) this.#put({ ...before, reference: byDigest(reference, before.digest) });
    const pulledAtMs = moved || before === undefined ? now : before.pulledAtMs;
    this.#put({ reference, digest, ours, pulledAtMs, usedAtMs: now });
  }

  used(reference: string): void {
    const known = this.#images.get(reference);
    const now = this.#clock.now();
    if (known !== undefined && Math.abs(now - known.usedAtMs) >= USE_GRAIN_MS) this.#put({ ...known, usedAtMs: now });
  }

  forget(reference: string): void {
    this.#images.delete(reference);
    this.#checkpoint?.delete(KEY + reference);
  }

  async close(): Promise<void> {
    await this.#checkpoint?.close();
  }

  #put(image: PulledImage): void {
    this.#images.set(image.reference, image);
    this.#checkpoint?.put(KEY + image.reference, image);
  }
}

function byDigest(reference: string, digest = ''): string {
  return `${reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}@${digest}`;
}
