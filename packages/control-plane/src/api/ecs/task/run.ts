import {
  type AwsVpcConfiguration,
  type Cluster,
  type Scope,
  type Tag,
  type Task,
  type TaskDefinition,
  type TaskOverride,
} from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { Failure, RunTaskRequest, RunTaskResponse } from '@aws-sdk/client-ecs';
import { placeNow } from '../../../controllers/scheduler/apply.ts';
import { assignProviders } from '../../../controllers/scheduler/capacity.ts';
import type { Refusal } from '../../../controllers/scheduler/place.ts';
import { newTask, taskKey } from '../../../controllers/task/create.ts';
import type { Platform } from '../../../platform.ts';
import type { Tx } from '../../../state/state.ts';
import { activeCluster, keyOfCluster } from '../common/clusters.ts';
import { taskTags } from '../common/tags.ts';
import { usableDefinition } from '../task-definition/reference.ts';
import { checkLaunchable } from '../task-definition/launchable.ts';
import { describedTask } from './describe.ts';
import { isOver, repeatedAnswer, runTaskFingerprint, tokenConflict, tokenKey } from './idempotency.ts';
import { checkCompatible, checkPlacement, checkPlatformVersion, chooseLaunch, type Launch } from './launch.ts';
import { checkNetwork, networkView } from './network.ts';
import { checkOverrides } from './overrides.ts';
import { checkVolumeConfigurations } from './volume-configurations.ts';

/** Standalone tasks of one cluster that may wait for capacity of a strategy at a time. */
const MAX_PROVISIONING = 500;

export interface RunContext {
  readonly platform: Platform;
  readonly scope: Scope;
  /** Principal ARN. */
  readonly by: string;
}

/** RunTask in its transaction (ecs-semantics 4.1). Members of the call alone are checked before. */
export function runTasks(tx: Tx, context: RunContext, input: RunTaskRequest, tags: readonly Tag[]): RunTaskResponse {
  const { scope } = context;
  const cluster = activeCluster(tx.tables, scope, input.cluster);
  const clusterKey = keyOfCluster(scope, cluster.clusterName);
  const { clientToken } = input;
  if (clientToken === undefined) return start(tx, context, cluster, input, tags).response;
  const key = tokenKey(clusterKey, clientToken);
  const fingerprint = runTaskFingerprint(input, cluster.clusterName);
  const record = tx.tables.idempotency.get(key);
  if (record !== undefined && !isOver(record, tx.tables, tx.now)) {
    if (record.fingerprint !== fingerprint) throw tokenConflict(record, scope, cluster.clusterName);
    return repeatedAnswer(record, tx.tables, tx.now, (task) => describedTask(tx.tables, task, ['TAGS']));
  }
  const { tasks, response } = start(tx, context, cluster, input, tags);
  tx.put(tx.tables.idempotency, key, {
    fingerprint,
    taskKeys: tasks.map(taskKey),
    failures: response.failures ?? [],
    createdAt: tx.now,
  });
  return response;
}

interface Plan {
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly launch: Launch;
  readonly overrides: TaskOverride;
  readonly awsvpcConfiguration: AwsVpcConfiguration | undefined;
  /** One entry per task: its capacity provider, or undefined with a launch type. */
  readonly providers: readonly (string | undefined)[];
}

function planOf(tx: Tx, context: RunContext, cluster: Cluster, input: RunTaskRequest): Plan {
  const { scope, platform } = context;
  const count = input.count ?? 1;
  const launch = chooseLaunch(cluster, input);
  const definition = usableDefinition(tx.tables, scope, input.taskDefinition as string);
  checkCompatible(definition, launch.infrastructure);
  checkPlatformVersion(input.platformVersion, launch.infrastructure);
  checkPlacement(launch.infrastructure, definition, input.placementConstraints ?? [], input.placementStrategy ?? []);
  const networks = networkView(tx, platform.config, scope);
  const awsvpcConfiguration = checkNetwork(definition, launch.infrastructure, input.networkConfiguration, networks);
  const overrides = checkOverrides(definition, launch.infrastructure, input.overrides);
  checkVolumeConfigurations(definition, launch.infrastructure, input.volumeConfigurations);
  checkLaunchable(definition);
  const providers = launch.strategy === undefined ? undefined : assignProviders(launch.strategy, new Map(), count);
  if (providers !== undefined && providers.length < count) {
    throw invalidParameter(
      `The capacity provider strategy places ${providers.length} of ${count} tasks: no capacity provider in it has a weight above 0.`,
    );
  }
  return {
    cluster,
    definition,
    launch,
    overrides,
    awsvpcConfiguration,
    providers: providers ?? Array.from<undefined>({ length: count }),
  };
}

function start(
  tx: Tx,
  context: RunContext,
  cluster: Cluster,
  input: RunTaskRequest,
  tags: readonly Tag[],
): { readonly tasks: readonly Task[]; readonly response: RunTaskResponse } {
  const plan = planOf(tx, context, cluster, input);
  const clusterKey = keyOfCluster(context.scope, cluster.clusterName);
  refuseWithoutRoom(tx, clusterKey, plan);
  const tasks: Task[] = [];
  const failures: Failure[] = [];
  for (const capacityProviderName of plan.providers) {
    const task = taskOf(tx, context, plan, input, tags, capacityProviderName);
    if (plan.launch.infrastructure === 'FARGATE') {
      tx.put(tx.tables.tasks, taskKey(task), task);
      created(tx, context, task);
      tasks.push(task);
      continue;
    }
    const result = placeNow(tx, context.platform, task);
    if ('refused' in result) {
      failures.push(failureOf(tx, context, plan, result.refused));
      continue;
    }
    created(tx, context, task);
    tasks.push(result.placed);
  }
  return { tasks, response: { tasks: tasks.map((task) => describedTask(tx.tables, task, ['TAGS'])), failures } };
}

/** The task is not made, so the refusal is remembered with its cluster. */
function failureOf(tx: Tx, { by }: RunContext, { cluster, definition }: Plan, refusal: Refusal): Failure {
  const { because, closestInstanceArn, reason, text } = refusal;
  tx.event({
    subject: cluster.clusterArn,
    type: 'task.refused',
    because,
    text: `A task of ${definition.family}:${definition.revision} was not started (${reason}). ${text}`,
    by,
  });
  return { arn: closestInstanceArn, reason, detail: text };
}

function refuseWithoutRoom(tx: Tx, clusterKey: string, { launch }: Plan): void {
  if (launch.launchType === 'EC2') {
    const { instances } = tx.tables;
    const count =
      instances.countBy('clusterStatus', `${clusterKey}/ACTIVE`) +
      instances.countBy('clusterStatus', `${clusterKey}/DRAINING`);
    if (count === 0) throw invalidParameter('No Container Instances were found in your cluster.');
  }
  if (launch.strategy === undefined) return;
  const waiting = tx.tables.tasks.countBy('clusterCount', `${clusterKey}/pending/FARGATE`);
  if (waiting < MAX_PROVISIONING) return;
  const pending = tx.tables.tasks.by('clusterCount', `${clusterKey}/pending/FARGATE`);
  const provisioning = pending.filter((task) => task.lastStatus === 'PROVISIONING').length;
  if (provisioning >= MAX_PROVISIONING) {
    throw clientException(
      `The cluster has ${provisioning} tasks in the PROVISIONING state; ${MAX_PROVISIONING} are allowed. Try again when some have started.`,
    );
  }
}

function taskOf(
  tx: Tx,
  { platform, scope }: RunContext,
  { cluster, definition, launch, overrides, awsvpcConfiguration }: Plan,
  input: RunTaskRequest,
  tags: readonly Tag[],
  capacityProviderName: string | undefined,
): Task {
  const task = newTask({
    ids: platform.ids,
    seal: platform.seal,
    now: tx.now,
    scope,
    cluster: cluster.clusterName,
    definition,
    overrides,
    launchType: launch.infrastructure,
    capacityProviderName,
    platformVersion: input.platformVersion,
    awsvpcConfiguration,
    group: input.group || `family:${definition.family}`,
    startedBy: input.startedBy || undefined,
    tags: taskTags({
      explicit: tags,
      propagated: input.propagateTags === 'TASK_DEFINITION' ? definition.tags : [],
      managed: input.enableECSManagedTags === true,
      cluster: cluster.clusterName,
    }),
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    enableExecuteCommand: input.enableExecuteCommand === true,
    because: 'run-task',
  });
  const sizeGiB = input.overrides?.ephemeralStorage?.sizeInGiB;
  return sizeGiB === undefined ? task : { ...task, ephemeralStorageGiB: sizeGiB };
}

function created(tx: Tx, { by }: RunContext, task: Task): void {
  tx.event({
    subject: task.taskArn,
    type: 'task.created',
    because: task.because,
    text: `Task ${task.id} of ${task.family}:${task.revision} was asked for with launch type ${task.launchType}.`,
    by,
  });
}
