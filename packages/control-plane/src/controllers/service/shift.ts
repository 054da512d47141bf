import {
  epochMs,
  type DeploymentConfiguration,
  type EpochMs,
  type HookRun,
  type LifecycleStage,
  type Service,
  type ServiceDeployment,
  type TrafficShift,
} from '@gantry/domain';

/** The stages of a deployment that shifts traffic (ecs-semantics 5.8). Pure. */

const MINUTE_MS = 60_000;
/** No stage lasts longer. */
export const STAGE_LIMIT_MS = 24 * 60 * MINUTE_MS;
/** What carries the traffic has heard of a change after so long: nothing is stopped before, and no stage goes on. */
export const TRAFFIC_SETTLES_MS = 2_000;

export interface ShiftFacts {
  readonly now: EpochMs;
  /** All tasks of green run and are healthy, and those of deployments before blue are gone. */
  readonly greenReady: boolean;
  /** The service has a rule for test traffic. */
  readonly hasTestTraffic: boolean;
}

/** Whether the next deployment of a service shifts traffic: it is configured to, and there is something to shift it from. */
export function shiftsTraffic(service: Pick<Service, 'deploymentConfiguration' | 'lastCompletedDeployment'>): boolean {
  const { strategy = 'ROLLING' } = service.deploymentConfiguration;
  return strategy !== 'ROLLING' && service.lastCompletedDeployment !== undefined;
}

/** At which a deployment begins. */
export function beginShift(id: string, configuration: DeploymentConfiguration, now: EpochMs): TrafficShift {
  const shift = { stage: 'PRE_SCALE_UP', since: now, productionPercent: 0, testShifted: false, hooks: [] } as const;
  return { ...shift, hooks: hooksAt(id, configuration, shift, now) };
}

/**
 * As far as it goes now. Applied to its own outcome it gives the same. CLEAN_UP is the end of it: blue is stopped as in any
 * deployment.
 */
export function stepShift(
  deployment: Pick<ServiceDeployment, 'id' | 'deploymentConfiguration'> & { readonly shift: TrafficShift },
  facts: ShiftFacts,
): TrafficShift {
  const { id, deploymentConfiguration: configuration } = deployment;
  let shift = deployment.shift;
  for (;;) {
    const next = nextOf(configuration, shift, facts);
    if (next === undefined) return shift;
    const entered: TrafficShift = { ...shift, ...next, since: facts.now, hooks: [] };
    shift = { ...entered, hooks: hooksAt(id, configuration, entered, facts.now) };
  }
}

type Step = Pick<TrafficShift, 'stage'> & Partial<Pick<TrafficShift, 'productionPercent' | 'testShifted'>>;

function nextOf(configuration: DeploymentConfiguration, shift: TrafficShift, facts: ShiftFacts): Step | undefined {
  const { stage, productionPercent } = shift;
  if (!shift.hooks.every(({ status }) => status === 'SUCCEEDED')) return undefined;
  const after = (waitMs: number): boolean => facts.now >= shift.since + waitMs;
  switch (stage) {
    case 'RECONCILE_SERVICE':
      return { stage: 'PRE_SCALE_UP' };
    case 'PRE_SCALE_UP':
      return { stage: 'SCALE_UP' };
    case 'SCALE_UP':
      return facts.greenReady ? { stage: 'POST_SCALE_UP' } : undefined;
    case 'POST_SCALE_UP':
      return { stage: 'TEST_TRAFFIC_SHIFT', testShifted: facts.hasTestTraffic };
    case 'TEST_TRAFFIC_SHIFT':
      return after(facts.hasTestTraffic ? TRAFFIC_SETTLES_MS : 0) ? { stage: 'POST_TEST_TRAFFIC_SHIFT' } : undefined;
    case 'POST_TEST_TRAFFIC_SHIFT':
      return { stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT' };
    case 'PRE_PRODUCTION_TRAFFIC_SHIFT':
      // No step goes to tasks that have failed since the last one.
      if (!facts.greenReady) return undefined;
      return { stage: 'PRODUCTION_TRAFFIC_SHIFT', productionPercent: nextPercent(configuration, productionPercent) };
    case 'PRODUCTION_TRAFFIC_SHIFT':
      if (!after(shiftLastsMs(configuration, productionPercent))) return undefined;
      return { stage: productionPercent < 100 ? 'PRE_PRODUCTION_TRAFFIC_SHIFT' : 'POST_PRODUCTION_TRAFFIC_SHIFT' };
    case 'POST_PRODUCTION_TRAFFIC_SHIFT':
      return { stage: 'BAKE_TIME' };
    case 'BAKE_TIME':
      return after(bakeMs(configuration)) && facts.greenReady ? { stage: 'CLEAN_UP' } : undefined;
    case 'CLEAN_UP':
      return undefined;
  }
}

function nextPercent(
  { strategy, linearConfiguration, canaryConfiguration }: DeploymentConfiguration,
  percent: number,
): number {
  if (strategy === 'CANARY') return percent === 0 ? (canaryConfiguration?.canaryPercent ?? 5) : 100;
  if (strategy !== 'LINEAR') return 100;
  // In tenths: 0.1 + 0.2 is not 0.3.
  return Math.min(100, Math.round((percent + (linearConfiguration?.stepPercent ?? 10)) * 10) / 10);
}

/** How long traffic stays where a step has brought it. */
function shiftLastsMs(
  { strategy, linearConfiguration, canaryConfiguration }: DeploymentConfiguration,
  percent: number,
): number {
  if (percent >= 100) return TRAFFIC_SETTLES_MS;
  const minutes =
    strategy === 'CANARY'
      ? (canaryConfiguration?.canaryBakeTimeInMinutes ?? 10)
      : (linearConfiguration?.stepBakeTimeInMinutes ?? 6);
  return Math.max(minutes * MINUTE_MS, TRAFFIC_SETTLES_MS);
}

const bakeMs = ({ bakeTimeInMinutes = 0 }: DeploymentConfiguration): number => bakeTimeInMinutes * MINUTE_MS;

/** When time alone may bring it forward, or end it. */
export function shiftMoments({ deploymentConfiguration: configuration, shift }: ServiceDeployment): readonly number[] {
  if (shift === undefined || shift.stage === 'CLEAN_UP') return [];
  const { since, stage, hooks, productionPercent } = shift;
  const moments = hooks.filter(isOpen).map(({ expiresAt }): number => expiresAt);
  moments.push(since + STAGE_LIMIT_MS);
  if (stage === 'TEST_TRAFFIC_SHIFT') moments.push(since + TRAFFIC_SETTLES_MS);
  if (stage === 'PRODUCTION_TRAFFIC_SHIFT') moments.push(since + shiftLastsMs(configuration, productionPercent));
  if (stage === 'BAKE_TIME') moments.push(since + bakeMs(configuration));
  return moments;
}

export const isOpen = ({ status }: HookRun): boolean => status === 'AWAITING_ACTION' || status === 'IN_PROGRESS';

/** Stages whose hooks nobody can pause (ecs-semantics 5.8). */
const MOVING: readonly LifecycleStage[] = ['TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'];

function hooksAt(
  id: string,
  { lifecycleHooks = [] }: DeploymentConfiguration,
  { stage, productionPercent }: Pick<TrafficShift, 'stage' | 'productionPercent'>,
  now: EpochMs,
): readonly HookRun[] {
  return lifecycleHooks.flatMap((hook, index): HookRun[] => {
    if (!hook.lifecycleStages.includes(stage)) return [];
    if (hook.targetType === 'PAUSE' && MOVING.includes(stage)) return [];
    const { timeoutInMinutes } = hook;
    const lastsMs = timeoutInMinutes === undefined ? STAGE_LIMIT_MS : timeoutInMinutes * MINUTE_MS;
    // Steps of one stage are told apart by how far the traffic is.
    const hookId = `${id}-${stage}-${productionPercent}-${index}`;
    const common = { hookId, index, expiresAt: epochMs(now + lastsMs) };
    return hook.targetType === 'PAUSE'
      ? [{ ...common, status: 'AWAITING_ACTION' }]
      : [{ ...common, status: 'IN_PROGRESS', callAt: now }];
  });
}

/** Hooks whose time is over: they end as their configuration says. */
export function expireHooks(
  { shift, deploymentConfiguration: { lifecycleHooks = [] } }: ServiceDeployment,
  now: EpochMs,
): TrafficShift | undefined {
  if (shift === undefined || !shift.hooks.some((hook) => isOpen(hook) && hook.expiresAt <= now)) return shift;
  const hooks = shift.hooks.map((hook): HookRun => {
    if (!isOpen(hook) || hook.expiresAt > now) return hook;
    const goesOn = lifecycleHooks[hook.index]?.timeoutAction === 'CONTINUE';
    return { ...hook, callAt: undefined, status: goesOn ? 'SUCCEEDED' : 'TIMED_OUT' };
  });
  return { ...shift, hooks };
}

/** Why it has to go back, if it has to: a hook says so, or a stage does not end. */
export function shiftFailure({ shift }: ServiceDeployment, now: EpochMs): string | undefined {
  if (shift === undefined || shift.stage === 'CLEAN_UP') return undefined;
  const bad = shift.hooks.find(({ status }) => status === 'FAILED' || status === 'TIMED_OUT');
  if (bad?.status === 'TIMED_OUT') return `The lifecycle hook ${bad.hookId} did not end in its time.`;
  if (bad !== undefined)
    return `The lifecycle hook ${bad.hookId} failed${bad.reason === undefined ? '.' : `: ${bad.reason}`}`;
  const { stage } = shift;
  const lasts = stage === 'BAKE_TIME' || stage === 'PRODUCTION_TRAFFIC_SHIFT';
  return !lasts && now >= shift.since + STAGE_LIMIT_MS
    ? `The lifecycle stage ${stage} did not end within 24 hours.`
    : undefined;
}
