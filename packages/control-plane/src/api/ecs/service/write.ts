import type { Scope, Service, Tag } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { CreateServiceRequest, DeleteServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs';
import {
  beginDeployment,
  forgetDeployments,
  supersede,
} from '../../../controllers/service/service-deployment-documents.ts';
import { shiftsTraffic } from '../../../controllers/service/shift.ts';
import { DEPLOYMENT_REASONS } from '../../../controllers/service/texts.ts';
import { balancersOf, directTraffic, trafficOrders } from '../../../controllers/service/traffic.ts';
import type { Platform } from '../../../platform.ts';
import type { Tx } from '../../../state/state.ts';
import type { Tables } from '../../../state/tables.ts';
import { activeCluster, keyOfCluster } from '../common/clusters.ts';
import { serviceNotFound } from '../common/references.ts';
import { findDefinition, usableDefinition } from '../task-definition/reference.ts';
import { networkView } from '../task/network.ts';
import { deploymentOn, newService, serviceFingerprint } from './create.ts';
import { keyOfService } from './describe.ts';
import { activeService, knownService } from './find.ts';
import { checkedLoadBalancers } from './load-balancers.ts';
import { resolveTerms, type Terms } from './resolve.ts';
import { decideUpdate } from './update.ts';

const MAX_SERVICES = 5000;

export interface ServiceContext {
  readonly platform: Platform;
  readonly scope: Scope;
  /** Principal ARN. */
  readonly by: string;
}

/** CreateService in its transaction (ecs-semantics 5.1). The same call again gives the service that is there. */
export function createService(
  tx: Tx,
  context: ServiceContext,
  input: CreateServiceRequest,
  tags: readonly Tag[],
): Service {
  const { scope, platform } = context;
  const cluster = activeCluster(tx.tables, scope, input.cluster);
  const clusterKey = keyOfCluster(scope, cluster.clusterName);
  const key = `${clusterKey}/${input.serviceName}`;
  const existing = tx.tables.services.get(key);
  if (existing?.status === 'ACTIVE') return sameService(existing, input, cluster.clusterName);
  if (existing?.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.');
  refuseTooMany(tx.tables, clusterKey);
  const wish = {
    definition: usableDefinition(tx.tables, scope, input.taskDefinition as string),
    launchType: input.launchType,
    capacityProviderStrategy: input.capacityProviderStrategy,
    platformVersion: input.platformVersion,
    networkConfiguration: input.networkConfiguration,
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
  };
  const terms = resolveTerms(cluster, wish, networkView(tx, platform.config, scope));
  const loadBalancers = checkedLoadBalancers(tx.tables, scope, terms.definition, input.loadBalancers);
  const given = { now: tx.now, scope, cluster, input, terms, tags, createdBy: context.by, loadBalancers };
  const created = newService(given);
  // The history of an older service of this name is not this one's.
  tx.delete(tx.tables.serviceEvents, key);
  forgetDeployments(tx, key);
  const service = withDeployment(tx, context, created, terms);
  const { family, revision } = terms.definition;
  const text = `Service ${service.serviceName} was created with ${service.desiredCount} tasks of ${family}:${revision}.`;
  put(tx, service, 'service.created', text, context.by);
  return service;
}

function sameService(existing: Service, input: CreateServiceRequest, cluster: string): Service {
  const sameToken = input.clientToken !== undefined && input.clientToken === existing.clientToken;
  if (sameToken && existing.createFingerprint === serviceFingerprint(input, cluster)) return existing;
  throw invalidParameter('Creation of service was not idempotent.');
}

function refuseTooMany(tables: Tables, clusterKey: string): void {
  const count = ['EC2', 'FARGATE'].reduce(
    (sum, kind) => sum + tables.services.countBy('clusterStatus', `${clusterKey}/ACTIVE/${kind}`),
    0,
  );
  if (count >= MAX_SERVICES) throw clientException(`The cluster has ${count} services; ${MAX_SERVICES} are allowed.`);
}

/** UpdateService in its transaction (ecs-semantics 5.4). */
export function updateService(tx: Tx, context: ServiceContext, input: UpdateServiceRequest): Service {
  const { scope, platform, by } = context;
  const { tables } = tx;
  const cluster = activeCluster(tables, scope, input.cluster);
  const service = activeService(tables, scope, cluster.clusterName, input.service as string);
  const current = findDefinition(tables, scope, service.taskDefinitionArn);
  if (current === undefined) throw clientException('TaskDefinition not found.');
  const asked = input.taskDefinition ? usableDefinition(tables, scope, input.taskDefinition) : undefined;
  const balancers = input.loadBalancers ?? service.loadBalancers?.map((each) => ({ ...each }));
  const loadBalancers = checkedLoadBalancers(tables, scope, asked ?? current, balancers);
  const view = { service, cluster, asked, current, loadBalancers, networks: networkView(tx, platform.config, scope) };
  const { service: updated, deploy, changes } = decideUpdate(view, input);
  if (changes.length === 0) return service;
  const next = deploy === undefined ? updated : withDeployment(tx, context, updated, deploy);
  put(tx, next, 'service.updated', `Service ${service.serviceName} was updated: ${changes.join(', ')}.`, by);
  return next;
}

function withDeployment(tx: Tx, { platform: { ids } }: ServiceContext, service: Service, terms: Terms): Service {
  const { desiredCount, loadBalancers: declared = [], lastCompletedDeployment } = service;
  const shifts = shiftsTraffic(service);
  const before = lastCompletedDeployment ?? service.deployments.find(({ status }) => status === 'PRIMARY');
  const loadBalancers = balancersOf(declared, before?.loadBalancers, shifts);
  const deployment = deploymentOn(terms, { ids, now: tx.now, desiredCount, loadBalancers });
  // Where there is nothing to shift from, all traffic goes where its tasks will be.
  const share = shifts ? 0 : 100;
  directTraffic(tx, trafficOrders(loadBalancers, { productionPercent: share, testShifted: !shifts }));
  return beginDeployment(tx, ids, service, deployment, terms.definition.containerDefinitions);
}

/** DeleteService in its transaction (ecs-semantics 5.2): DRAINING, until the controller saw its tasks stop. */
export function deleteService(tx: Tx, { scope, by }: ServiceContext, input: DeleteServiceRequest): Service {
  const cluster = activeCluster(tx.tables, scope, input.cluster);
  const service = knownService(tx.tables, scope, cluster.clusterName, input.service as string);
  if (service.status === 'INACTIVE') throw serviceNotFound();
  if (service.status === 'DRAINING') return service;
  const scaled = service.schedulingStrategy === 'REPLICA' && service.desiredCount > 0;
  if (input.force !== true && scaled) {
    throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
  }
  const deployments = service.deployments.map((deployment) => ({ ...deployment, desiredCount: 0 }));
  supersede(tx, service, DEPLOYMENT_REASONS.serviceDeleted);
  const draining: Service = { ...service, status: 'DRAINING', desiredCount: 0, deployments };
  put(tx, draining, 'service.deleted', `Service ${service.serviceName} was deleted; its tasks are stopped.`, by);
  return draining;
}

function put(tx: Tx, service: Service, type: string, text: string, by: string): void {
  tx.put(tx.tables.services, keyOfService(service), service);
  tx.event({ subject: service.serviceArn, type, because: 'user-request', text, by });
}
