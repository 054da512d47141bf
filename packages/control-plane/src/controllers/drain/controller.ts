import type { Instance, Task } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { applyDrain } from './apply.ts';
import { decideDrain, type DrainAction } from './decide.ts';

/** Follows DRAINING instances until they are empty. Keys: keys of instance documents. */
export class DrainController implements Controller {
  readonly name = 'drain';
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    const { tables } = this.#platform.state;
    return [...tables.instances.keys].filter((key) => actionsFor(tables, key).length > 0);
  }

  wakes({ kind, key, before, after }: Change): readonly string[] {
    if (kind === 'instance') {
      const changed = (before as Instance | undefined)?.status !== (after as Instance | undefined)?.status;
      return changed ? [key] : [];
    }
    if (kind !== 'task') return [];
    const instanceKey = ((after ?? before) as Task).instanceKey;
    if (instanceKey === undefined) return [];
    return this.#platform.state.tables.instances.get(instanceKey)?.status === 'DRAINING' ? [instanceKey] : [];
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state } = this.#platform;
    if (actionsFor(state.tables, key).length === 0) return SETTLED;
    return state.transact((tx): Outcome => {
      applyDrain(tx, this.#platform, key, actionsFor(tx.tables, key));
      return SETTLED;
    });
  }
}

function actionsFor(tables: Tables, key: string): readonly DrainAction[] {
  const instance = tables.instances.get(key);
  return instance === undefined ? [] : decideDrain({ instance, tasks: tables.tasks.by('instance', key) });
}
