import { isReady, primaryOf } from './health.ts';
import { mustStay, standingOf } from './rollout.ts';
import type { ServiceView } from './view.ts';

/**
 * Whether protected tasks are all that keeps the service's deployment from its end: then no more of them may be
 * protected (ecs-semantics 3.10). Pure.
 */
export function isBlockedByProtection(view: ServiceView): boolean {
  const primary = primaryOf(view);
  if (primary?.rolloutState !== 'IN_PROGRESS') return false;
  const standing = standingOf(view, primary);
  const { leaving, keep, desired, live, maximum } = standing;
  if (leaving.length === 0 || !leaving.every((task) => mustStay(view, standing, task))) return false;
  return keep.filter(isReady).length >= desired || live.length >= maximum;
}
