import type { Instance, Task } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { applyWaiting } from './apply-waiting.ts';
import { decideWaiting } from './decide.ts';
import { isReadmission } from './readmission.ts';

const EVERYONE = 'waiting';

/** Finds room for tasks that were accepted before there was any. One key: they compete for the same room. */
export class SchedulerController implements Controller {
  readonly name = 'scheduler';
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    return [EVERYONE];
  }

  wakes({ kind, before, after }: Change): readonly string[] {
    if (kind === 'instance')
      return this.#waiting > 0 && isReadmission(before as Instance, after as Instance) ? [EVERYONE] : [];
    if (kind !== 'task') return [];
    const [was, is] = [before as Task | undefined, after as Task | undefined];
    if (was === undefined && is?.lastStatus === 'PROVISIONING' && is.desiredStatus === 'RUNNING') return [EVERYONE];
    const freed =
      was !== undefined && was.lastStatus !== 'STOPPED' && (is === undefined || is.lastStatus === 'STOPPED');
    return freed && this.#waiting > 0 ? [EVERYONE] : [];
  }

  async reconcile(): Promise<Outcome> {
    const { state } = this.#platform;
    if (this.#waiting === 0) return SETTLED;
    return state.transact((tx): Outcome => {
      const actions = decideWaiting({ now: tx.now, tasks: tx.tables.tasks.by('unplaced', 'all') });
      if (applyWaiting(tx, this.#platform, actions)) return { kind: 'again', afterMs: 0 };
      const wake = actions.find((action) => action.kind === 'wake-at');
      return wake === undefined ? SETTLED : { kind: 'again', afterMs: wake.at - tx.now };
    });
  }

  get #waiting(): number {
    return this.#platform.state.tables.tasks.countBy('unplaced', 'all');
  }
}
