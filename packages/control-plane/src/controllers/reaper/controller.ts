import type { Platform } from '../../platform.ts';
import type { Controller, Outcome } from '../driver.ts';
import { KINDS, MOST_AT_ONCE, reap, type Kind } from './apply.ts';

const EVERY_MS = 60_000;

/** Deletes what was kept as long as promised. Keys: kinds of documents. */
export class ReaperController implements Controller {
  readonly name = 'reaper';
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    return KINDS;
  }

  /** Time alone wakes it: nothing is over sooner because something changed. */
  wakes(): readonly string[] {
    return [];
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state, config } = this.#platform;
    const touched = await state.transact((tx) =>
      reap(tx, key as Kind, { now: tx.now, stoppedTaskRetentionMs: config.stoppedTaskRetentionMs }),
    );
    return { kind: 'again', afterMs: touched === MOST_AT_ONCE ? 0 : EVERY_MS };
  }
}
