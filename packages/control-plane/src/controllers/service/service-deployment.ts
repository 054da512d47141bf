import {
  isDeploymentOver,
  type Deployment,
  type EpochMs,
  type RevisionCounts,
  type RevisionImage,
  type RevisionPart,
  type Service,
  type ServiceDeployment,
  type ServiceRevision,
  type TaskContainer,
} from '@gantry/domain';
import { rollbackReason } from './rollback-reason.ts';
import { breakerCount, breakerThreshold } from './threshold.ts';
import { DEPLOYMENT_REASONS } from './texts.ts';
import type { ServiceAction, ServiceView } from './view.ts';

/** What stands for an image as a registry has it, and nothing else: it is made part of a reference. */
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The service's current service deployment, unless that is over. */
export function currentDeployment(view: ServiceView, service: Service): ServiceDeployment | undefined {
  return view.serviceDeployments.find((one) => one.serviceDeploymentArn === service.currentServiceDeployment);
}

/** A service before and after a decision about it. */
export interface Decided {
  readonly view: ServiceView;
  readonly service: Service;
  /** Its deployments with their failures counted, also those that have left the service. */
  readonly judged: readonly Deployment[];
}

/**
 * What becomes of the service deployments that are not over (ecs-semantics 5.9). Applied to its own outcome it gives
 * nothing.
 */
export function followDeployments(decided: Decided): readonly ServiceAction[] {
  const { view, service } = decided;
  const current = service.status === 'ACTIVE' ? currentDeployment(view, service) : undefined;
  return view.serviceDeployments.flatMap((before): ServiceAction[] => {
    const moved = before === current ? followed(decided, before) : overtaken(decided, before);
    if (moved.status === before.status) return [];
    const after = { ...moved, updatedAt: view.now };
    return [{ kind: 'deployment', deployment: isDeploymentOver(after) ? concluded(decided, after) : after }];
  });
}

/** The current one follows PRIMARY: its own deployment, or the one that is rolled back to. */
function followed(decided: Decided, before: ServiceDeployment): ServiceDeployment {
  const { now } = decided.view;
  const primary = decided.service.deployments.find(({ status }) => status === 'PRIMARY');
  if (primary === undefined) return before;
  const current = { ...before, startedAt: before.startedAt ?? now };
  if (primary.id !== current.target.deploymentId) return rollingBack(decided, current, primary);
  switch (primary.rolloutState) {
    case 'COMPLETED':
      return { ...current, status: 'SUCCESSFUL', finishedAt: now };
    case 'FAILED':
      return { ...withTrigger(decided, current), statusReason: failureOf(current), ...stopped(now) };
    case 'IN_PROGRESS':
      return { ...current, status: 'IN_PROGRESS' };
  }
}

function stopped(now: EpochMs): Pick<ServiceDeployment, 'status' | 'finishedAt' | 'stoppedAt'> {
  return { status: 'STOPPED', finishedAt: now, stoppedAt: now };
}

/** Why it failed and nothing was rolled back: there was nothing to go back to, or nobody asked for it. */
function failureOf({ status }: ServiceDeployment): string {
  if (status === 'STOP_REQUESTED') return DEPLOYMENT_REASONS.userStop;
  return status === 'ROLLBACK_REQUESTED' ? DEPLOYMENT_REASONS.nothingToRollBackTo : DEPLOYMENT_REASONS.breakerStop;
}

function rollingBack(decided: Decided, current: ServiceDeployment, primary: Deployment): ServiceDeployment {
  const { now } = decided.view;
  const begun = current.rollback === undefined ? begunRollback(decided, current, primary) : current;
  if (primary.rolloutState === 'IN_PROGRESS') return begun;
  if (primary.rolloutState === 'COMPLETED') return { ...begun, status: 'ROLLBACK_SUCCESSFUL', finishedAt: now };
  return { ...begun, status: 'ROLLBACK_FAILED', statusReason: DEPLOYMENT_REASONS.rollbackFailed, finishedAt: now };
}

function begunRollback(decided: Decided, current: ServiceDeployment, primary: Deployment): ServiceDeployment {
  const { view } = decided;
  const byUser = current.status === 'ROLLBACK_REQUESTED' || current.status === 'STOP_REQUESTED';
  const own = byUser ? DEPLOYMENT_REASONS.userRollback : rollbackReason(view, current);
  const reason = own ?? DEPLOYMENT_REASONS.breakerRollback;
  const rollback = { reason, startedAt: view.now, serviceRevisionArn: primary.serviceRevisionArn };
  const shift =
    current.shift === undefined ? undefined : { ...current.shift, productionPercent: 0, testShifted: false };
  const triggered = own === undefined ? withTrigger(decided, current) : current;
  return { ...triggered, status: 'ROLLBACK_IN_PROGRESS', statusReason: reason, rollback, shift };
}

/** The breaker ended it, unless a user did. */
function withTrigger(decided: Decided, current: ServiceDeployment): ServiceDeployment {
  if (current.status !== 'PENDING' && current.status !== 'IN_PROGRESS') return current;
  return { ...current, circuitBreaker: { ...breakerNumbers(decided, current), status: 'TRIGGERED' } };
}

/** A newer one took its place, or the service is being deleted. */
function overtaken({ view, service }: Decided, before: ServiceDeployment): ServiceDeployment {
  if (before.status === 'ROLLBACK_IN_PROGRESS') {
    const statusReason = DEPLOYMENT_REASONS.rollbackSuperseded;
    return { ...before, status: 'ROLLBACK_FAILED', statusReason, finishedAt: view.now };
  }
  const deleted = service.status !== 'ACTIVE';
  const statusReason = deleted ? DEPLOYMENT_REASONS.serviceDeleted : DEPLOYMENT_REASONS.superseded;
  return { ...before, statusReason, ...stopped(view.now) };
}

/** The counts and the breaker as they are at the end: later they are other deployments' numbers. */
function concluded(decided: Decided, over: ServiceDeployment): ServiceDeployment {
  const keep = (part: RevisionPart): RevisionPart => ({ ...part, counts: countsOf(decided, part.deploymentId) });
  const { status } = over.circuitBreaker;
  const circuitBreaker =
    status === 'TRIGGERED'
      ? over.circuitBreaker
      : {
          ...breakerNumbers(decided, over),
          status: status === 'MONITORING' ? ('MONITORING_COMPLETE' as const) : status,
        };
  return { ...over, sources: over.sources.map(keep), target: keep(over.target), circuitBreaker };
}

function breakerNumbers(
  { service, judged }: Decided,
  { target }: ServiceDeployment,
): Pick<ServiceDeployment['circuitBreaker'], 'failureCount' | 'threshold'> {
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  const own = judged.find(({ id }) => id === target.deploymentId);
  return {
    failureCount: own === undefined ? 0 : breakerCount(breaker, own),
    threshold: breakerThreshold(service.desiredCount, breaker.thresholdConfiguration),
  };
}

const NOT_RUNNING_YET: readonly string[] = ['PROVISIONING', 'PENDING', 'ACTIVATING'];

function countsOf({ view, service }: Decided, deploymentId: string): RevisionCounts {
  const own = view.tasks.filter((task) => task.deploymentId === deploymentId && task.desiredStatus === 'RUNNING');
  return {
    requested: service.deployments.find(({ id }) => id === deploymentId)?.desiredCount ?? 0,
    running: own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pending: own.filter(({ lastStatus }) => NOT_RUNNING_YET.includes(lastStatus)).length,
  };
}

const isResolved = ({ imageDigest, byTag }: RevisionImage): boolean => imageDigest !== undefined || byTag === true;

/** The digests the first tasks of PRIMARY's revision told: what the later ones run (ecs-semantics 5.5). */
export function learnDigests({ revision, tasks }: ServiceView): readonly ServiceAction[] {
  if (revision === undefined || revision.containerImages.every(isResolved)) return [];
  const told = tasks.filter((task) => task.deploymentId === revision.deploymentId).flatMap((task) => task.containers);
  const containerImages = revision.containerImages.map((one) => {
    if (isResolved(one)) return one;
    const imageDigest = told.find(
      ({ name, imageDigest: digest = '' }) => name === one.containerName && DIGEST.test(digest),
    )?.imageDigest;
    return imageDigest === undefined ? one : { ...one, imageDigest };
  });
  const learned = containerImages.some((one, at) => one !== revision.containerImages[at]);
  return learned ? [{ kind: 'revision', revision: { ...revision, containerImages } }] : [];
}

/** Containers of a new task with the digests that its revision has learned; an image named by its digest needs none. */
export function pinImages(
  containers: readonly TaskContainer[],
  revision: ServiceRevision | undefined,
): readonly TaskContainer[] {
  const digests = new Map(
    (revision?.containerImages ?? []).flatMap(({ containerName, image, imageDigest, byTag }) =>
      imageDigest === undefined || byTag === true || image.includes('@') ? [] : [[containerName, imageDigest] as const],
    ),
  );
  if (digests.size === 0) return containers;
  return containers.map((container) => {
    const pinnedDigest = digests.get(container.name);
    return pinnedDigest === undefined ? container : { ...container, pinnedDigest };
  });
}
