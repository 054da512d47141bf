/** Failures in a row that fail a deployment: half of the desired count, at least 3, at most 200 (ecs-semantics 5.7). */
export function breakerThreshold(desiredCount: number): number {
  return Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)));
}
