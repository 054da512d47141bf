import type { Scope } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { ListTasksRequest } from '@aws-sdk/client-ecs';
import type { SortedKeys } from '../../../state/sorted-keys.ts';
import type { Tables } from '../../../state/tables.ts';
import { keyOfCluster } from '../common/clusters.ts';
import { HUNDRED, pageOf, pagesOf, type Page } from '../common/paging.ts';
import { idIn, serviceNotFound } from '../common/references.ts';

/**
 * One page of task ARNs of a cluster (ecs-semantics 1.4). The narrowest filter picks the index, the others are
 * tested on what it holds: with at most one filter a page costs O(page).
 */
export function pageOfTasks(tables: Tables, scope: Scope, cluster: string, input: ListTasksRequest): Page<string> {
  refuseMixedFilters(input);
  const key = keyOfCluster(scope, cluster);
  const desired = input.desiredStatus ?? 'RUNNING';
  const serviceKey = serviceKeyOf(tables, scope, cluster, input.serviceName);
  const instanceKey =
    input.containerInstance === undefined
      ? undefined
      : `${key}/${idIn(scope, cluster, 'container-instance', input.containerInstance)}`;
  const keys = ((): SortedKeys => {
    const { tasks } = tables;
    if (instanceKey !== undefined) return tasks.keysBy('desiredOfInstance', `${instanceKey}/${desired}`);
    if (serviceKey !== undefined) return tasks.keysBy('desiredOfService', `${serviceKey}/${desired}`);
    if (input.startedBy !== undefined) return tasks.keysBy('desiredOfStarter', `${key}/${input.startedBy}/${desired}`);
    if (input.family !== undefined) return tasks.keysBy('desiredOfFamily', `${key}/${input.family}/${desired}`);
    if (input.launchType !== undefined) {
      return tasks.keysBy('desiredOfLaunchType', `${key}/${input.launchType}/${desired}`);
    }
    return tasks.keysBy('desired', `${key}/${desired}`);
  })();
  return pageOf(keys, `${key}/`, input, pagesOf('ListTasks', HUNDRED), (taskKey) => {
    const task = tables.tasks.get(taskKey);
    if (task === undefined) return undefined;
    if (serviceKey !== undefined && task.serviceKey !== serviceKey) return undefined;
    if (input.family !== undefined && task.family !== input.family) return undefined;
    if (input.launchType !== undefined && task.launchType !== input.launchType) return undefined;
    return task.taskArn;
  });
}

function refuseMixedFilters(input: ListTasksRequest): void {
  if (input.daemonName !== undefined) {
    throw invalidParameter("Daemons ('daemonName') are not supported by this version of Gantry.");
  }
  const { containerInstance, family, launchType, serviceName, startedBy } = input;
  if (startedBy === undefined) return;
  if ([containerInstance, family, launchType, serviceName].some((filter) => filter !== undefined)) {
    throw invalidParameter('startedBy must be the only filter. Remove the other filters, or startedBy.');
  }
}

/** Throws ServiceNotFoundException. */
function serviceKeyOf(
  tables: Tables,
  scope: Scope,
  cluster: string,
  reference: string | undefined,
): string | undefined {
  if (reference === undefined) return undefined;
  const key = `${keyOfCluster(scope, cluster)}/${idIn(scope, cluster, 'service', reference)}`;
  if (tables.services.get(key) === undefined) throw serviceNotFound();
  return key;
}
