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
  const left = new Set(candidates);
  const balance = new Balance(view, all);
  const chosen: Task[] = [];
  while (chosen.length < count && left.size > 0) {
    let best: Task | undefined;
    let bestScore: readonly number[] = [];
    for (const task of left) {
      const score = balance.score(task);
      if (best === undefined || compare(score, bestScore) < 0) [best, bestScore] = [task, score];
    }
    if (best === undefined) break;
    chosen.push(best);
    left.delete(best);
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

class Balance {
  readonly #view: ServiceView;
  readonly #zones = new Map<string, number>();
  readonly #instances = new Map<string, number>();
  readonly #surplus = new Map<string, number>();
  readonly #binpack: 'cpu' | 'memory' | undefined;

  constructor(view: ServiceView, all: readonly Task[]) {
    this.#view = view;
    for (const task of all) this.#count(task, 1);
    const rule = view.service.placementStrategy[0];
    if (rule?.type === 'binpack') this.#binpack = rule.field?.toLowerCase() === 'cpu' ? 'cpu' : 'memory';
    const strategy = view.service.capacityProviderStrategy ?? [];
    for (const name of assignProviders(strategy, new Map(), view.service.desiredCount)) add(this.#surplus, name, -1);
  }

  /** Lexicographic; lower goes first. */
  score(task: Task): readonly number[] {
    const { draining } = this.#view;
    const instance = task.instanceKey ?? '';
    const free = this.#binpack === undefined ? 0 : this.#view.freeOn(instance)[this.#binpack];
    return [
      worthOf(this.#view, task),
      instance !== '' && draining(instance) ? 0 : 1,
      -(this.#surplus.get(task.capacityProviderName ?? '') ?? 0),
      -free,
      -(this.#zones.get(task.availabilityZone ?? '') ?? 0),
      -(this.#instances.get(instance) ?? 0),
    ];
  }

  remove(task: Task): void {
    this.#count(task, -1);
  }

  #count(task: Task, by: number): void {
    add(this.#zones, task.availabilityZone ?? '', by);
    add(this.#instances, task.instanceKey ?? '', by);
    add(this.#surplus, task.capacityProviderName ?? '', by);
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length; at += 1) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
