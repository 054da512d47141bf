import {
  epochMs,
  type Deployment,
  type Service,
  type ServiceDeployment,
  type Task,
  type TrafficShift,
} from '@gantry/domain';
import { isReady } from './health.ts';
import { nextMoment, standingOf, stopsOf, type Standing } from './rollout.ts';
import { currentDeployment } from './service-deployment.ts';
import { shiftMoments, stepShift, TRAFFIC_SETTLES_MS } from './shift.ts';
import { trafficOrders } from './traffic.ts';
import type { ServiceAction, ServiceView, StartAction } from './view.ts';

type Shifting = ServiceDeployment & { readonly shift: TrafficShift };

export interface Shift {
  readonly deployment: Shifting;
  readonly green: Deployment;
  readonly blue: Deployment;
}

/** The shift of traffic that is under way; after it, and when it goes back, the service is one that rolls. */
export function shiftUnderWay(view: ServiceView, service: Service): Shift | undefined {
  const deployment = currentDeployment(view, service);
  if (deployment?.shift === undefined || deployment.shift.stage === 'CLEAN_UP') return undefined;
  const green = service.deployments.find(({ status }) => status === 'PRIMARY');
  const blue = service.deployments.find(({ id }) => id === service.lastCompletedDeployment?.id);
  if (green === undefined || blue === undefined || green.rolloutState !== 'IN_PROGRESS') return undefined;
  if (green.id !== deployment.target.deploymentId || green.id === blue.id) return undefined;
  return { deployment: deployment as Shifting, green, blue };
}

export interface ShiftDecision {
  readonly deployment: ServiceDeployment;
  readonly actions: readonly ServiceAction[];
  readonly starts: readonly StartAction[];
  /** Moments at which time alone may change something. */
  readonly moments: readonly number[];
}

/**
 * Blue stays whole until it has no traffic left, green grows beside it, each replaces what fails of its own; what was there before
 * blue goes. The stages move as far as they can.
 */
export function decideShift(
  view: ServiceView,
  { deployment, green, blue }: Shift,
  startsOf: (view: ServiceView, standing: Standing) => readonly StartAction[],
  most: number,
): ShiftDecision {
  const { service, now } = view;
  const grows = deployment.shift.stage !== 'PRE_SCALE_UP' && deployment.shift.stage !== 'RECONCILE_SERVICE';
  const whole = part(view, green, service.desiredCount);
  const standings = [grows ? whole : part(view, green, 0), part(view, blue, service.desiredCount)];
  const starts = standings.flatMap((each) => startsOf(each.view, each.standing)).slice(0, most);
  const older = view.tasks.filter(({ deploymentId }) => deploymentId !== green.id && deploymentId !== blue.id);
  const settlesAt = epochMs(deployment.createdAt + TRAFFIC_SETTLES_MS);
  const stops = standings.flatMap((each) => stopsOf(each.view, each.standing, most));
  // A deployment that this one overtook may have had traffic until a moment ago.
  if (now >= settlesAt) stops.push(...partsOf(view, older).flatMap((each) => stopsOf(each.view, each.standing, most)));
  const shift = stepShift(deployment, {
    now,
    greenReady: isWhole(whole.standing) && older.every(({ lastStatus }) => lastStatus === 'STOPPED'),
    hasTestTraffic: (green.loadBalancers ?? []).some(
      (each) => each.advancedConfiguration?.testListenerRule !== undefined,
    ),
  });
  const actions: ServiceAction[] = stops.slice(0, most);
  if (
    shift.productionPercent !== deployment.shift.productionPercent ||
    shift.testShifted !== deployment.shift.testShifted
  )
    actions.push({ kind: 'traffic', orders: trafficOrders(green.loadBalancers ?? [], shift) });
  const stepped: ServiceDeployment = shift === deployment.shift ? deployment : { ...deployment, shift, updatedAt: now };
  const moments = [settlesAt, ...shiftMoments(stepped)];
  for (const each of standings)
    moments.push(nextMoment(each.view, each.standing) ?? 0, each.standing.primary.notBefore ?? 0);
  return { deployment: stepped, actions, starts, moments };
}

interface Part {
  readonly view: ServiceView;
  readonly standing: Standing;
}

/** One revision's tasks, as if they were all there is. */
function part(view: ServiceView, deployment: Deployment, desiredCount: number): Part {
  const own = view.tasks.filter(({ deploymentId }) => deploymentId === deployment.id);
  const alone: ServiceView = { ...view, service: { ...view.service, desiredCount }, tasks: own };
  return { view: alone, standing: standingOf(alone, deployment) };
}

function partsOf(view: ServiceView, tasks: readonly Task[]): readonly Part[] {
  const ids = new Set(tasks.map(({ deploymentId }) => deploymentId));
  return view.service.deployments.filter(({ id }) => ids.has(id)).map((deployment) => part(view, deployment, 0));
}

function isWhole(standing: Standing): boolean {
  return standing.keep.length === standing.desired && standing.keep.every(isReady) && standing.sick.length === 0;
}
