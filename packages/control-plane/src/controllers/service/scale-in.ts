import type { Task } from '@gantry/domain';
import { assignProviders } from '../scheduler/capacity.ts';
import { isHealthy, isUnhealthy } from './health.ts';
import type { ServiceView } from './view.ts';

/**
 * Chooses which tasks go (ecs-semantics 4.9): ones that do not serve first, then from the provider with too many, then
 * from the zone, then from the instance with most tasks of the service; binpacked services empty their emptiest
 * instance. Ids decide between equals, and they are random.
 *
 * @param all live tasks of the service: balance is judged over them.
 * @returns `count` of the candidates, in the order they should go.
 */
export function chooseStops(
  view: ServiceView,
  candidates: readonly Task[],
  count: number,
  all: readonly Task[],
): readonly Task[] {
  if (count <= 0) return [];
  const balance = new Balance(view, all);
  const rows = candidates.map((task) => balance.row(task));
  const chosen: Task[] = [];
  while (chosen.length < count) {
    let best: Row | undefined;
    for (const row of rows) if (!row.gone && (best === undefined || goesBefore(row, best))) best = row;
    if (best === undefined) break;
    best.gone = true;
    chosen.push(best.task);
    balance.remove(best);
  }
  return chosen;
}

/** How much a task serves: the lower, the sooner it goes. */
export function worthOf(view: ServiceView, task: Task): number {
  if (task.lastStatus !== 'RUNNING') return 0;
  if (isUnhealthy(view, task)) return 1;
  return isHealthy(view, task) ? 3 : 2;
}

/** How many tasks of the service are in one place; shared by the rows of that place, so that it is counted once. */
interface Tally {
  count: number;
}

interface Row {
  readonly task: Task;
  gone: boolean;
  readonly worth: number;
  readonly draining: boolean;
  readonly free: number;
  readonly provider: Tally;
  readonly zone: Tally;
  readonly instance: Tally;
}

function goesBefore(a: Row, b: Row): boolean {
  if (a.worth !== b.worth) return a.worth < b.worth;
  if (a.draining !== b.draining) return a.draining;
  if (a.provider.count !== b.provider.count) return a.provider.count > b.provider.count;
  if (a.free !== b.free) return a.free > b.free;
  if (a.zone.count !== b.zone.count) return a.zone.count > b.zone.count;
  return a.instance.count > b.instance.count;
}

class Balance {
  readonly #view: ServiceView;
  readonly #zones = new Map<string, Tally>();
  readonly #instances = new Map<string, Tally>();
  /** Tasks above the provider's share: they may be negative. */
  readonly #providers = new Map<string, Tally>();
  readonly #binpack: 'cpu' | 'memory' | undefined;

  constructor(view: ServiceView, all: readonly Task[]) {
    this.#view = view;
    const rule = view.service.placementStrategy[0];
    if (rule?.type === 'binpack') this.#binpack = rule.field?.toLowerCase() === 'cpu' ? 'cpu' : 'memory';
    const strategy = view.service.capacityProviderStrategy ?? [];
    for (const name of assignProviders(strategy, new Map(), view.service.desiredCount))
      tally(this.#providers, name).count -= 1;
    for (const task of all) {
      tally(this.#zones, task.availabilityZone).count += 1;
      tally(this.#instances, task.instanceKey).count += 1;
      tally(this.#providers, task.capacityProviderName).count += 1;
    }
  }

  row(task: Task): Row {
    const { instanceKey } = task;
    const placed = instanceKey !== undefined;
    return {
      task,
      gone: false,
      worth: worthOf(this.#view, task),
      draining: placed && this.#view.draining(instanceKey),
      free: placed && this.#binpack !== undefined ? this.#view.freeOn(instanceKey)[this.#binpack] : 0,
      provider: tally(this.#providers, task.capacityProviderName),
      zone: tally(this.#zones, task.availabilityZone),
      instance: tally(this.#instances, instanceKey),
    };
  }

  remove({ provider, zone, instance }: Row): void {
    for (const place of [provider, zone, instance]) place.count -= 1;
  }
}

function tally(tallies: Map<string, Tally>, key = ''): Tally {
  let found = tallies.get(key);
  if (found === undefined) tallies.set(key, (found = { count: 0 }));
  return found;
}
