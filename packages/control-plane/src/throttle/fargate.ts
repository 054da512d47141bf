import type { EcsOperations } from '@gantry/protocol';

export interface FargateLaunches {
  readonly kind: 'FARGATE' | 'FARGATE_SPOT';
  readonly tasks: number;
}

/**
 * What a RunTask asks of Fargate, as far as the request itself tells (a cluster's default strategy is not looked up);
 * `undefined` when it asks nothing of it.
 */
export function fargateLaunches(input: unknown): FargateLaunches | undefined {
  const { launchType, capacityProviderStrategy, count } = input as EcsOperations['RunTask']['input'];
  const providers = (capacityProviderStrategy ?? []).map((item) => item.capacityProvider);
  const tasks = count ?? 1;
  if (providers.includes('FARGATE_SPOT') && !providers.includes('FARGATE')) return { kind: 'FARGATE_SPOT', tasks };
  return launchType === 'FARGATE' || providers.includes('FARGATE') ? { kind: 'FARGATE', tasks } : undefined;
}
