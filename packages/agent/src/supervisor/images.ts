import type { Clock } from '@gantry/domain';
import { EngineError, type Engine, type ImageInfo, type RegistryLogin } from '../engine/port.ts';
import { PulledImages } from '../image-cleanup/pulled.ts';

/**
 * - `prefer-cached` (ours by default): use the image the engine has, pull only what it lacks: the fastest start, and no registry is needed.
 * - `once`: ask the registry for what no task here has pulled before, or what was cleaned up since; a failure stops the task.
 * - `default`: ask the registry first; when that fails, use the image the engine has and carry the failure as the container's reason.
 * - `always`: ask the registry; a failure stops the task.
 */
export const PULL_BEHAVIOURS = ['prefer-cached', 'once', 'default', 'always'] as const;
export type PullBehaviour = (typeof PULL_BEHAVIOURS)[number];

export interface PreparedImage {
  readonly digest: string | undefined;
  readonly pull?: { readonly startedAtMs: number; readonly stoppedAtMs: number } | undefined;
  readonly warning?: string | undefined;
}

/** `reason` is what the container carries: `CannotPullContainerError: …`. */
export class PullFailed extends Error {
  override readonly name = 'PullFailed';
  readonly startedAtMs: number;
  constructor(reason: string, startedAtMs: number, cause?: unknown) {
    super(reason, { cause });
    this.startedAtMs = startedAtMs;
  }
}

/** How long an answer about an image is taken for true. A create that finds it gone calls `forget`. */
const REMEMBER_MS = 30_000;
const MOST_TRIES = 5;
const FIRST_RETRY_MS = 1_100;
const LAST_RETRY_MS = 5_000;
/** A pull that says nothing for this long has stuck. */
export const PULL_INACTIVITY_MS = 60_000;

export interface ImagesOptions {
  /** Shared by those who share the engine. */
  readonly pulled?: PulledImages | undefined;
  readonly inactivityMs?: number | undefined;
}

const INACTIVE = 'inactivity time exceeded timeout while pulling image';

interface SharedPull {
  readonly result: Promise<PreparedImage>;
  readonly abort: AbortController;
  waiters: number;
}

/** Images of one engine: what is here, and bringing what is not. Containers that want the same image as the same user share one pull. */
export class Images {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #behaviour: PullBehaviour;
  readonly #pulled: PulledImages;
  readonly #inactivityMs: number;
  readonly #known = new Map<string, { readonly info: ImageInfo; readonly atMs: number }>();
  readonly #inspecting = new Map<string, Promise<ImageInfo | undefined>>();
  readonly #pulls = new Map<string, SharedPull>();

  constructor(engine: Engine, clock: Clock, behaviour: PullBehaviour, options: ImagesOptions = {}) {
    this.#engine = engine;
    this.#clock = clock;
    this.#behaviour = behaviour;
    this.#pulled = options.pulled ?? new PulledImages(clock);
    this.#inactivityMs = options.inactivityMs ?? PULL_INACTIVITY_MS;
  }

  /** @throws PullFailed, or the signal's reason when it was aborted, or an `unreachable` EngineError. */
  async prepare(reference: string, signal: AbortSignal, login?: RegistryLogin): Promise<PreparedImage> {
    const present = await this.#inspect(reference);
    if (present !== undefined && !this.#asksRegistry(reference, present)) {
      this.#pulled.used(reference);
      return { digest: present.repoDigest };
    }
    try {
      const prepared = await this.#pull(reference, signal, login);
      this.#pulled.pulled(reference, prepared.digest, present !== undefined);
      return prepared;
    } catch (error) {
      if (present === undefined || this.#behaviour !== 'default' || !(error instanceof PullFailed)) throw error;
      this.#pulled.used(reference);
      return { digest: present.repoDigest, warning: error.message };
    }
  }

  forget(reference: string): void {
    this.#known.delete(reference);
  }

  /** An image that was made here has no registry to ask, and what a digest names does not move. */
  #asksRegistry(reference: string, present: ImageInfo): boolean {
    if (this.#behaviour === 'always') return true;
    const moves = !reference.includes('@') && (hasRegistryPart(reference) || present.repoDigest !== undefined);
    if (this.#behaviour === 'once') return moves && this.#pulled.get(reference) === undefined;
    return this.#behaviour === 'default' && moves;
  }

  async #inspect(reference: string): Promise<ImageInfo | undefined> {
    const known = this.#known.get(reference);
    if (known !== undefined && this.#clock.elapsedMs() - known.atMs < REMEMBER_MS) return known.info;
    const pending = this.#inspecting.get(reference);
    if (pending !== undefined) return await pending;
    const asked = this.#engine.inspectImage(reference).finally(() => this.#inspecting.delete(reference));
    this.#inspecting.set(reference, asked);
    const info = await asked;
    if (info === undefined) this.#known.delete(reference);
    else this.#known.set(reference, { info, atMs: this.#clock.elapsedMs() });
    return info;
  }

  async #pull(reference: string, signal: AbortSignal, login: RegistryLogin | undefined): Promise<PreparedImage> {
    const shared = this.#pulls.get(pullKey(reference, login)) ?? this.#startPull(reference, login);
    shared.waiters += 1;
    const leave = (): void => {
      shared.waiters -= 1;
      if (shared.waiters === 0) shared.abort.abort();
    };
    try {
      return await Promise.race([shared.result, rejectOnAbort(signal)]);
    } finally {
      leave();
    }
  }

  #startPull(reference: string, login: RegistryLogin | undefined): SharedPull {
    const abort = new AbortController();
    const key = pullKey(reference, login);
    const result = this.#pullWithRetries(reference, login, abort.signal).finally(() => this.#pulls.delete(key));
    result.catch(() => undefined); // every waiter may have left
    const shared = { result, abort, waiters: 0 };
    this.#pulls.set(key, shared);
    return shared;
  }

  /** An engine that says nothing for too long is told to stop, and the next try begins. */
  async #pullOnce(reference: string, login: RegistryLogin | undefined, signal: AbortSignal): Promise<void> {
    const stuck = new AbortController();
    const done = new AbortController();
    let heardAtMs = this.#clock.elapsedMs();
    const onProgress = (): void => void (heardAtMs = this.#clock.elapsedMs());
    const watch = silence(this.#clock, this.#inactivityMs, () => heardAtMs, AbortSignal.any([signal, done.signal]));
    void watch.then(() => {
      if (!done.signal.aborted && !signal.aborted) stuck.abort(new EngineError('timeout', INACTIVE));
    });
    try {
      const both = AbortSignal.any([signal, stuck.signal]);
      await this.#engine.pullImage(reference, { login, signal: both, onProgress });
    } finally {
      done.abort();
    }
  }

  async #pullWithRetries(
    reference: string,
    login: RegistryLogin | undefined,
    signal: AbortSignal,
  ): Promise<PreparedImage> {
    const startedAtMs = this.#clock.now();
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#pullOnce(reference, login, signal);
        break;
      } catch (error) {
        if (signal.aborted) throw error;
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof EngineError && error.kind === 'unreachable') throw error;
        if (error instanceof EngineError && (error.kind === 'not-found' || error.kind === 'bad-request')) {
          throw new PullFailed(`CannotPullContainerError: Error response from daemon: ${message}`, startedAtMs, error);
        }
        if (tries >= MOST_TRIES) {
          const text = `CannotPullContainerError: ref pull has been retried ${tries} time(s): ${message}`;
          throw new PullFailed(text, startedAtMs, error);
        }
        await this.#clock.sleep(Math.min(FIRST_RETRY_MS * 1.5 ** (tries - 1), LAST_RETRY_MS), signal);
      }
    }
    const stoppedAtMs = this.#clock.now();
    this.#known.delete(reference);
    const info = await this.#inspect(reference);
    return { digest: info?.repoDigest, pull: { startedAtMs, stoppedAtMs } };
  }
}

/** Resolves when nothing has been heard for that long; the last word is told by `heardAtMs`. */
async function silence(clock: Clock, mostMs: number, heardAtMs: () => number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const leftMs = heardAtMs() + mostMs - clock.elapsedMs();
    if (leftMs <= 0 || signal.aborted) return;
    await clock.sleep(leftMs, signal);
  }
}

/** `registry.example/app`, `localhost:5000/app`: the first part names a host. */
export function hasRegistryPart(reference: string): boolean {
  const [first = '', ...rest] = reference.split('/');
  return rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
}

/** A pull is shared by those who come with the same login: another's password decides nothing. */
function pullKey(reference: string, login: RegistryLogin | undefined): string {
  return login === undefined ? reference : JSON.stringify([reference, login.username, login.password]);
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const no = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) no();
    else signal.addEventListener('abort', no, { once: true });
  });
}
