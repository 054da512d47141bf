import type { EpochMs, Service } from '@gantry/domain';

/** The same message is repeated only after so long (ecs-semantics 5.2). */
export const REPEAT_AFTER_MS = 6 * 3_600_000;

/**
 * The service once it has said what keeps it from a steady state; undefined when it said the same within six hours and
 * has nothing to say.
 */
export function complained(service: Service, text: string, now: EpochMs): Service | undefined {
  const last = service.lastPlacementFailure;
  if (last !== undefined && last.text === text && now - last.at < REPEAT_AFTER_MS) return undefined;
  return { ...service, lastPlacementFailure: { text, at: now } };
}
