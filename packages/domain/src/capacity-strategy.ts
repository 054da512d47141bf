import type { CapacityProviderStrategyItem } from './service.ts';

/**
 * Which capacity provider each of `count` new tasks goes to (ecs-semantics 4.4): the base first, then so that the
 * numbers beyond the base come closest to the ratio of the weights; ties in the order of the strategy. Pure.
 *
 * @param existing tasks each provider has already: of the whole service, or none for RunTask.
 * @returns one name per task, in the order of starting; fewer than `count` when only a base is left to be had.
 */
export function allocateByStrategy(
  items: readonly CapacityProviderStrategyItem[],
  count: number,
  existing: ReadonlyMap<string, number> = new Map(),
): readonly string[] {
  const shares = items.map(({ capacityProvider = '', base = 0, weight = 0 }) => ({
    name: capacityProvider,
    base,
    weight,
    has: existing.get(capacityProvider) ?? 0,
  }));
  const chosen: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const next =
      shares.find((share) => share.has < share.base) ?? leastServed(shares.filter((share) => share.weight > 0));
    if (next === undefined) break;
    next.has += 1;
    chosen.push(next.name);
  }
  return chosen;
}

interface Share {
  readonly name: string;
  readonly base: number;
  readonly weight: number;
  has: number;
}

/** The one that is least ahead of its weight after one more task. */
function leastServed(shares: readonly Share[]): Share | undefined {
  const ahead = (share: Share): number => (Math.max(0, share.has - share.base) + 1) / share.weight;
  let best: Share | undefined;
  for (const share of shares) if (best === undefined || ahead(share) < ahead(best)) best = share;
  return best;
}
