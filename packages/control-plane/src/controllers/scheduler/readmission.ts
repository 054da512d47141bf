import type { Instance } from '@gantry/domain';

/** Whether an instance now takes tasks it did not take before: it is new, back, ACTIVE again, or larger or different. */
export function isReadmission(before: Instance | undefined, after: Instance | undefined): boolean {
  if (after === undefined || after.status !== 'ACTIVE' || !after.agentConnected) return false;
  if (before === undefined || before.status !== 'ACTIVE' || !before.agentConnected) return true;
  return (
    before.registered !== after.registered || before.attributes !== after.attributes || before.maxEnis !== after.maxEnis
  );
}
