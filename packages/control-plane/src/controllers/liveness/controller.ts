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
  /** Which silences this control plane has seen, and since when by `elapsedMs`: no set clock makes one longer. */
  readonly #silences = new Map<string, { readonly disconnectedAt: EpochMs | undefined; readonly sinceMs: number }>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    const { tables } = this.#platform.state;
    return [...tables.instances.keys].filter((key) => tables.instances.get(key)?.agentConnected === false);
  }

  wakes({ kind, key, before, after }: Change): readonly string[] {
    if (kind !== 'instance') return [];
    if (after === undefined) this.#silences.delete(key);
    if (after === undefined) return [];
    return (before as Instance | undefined)?.agentConnected !== (after as Instance).agentConnected ? [key] : [];
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state } = this.#platform;
    const peek = this.#view(state.tables, key);
    const foreseen = peek === undefined ? [] : decideLiveness(peek);
    const wait = foreseen.find((action) => action.kind === 'wait');
    if (wait !== undefined) return { kind: 'again', afterMs: wait.forMs };
    if (foreseen.length === 0) return SETTLED;
    return state.transact((tx): Outcome => {
      const view = this.#view(tx.tables, key);
      if (view !== undefined) applyLiveness(tx, view.instance, decideLiveness(view));
      return SETTLED;
    });
  }

  #view(tables: Tables, key: string): LivenessView | undefined {
    const instance = tables.instances.get(key);
    if (instance === undefined || instance.agentConnected) {
      this.#silences.delete(key);
      return undefined;
    }
    const { disconnectedAt } = instance;
    const elapsedMs = this.#platform.clock.elapsedMs();
    const known = this.#silences.get(key);
    const since = known === undefined || known.disconnectedAt !== disconnectedAt ? elapsedMs : known.sinceMs;
    this.#silences.set(key, { disconnectedAt, sinceMs: since });
    const tasks = tables.tasks.by('instance', key);
    const { instanceGoneAfterMs } = this.#platform.config;
    return { instance, tasks, instanceGoneAfterMs, silentForMs: elapsedMs - since };
  }
}
