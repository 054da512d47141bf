import type { BreakerThreshold, Deployment, DeploymentCircuitBreaker } from '@gantry/domain';

/** Half of the desired count, at least 3, at most 200. */
const DEFAULT: BreakerThreshold = { type: 'BOUNDED_PERCENT', value: 50 };

/** How many failures fail a deployment (ecs-semantics 5.7). */
export function breakerThreshold(desiredCount: number, { type, value }: BreakerThreshold = DEFAULT): number {
  if (type === 'COUNT') return value;
  const share = Math.ceil((desiredCount * value) / 100);
  return type === 'UNBOUNDED_PERCENT' ? Math.max(1, share) : Math.min(200, Math.max(3, share));
}

/** How many of a deployment's failures the breaker counts. */
export function breakerCount(
  { resetOnHealthyTask }: DeploymentCircuitBreaker,
  { failedTasks, failuresInAll }: Deployment,
): number {
  return resetOnHealthyTask === false ? (failuresInAll ?? failedTasks) : failedTasks;
}
