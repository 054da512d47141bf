import type { EpochMs, Instance } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { applyLiveness } from './apply.ts';
import { decideLiveness, type LivenessView } from './decide.ts';

/** Gives up the tasks of instances that stay away. Keys: keys of instance documents. */
export class LivenessController implements Controller {
  readonly name = 'liveness';
  readonly #platform: Platform;
  readonly #listeningSince: EpochMs;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#listeningSince = platform.clock.now();
  }

  keys(): readonly string[] {
    const { tables } = this.#platform.state;
    return [...tables.instances.keys].filter((key) => tables.instances.get(key)?.agentConnected === false);
  }

  wakes({ kind, key, before, after }: Change): readonly string[] {
    if (kind !== 'instance' || after === undefined) return [];
    return (before as Instance | undefined)?.agentConnected !== (after as Instance).agentConnected ? [key] : [];
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state, clock } = this.#platform;
    const peek = this.#view(state.tables, key, clock.now());
    const foreseen = peek === undefined ? [] : decideLiveness(peek);
    const wake = foreseen.find((action) => action.kind === 'wake-at');
    if (wake !== undefined) return { kind: 'again', afterMs: wake.at - clock.now() };
    if (foreseen.length === 0) return SETTLED;
    return state.transact((tx): Outcome => {
      const view = this.#view(tx.tables, key, tx.now);
      if (view !== undefined) applyLiveness(tx, view.instance, decideLiveness(view));
      return SETTLED;
    });
  }

  #view(tables: Tables, key: string, now: EpochMs): LivenessView | undefined {
    const instance = tables.instances.get(key);
    if (instance === undefined) return undefined;
    const tasks = tables.tasks.by('instance', key);
    const { instanceGoneAfterMs } = this.#platform.config;
    return { now, instance, tasks, instanceGoneAfterMs, listeningSince: this.#listeningSince };
  }
}
