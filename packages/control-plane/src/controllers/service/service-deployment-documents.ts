import {
  serviceDeploymentArn,
  serviceRevisionArn,
  type Deployment,
  type EpochMs,
  type Ids,
  type RevisionImage,
  type Service,
  type ServiceDeployment,
  type ServiceRevision,
} from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import { clusterKey, type Tables } from '../../state/tables.ts';
import { withPrimary } from './create.ts';
import { beginShift, shiftsTraffic } from './shift.ts';
import { DEPLOYMENT_REASONS } from './texts.ts';

/** The documents that remember what a service ran and how it came to that (ecs-semantics 5.9). */

type Owner = Pick<Service, 'scope' | 'cluster' | 'serviceName'>;

type Images = readonly {
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly versionConsistency?: unknown;
}[];

/** Key of the service a service deployment or revision belongs to; with a slash, the prefix of all of them. */
export function serviceKeyOf(owner: Owner): string {
  return `${clusterKey(owner)}/${owner.serviceName}`;
}

export function putServiceDeployment(tx: Tx, deployment: ServiceDeployment): void {
  tx.put(tx.tables.serviceDeployments, `${serviceKeyOf(deployment)}/${deployment.id}`, deployment);
}

export function putServiceRevision(tx: Tx, revision: ServiceRevision): void {
  tx.put(tx.tables.serviceRevisions, `${serviceKeyOf(revision)}/${revision.id}`, revision);
}

/** Those of a service that are not over. */
export function openDeployments(tables: Tables, serviceKey: string): readonly ServiceDeployment[] {
  return tables.serviceDeployments.by('open', serviceKey);
}

/** What a deployment of the service runs, PRIMARY unless told; undefined for services older than revisions. */
export function revisionOf(
  tables: Tables,
  service: Service,
  deployment = service.deployments.find(({ status }) => status === 'PRIMARY'),
): ServiceRevision | undefined {
  const arn = deployment?.serviceRevisionArn;
  return arn === undefined
    ? undefined
    : tables.serviceRevisions.get(`${serviceKeyOf(service)}/${arn.slice(arn.lastIndexOf('/') + 1)}`);
}

/** Takes a service's history away, with the service or before another one of its name. */
export function forgetDeployments(tx: Tx, serviceKey: string): void {
  const { serviceDeployments, serviceRevisions } = tx.tables;
  for (const deployment of Array.from(serviceDeployments.withPrefix(`${serviceKey}/`)))
    tx.delete(serviceDeployments, `${serviceKey}/${deployment.id}`);
  for (const revision of Array.from(serviceRevisions.withPrefix(`${serviceKey}/`)))
    tx.delete(serviceRevisions, `${serviceKey}/${revision.id}`);
}

/**
 * Makes `deployment` PRIMARY, the first one of a service or the next: writes its revision and the service deployment
 * that leads to it; what was under way is asked to stop.
 * @param service as it shall be, but for its deployments: they are those it has now.
 * @returns the service with it; storing that is the caller's.
 */
export function beginDeployment(tx: Tx, ids: Ids, service: Service, deployment: Deployment, images: Images): Service {
  const { now } = tx;
  const revision = newServiceRevision({ ids, now, service, deployment, images });
  const begun = newServiceDeployment({ ids, now, service, revision });
  supersede(tx, service, DEPLOYMENT_REASONS.superseded);
  putServiceRevision(tx, revision);
  putServiceDeployment(tx, begun);
  const { serviceRevisionArn: arn } = revision;
  return {
    ...service,
    currentServiceDeployment: begun.serviceDeploymentArn,
    deployments: withPrimary(service.deployments, { ...deployment, serviceRevisionArn: arn }, now),
  };
}

/** Asks what is under way to stop: something newer comes, or the service goes. The controller does the rest. */
export function supersede(tx: Tx, service: Service, statusReason: string): void {
  for (const open of openDeployments(tx.tables, serviceKeyOf(service))) {
    if (open.status !== 'PENDING' && open.status !== 'IN_PROGRESS') continue;
    putServiceDeployment(tx, { ...open, status: 'STOP_REQUESTED', statusReason, updatedAt: tx.now });
  }
}

/** The snapshot of what `deployment` runs. */
function newServiceRevision(given: {
  readonly ids: Ids;
  readonly now: EpochMs;
  readonly service: Service;
  readonly deployment: Deployment;
  readonly images: Images;
}): ServiceRevision {
  const { service, deployment } = given;
  const { scope, cluster, serviceName } = service;
  const id = given.ids.digits19();
  return {
    scope,
    cluster,
    serviceName,
    id,
    serviceRevisionArn: serviceRevisionArn(scope, cluster, serviceName, id),
    serviceArn: service.serviceArn,
    deploymentId: deployment.id,
    taskDefinitionArn: deployment.taskDefinitionArn,
    launchType: deployment.launchType,
    capacityProviderStrategy: deployment.capacityProviderStrategy,
    platformVersion: deployment.platformVersion,
    awsvpcConfiguration: deployment.awsvpcConfiguration,
    loadBalancers: service.loadBalancers,
    resolvedLoadBalancers: deployment.loadBalancers,
    containerImages: given.images.map(imageOf),
    createdAt: given.now,
  };
}

/** An image that names its digest is known from the start. */
function imageOf({ name: containerName = '', image = '', versionConsistency }: Images[number]): RevisionImage {
  const known: RevisionImage = { containerName, image, imageDigest: /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] };
  return versionConsistency === 'disabled' ? { ...known, byTag: true } : known;
}

/** A PENDING service deployment from what `service` runs so far to `revision`. */
function newServiceDeployment(given: {
  readonly ids: Ids;
  readonly now: EpochMs;
  readonly service: Service;
  readonly revision: ServiceRevision;
}): ServiceDeployment {
  const { service, revision, now } = given;
  const { scope, cluster, serviceName } = service;
  // The last 21 of 22 characters: 126 random bits, written as ECS writes them.
  const id = Buffer.from(given.ids.hex32(), 'hex').toString('base64url').slice(-21);
  const { deploymentConfiguration: configuration } = service;
  return {
    scope,
    cluster,
    serviceName,
    id,
    shift: shiftsTraffic(service) ? beginShift(id, configuration, now) : undefined,
    serviceDeploymentArn: serviceDeploymentArn(scope, cluster, serviceName, id),
    serviceArn: service.serviceArn,
    status: 'PENDING',
    sources: service.deployments.flatMap(({ id: deploymentId, serviceRevisionArn: arn }) =>
      arn === undefined ? [] : [{ serviceRevisionArn: arn, deploymentId }],
    ),
    target: { serviceRevisionArn: revision.serviceRevisionArn, deploymentId: revision.deploymentId },
    deploymentConfiguration: service.deploymentConfiguration,
    circuitBreaker: {
      status: service.deploymentConfiguration.deploymentCircuitBreaker.enable ? 'MONITORING' : 'DISABLED',
    },
    createdAt: now,
    updatedAt: now,
  };
}
