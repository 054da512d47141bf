import { instanceKey } from '../../state/keys.ts';
import type { Instance, Scope } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { Failure } from '@aws-sdk/client-ecs';
import { finishStop } from '../../controllers/task/stop.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { activeCluster, keyOfCluster, readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { HUNDRED, pageOf, pagesOf } from './common/paging.ts';
import { agentUpdateRefusal } from './container-instance/agent-update.ts';
import { instanceFilter, namedInstance } from './container-instance/find.ts';
import { describeContainerInstance } from './wire/container-instance.ts';

const MAX_DESCRIBED = 100;
const MAX_UPDATED = 10;
const SETTABLE: readonly string[] = ['ACTIVE', 'DRAINING'];

type Operations =
  | 'DescribeContainerInstances'
  | 'ListContainerInstances'
  | 'DeregisterContainerInstance'
  | 'UpdateContainerInstancesState'
  | 'UpdateContainerAgent';

/** Container instances (ecs-semantics 6.6). Agents register them; see dispatch. */
export function containerInstanceHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  return {
    DescribeContainerInstances: async (input, { scope }) => {
      const references = checkList(input.containerInstances, MAX_DESCRIBED);
      const { clusterName } = readableCluster(state.tables, scope, input.cluster);
      const named = references.map((reference) => namedInstance(state.tables, scope, clusterName, reference));
      return {
        containerInstances: named.flatMap(({ instance }) =>
          instance === undefined ? [] : [described(state.tables, instance, input.include)],
        ),
        failures: named.flatMap(({ arn, instance }) => (instance === undefined ? [{ arn, reason: 'MISSING' }] : [])),
      };
    },

    ListContainerInstances: async (input, { scope }) => {
      const { clusterName } = readableCluster(state.tables, scope, input.cluster);
      const key = keyOfCluster(scope, clusterName);
      const matches = instanceFilter(state.tables, input.filter);
      const { items, nextToken } = pageOf(
        state.tables.instances.keysBy('cluster', key),
        `${key}/`,
        input,
        pagesOf('ListContainerInstances', HUNDRED),
        (instanceKey) => {
          const instance = state.tables.instances.get(instanceKey) as Instance;
          const wanted = input.status === undefined ? instance.status !== 'INACTIVE' : instance.status === input.status;
          return wanted && matches(instance) ? instance.containerInstanceArn : undefined;
        },
      );
      return { containerInstanceArns: wireList(items), nextToken };
    },

    DeregisterContainerInstance: async (input, { scope, caller }) =>
      state.transact((tx) => {
        const { clusterName } = activeCluster(tx.tables, scope, input.cluster);
        const reference = input.containerInstance as string;
        const { instance } = namedInstance(tx.tables, scope, clusterName, reference);
        if (instance === undefined) throw invalidParameter(`Container instance ${reference} was not found.`);
        if (instance.status === 'INACTIVE') return { containerInstance: described(tx.tables, instance) };
        const gone = deregister(tx, instance, input.force === true, caller.principalArn);
        return { containerInstance: described(tx.tables, gone) };
      }),

    UpdateContainerAgent: async (input, { scope }) => {
      const { clusterName } = activeCluster(state.tables, scope, input.cluster);
      throw agentUpdateRefusal(namedInstance(state.tables, scope, clusterName, input.containerInstance as string));
    },

    UpdateContainerInstancesState: async (input, { scope, caller }) => {
      const references = checkList(input.containerInstances, MAX_UPDATED);
      if (input.status === undefined || !SETTABLE.includes(input.status)) {
        throw invalidParameter('Container instance status should be one of [ACTIVE, DRAINING]');
      }
      const status = input.status as 'ACTIVE' | 'DRAINING';
      return state.transact((tx) => {
        const { clusterName } = activeCluster(tx.tables, scope, input.cluster);
        return updateAll(tx, scope, clusterName, references, status, caller.principalArn);
      });
    },
  };
}

function checkList(references: readonly string[] | undefined, max: number): readonly string[] {
  if (references === undefined || references.length === 0) {
    throw invalidParameter('Container Instances cannot be empty.');
  }
  if (references.length > max) throw invalidParameter(`At most ${max} container instances can be given per call.`);
  return references;
}

function described(
  tables: Tables,
  instance: Instance,
  include?: Parameters<typeof describeContainerInstance>[2],
): ReturnType<typeof describeContainerInstance> {
  return describeContainerInstance(instance, tables.tasks.by('instance', instanceKey(instance)), include);
}

/** Tasks of an instance taken away by force are given up at once: nobody will report about them any more. */
function deregister(tx: Tx, instance: Instance, force: boolean, by: string): Instance {
  const key = instanceKey(instance);
  const tasks = tx.tables.tasks.by('instance', key);
  if (tasks.length > 0 && !force) throw invalidParameter('Found running tasks on the instance.');
  for (const task of tasks) {
    finishStop(tx, task, {
      stopCode: 'UserInitiated',
      stoppedReason: 'Container instance deregistration forced by user',
      because: 'instance-deregistered',
      by,
    });
  }
  const before = tx.tables.instances.get(key) as Instance;
  const gone: Instance = { ...before, status: 'INACTIVE', agentConnected: false, version: before.version + 1 };
  tx.put(tx.tables.instances, key, gone);
  const stopped = tasks.length === 0 ? '' : ` Its ${tasks.length} tasks are given up.`;
  tx.event({
    subject: instance.containerInstanceArn,
    type: 'instance.deregistered',
    because: 'user-request',
    text: `Container instance ${instance.id} was deregistered.${stopped}`,
    by,
  });
  return gone;
}

function updateAll(
  tx: Tx,
  scope: Scope,
  cluster: string,
  references: readonly string[],
  status: 'ACTIVE' | 'DRAINING',
  by: string,
): Awaited<ReturnType<EcsHandlers['UpdateContainerInstancesState']>> {
  const updated: Instance[] = [];
  const failures: Failure[] = [];
  for (const reference of references) {
    const { arn, key, instance } = namedInstance(tx.tables, scope, cluster, reference);
    if (instance === undefined || instance.status === 'INACTIVE') {
      failures.push({ arn, reason: instance === undefined ? 'MISSING' : 'INACTIVE' });
      continue;
    }
    if (instance.status === status) {
      updated.push(instance);
      continue;
    }
    const changed: Instance = { ...instance, status, version: instance.version + 1 };
    tx.put(tx.tables.instances, key, changed);
    tx.event({
      subject: instance.containerInstanceArn,
      type: status === 'DRAINING' ? 'instance.draining' : 'instance.activated',
      because: 'user-request',
      text: `Container instance ${instance.id} was set ${status}.`,
      by,
    });
    updated.push(changed);
  }
  return { containerInstances: updated.map((instance) => described(tx.tables, instance)), failures };
}
