import type { TaskDefinition } from '@gantry/domain';
import type { PlatformConfig } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { subnetOf } from '../../vpc/subnets.ts';
import { PlacementIndex } from './placement-index.ts';
import { planOf } from './plan.ts';
import { DISCONNECTED, READY } from './pool-index.ts';
import { queriedAt } from './queried.ts';
import { poolKeyOf, requestOf, type Asker } from './request.ts';

export interface SuitedInstance {
  readonly instanceKey: string;
  /** `closed`: it takes no tasks, because it is DRAINING or its registration is not over. */
  readonly state: 'ready' | 'disconnected' | 'closed';
}

/**
 * The instances that have all the tasks need (kind, attributes, zone, placement constraints), however full they are: where a
 * DAEMON service has its tasks. Reads only; looks at every instance of the cluster.
 */
export function suitedInstances(
  tables: Tables,
  config: PlatformConfig,
  asker: Asker & { readonly subnetIds: readonly string[] },
  definition: TaskDefinition,
): readonly SuitedInstance[] {
  const pool = PlacementIndex.of(tables).pool(poolKeyOf(asker, config));
  if (pool === undefined) return [];
  const subnets = asker.subnetIds.flatMap((id) => subnetOf({ tables, config }, asker.scope, id) ?? []);
  const plan = planOf(pool, requestOf(asker, definition, subnets));
  const groups = (key: string): readonly string[] => tables.tasks.by('instance', key).map((task) => task.group);
  const suited: SuitedInstance[] = [];
  for (let slot = 0; slot < pool.size; slot += 1) {
    if (pool.instanceAt(slot) === undefined || plan.verdicts[pool.classOf[slot] as number] !== 'fits') continue;
    if (!plan.queries.every((query) => query(queriedAt(pool, slot, groups)))) continue;
    const ready = pool.ready[slot];
    const state = ready === READY ? 'ready' : ready === DISCONNECTED ? 'disconnected' : 'closed';
    suited.push({ instanceKey: pool.keyAt(slot), state });
  }
  return suited;
}
