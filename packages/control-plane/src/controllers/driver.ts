import type { Clock } from '@gantry/domain';
import type { Change } from '../state/state.ts';

/** Done until woken, or to be looked at again after a while. */
export type Outcome = { readonly kind: 'settled' } | { readonly kind: 'again'; readonly afterMs: number };
export const SETTLED: Outcome = { kind: 'settled' };

export interface Controller {
  readonly name: string;
  /** Everything it answers for: looked at when it starts and at every rescan. */
  keys(): readonly string[];
  /** Which of its keys a change concerns. Cheap: it is asked of every change of every commit. */
  wakes(change: Change): readonly string[];
  /** Reads the newest state, decides and writes in one transaction. */
  reconcile(key: string): Promise<Outcome>;
}

export interface DriverOptions {
  /** A wake-up that was lost (it never should be) is mended within this time. */
  readonly rescanMs: number;
  /** @returns how long to wait before the key is tried again. */
  onError(error: unknown, controller: string, key: string, failures: number): number;
}

const MOST_AT_ONCE = 64;
/** Given as the reason so that no DOMException is built, stack and all, for every wake-up. */
const WOKEN = 'woken';

/**
 * Runs one controller. A wake-up only names a key; the controller reads for itself, so a lost wake-up, a doubled one
 * and a restart are the same case. Keys are reconciled side by side, each at most once at a time: their transactions
 * share a commit.
 */
export class Driver {
  readonly #controller: Controller;
  readonly #clock: Clock;
  readonly #options: DriverOptions;
  readonly #due = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #nudge = new AbortController();
  #busy = false;
  #stopped = false;
  #waiters: (() => void)[] = [];
  #rescanAt: number;

  constructor(controller: Controller, clock: Clock, options: DriverOptions) {
    this.#controller = controller;
    this.#clock = clock;
    this.#options = options;
    this.#rescanAt = clock.elapsedMs();
  }

  /** Nothing is due now and nothing runs. */
  get idle(): boolean {
    if (this.#stopped) return true;
    if (this.#busy) return false;
    const now = this.#clock.elapsedMs();
    if (this.#rescanAt <= now) return false;
    for (const at of this.#due.values()) if (at <= now) return false;
    return true;
  }

  /** Resolves when it is next idle; at once when it is. */
  whenIdle(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((resolve) => this.#waiters.push(resolve));
  }

  observe(changes: readonly Change[]): void {
    for (const change of changes) for (const key of this.#controller.wakes(change)) this.wake(key);
  }

  wake(key: string, afterMs = 0): void {
    const at = this.#clock.elapsedMs() + afterMs;
    const known = this.#due.get(key);
    if (known !== undefined && known <= at) return;
    // At the end of the line: who is woken together is looked at in that order, also one that had a later moment.
    this.#due.delete(key);
    this.#due.set(key, at);
    this.#nudge.abort(WOKEN);
  }

  /** Resolves after `stop` aborts and what was running has ended. Never rejects. */
  async run(stop: AbortSignal): Promise<void> {
    const nudge = (): void => this.#nudge.abort(WOKEN);
    stop.addEventListener('abort', nudge, { once: true });
    while (!stop.aborted) {
      this.#nudge = new AbortController();
      const now = this.#clock.elapsedMs();
      if (now >= this.#rescanAt) this.#rescan(now);
      const ready = this.#takeReady(now);
      if (ready.length > 0) {
        this.#busy = true;
        await Promise.all(ready.map((key) => this.#reconcile(key)));
        this.#busy = false;
      } else {
        this.#tellIdle();
        await this.#clock.sleep(this.#nextAt() - now, this.#nudge.signal);
      }
    }
    stop.removeEventListener('abort', nudge);
    this.#stopped = true;
    this.#tellIdle();
  }

  #tellIdle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #rescan(now: number): void {
    this.#rescanAt = now + this.#options.rescanMs;
    for (const key of this.#controller.keys()) this.#due.set(key, now);
  }

  /** Takes due keys off the list before they run: a wake-up that arrives meanwhile is kept. */
  #takeReady(now: number): string[] {
    const ready: string[] = [];
    for (const [key, at] of this.#due) {
      if (at > now) continue;
      ready.push(key);
      if (ready.length === MOST_AT_ONCE) break;
    }
    for (const key of ready) this.#due.delete(key);
    return ready;
  }

  #nextAt(): number {
    let next = this.#rescanAt;
    for (const at of this.#due.values()) if (at < next) next = at;
    return next;
  }

  async #reconcile(key: string): Promise<void> {
    try {
      const outcome = await this.#controller.reconcile(key);
      this.#failures.delete(key);
      if (outcome.kind === 'again') this.wake(key, outcome.afterMs);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      this.wake(key, this.#options.onError(error, this.#controller.name, key, failures));
    }
  }
}
