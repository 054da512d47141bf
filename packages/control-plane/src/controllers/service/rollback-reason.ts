import type { ServiceDeployment } from '@gantry/domain';
import { shiftFailure } from './shift.ts';
import type { ServiceView } from './view.ts';

/** Why a shift goes back by itself: what a hook said, or that there is nothing left to shift with. */
export function rollbackReason({ now, trafficProblem }: ServiceView, current: ServiceDeployment): string | undefined {
  if (current.shift === undefined || current.shift.stage === 'CLEAN_UP') return undefined;
  return shiftFailure(current, now) ?? trafficProblem;
}
