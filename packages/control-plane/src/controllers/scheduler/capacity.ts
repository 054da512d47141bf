import type { CapacityProviderStrategyItem, LaunchType } from '@gantry/domain';

/**
 * Which providers the next `count` tasks go to, in order (ecs-semantics 4.4): the base first, then whoever is furthest
 * behind its weight; ties in the order of the strategy.
 *
 * @param existing tasks each provider already has: of the whole service; empty for RunTask.
 * @returns provider names; shorter than `count` when weights and base leave no one to take more.
 */
export function assignProviders(
  strategy: readonly CapacityProviderStrategyItem[],
  existing: ReadonlyMap<string, number>,
  count: number,
): string[] {
  const items = strategy.map((item) => ({
    name: item.capacityProvider ?? '',
    base: item.base ?? 0,
    weight: item.weight ?? 0,
    has: existing.get(item.capacityProvider ?? '') ?? 0,
  }));
  const chosen: string[] = [];
  while (chosen.length < count) {
    const next =
      items.find((item) => item.has < item.base) ??
      items
        .filter((item) => item.weight > 0)
        .reduce<(typeof items)[number] | undefined>(
          (best, item) => (best === undefined || load(item) < load(best) ? item : best),
          undefined,
        );
    if (next === undefined) break;
    next.has += 1;
    chosen.push(next.name);
  }
  return chosen;
}

/** The infrastructure a provider stands for. */
export function launchTypeOf(capacityProvider: string): LaunchType {
  return capacityProvider === 'FARGATE' || capacityProvider === 'FARGATE_SPOT' ? 'FARGATE' : 'EC2';
}

function load(item: { readonly has: number; readonly base: number; readonly weight: number }): number {
  return (item.has - item.base + 1) / item.weight;
}
