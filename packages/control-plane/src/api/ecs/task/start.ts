import type { AwsVpcConfiguration, Instance, Tag, Task, TaskDefinition, TaskOverride } from '@gantry/domain';
import type { Failure, StartTaskRequest, StartTaskResponse } from '@aws-sdk/client-ecs';
import { placeNow } from '../../../controllers/scheduler/apply.ts';
import { newTask } from '../../../controllers/task/create.ts';
import type { Tx } from '../../../state/state.ts';
import { activeCluster } from '../common/clusters.ts';
import { taskTags } from '../common/tags.ts';
import { isExternal, namedInstance } from '../container-instance/find.ts';
import { checkLaunchable } from '../task-definition/launchable.ts';
import { usableDefinition } from '../task-definition/reference.ts';
import { describedTask } from './describe.ts';
import { checkCompatible } from './launch.ts';
import { checkNetwork, networkView } from './network.ts';
import { checkOverrides } from './overrides.ts';
import type { RunContext } from './run.ts';
import { checkVolumeConfigurations } from './volume-configurations.ts';

interface Plan {
  readonly cluster: string;
  readonly definition: TaskDefinition;
  readonly overrides: TaskOverride;
  readonly awsvpcConfiguration: AwsVpcConfiguration | undefined;
}

/** StartTask in its transaction (ecs-semantics 4.2): one task on each of the given instances, no strategy. */
export function startTasks(
  tx: Tx,
  context: RunContext,
  input: StartTaskRequest,
  tags: readonly Tag[],
): StartTaskResponse {
  const { scope, platform } = context;
  const { clusterName } = activeCluster(tx.tables, scope, input.cluster);
  const definition = usableDefinition(tx.tables, scope, input.taskDefinition as string);
  checkCompatible(definition, 'EC2');
  const plan: Plan = {
    cluster: clusterName,
    definition,
    overrides: checkOverrides(definition, 'EC2', input.overrides),
    awsvpcConfiguration: checkNetwork(
      definition,
      'EC2',
      input.networkConfiguration,
      networkView(tx, platform.config, scope),
    ),
  };
  checkVolumeConfigurations(definition, 'EC2', input.volumeConfigurations);
  checkLaunchable(definition);
  const tasks: Task[] = [];
  const failures: Failure[] = [];
  for (const reference of input.containerInstances ?? []) {
    const { arn, key, instance } = namedInstance(tx.tables, scope, clusterName, reference);
    const unfit = reasonAgainst(instance);
    if (unfit !== undefined) {
      failures.push({ arn, reason: unfit });
      continue;
    }
    const launchType = launchTypeOn(instance);
    checkCompatible(definition, launchType);
    const task = taskOf(tx, context, plan, input, tags, launchType);
    const result = placeNow(tx, platform, task, { instanceKey: key });
    if ('refused' in result) {
      failures.push({ arn, reason: result.refused.reason, detail: result.refused.text });
      continue;
    }
    const { placed } = result;
    tasks.push(placed);
    tx.event({
      subject: placed.taskArn,
      type: 'task.created',
      because: 'start-task',
      text: `Task ${placed.id} of ${placed.family}:${placed.revision} was asked for on container instance ${placed.instanceId}.`,
      by: context.by,
    });
  }
  return { tasks: tasks.map((task) => describedTask(tx.tables, task, ['TAGS'])), failures };
}

/** Why an instance takes no task at all; what it has room for is placement's to say. */
function reasonAgainst(instance: Instance | undefined): string | undefined {
  if (instance === undefined) return 'MISSING';
  return instance.status === 'ACTIVE' ? undefined : 'INACTIVE';
}

/** The caller names machines, so the machine says what kind of task it is. */
function launchTypeOn(instance: Instance | undefined): 'EC2' | 'EXTERNAL' {
  return instance !== undefined && isExternal(instance) ? 'EXTERNAL' : 'EC2';
}

function taskOf(
  tx: Tx,
  { platform, scope }: RunContext,
  plan: Plan,
  input: StartTaskRequest,
  tags: readonly Tag[],
  launchType: 'EC2' | 'EXTERNAL',
): Task {
  const { cluster, definition, overrides, awsvpcConfiguration } = plan;
  return newTask({
    ids: platform.ids,
    seal: platform.seal,
    now: tx.now,
    scope,
    cluster,
    definition,
    overrides,
    launchType,
    awsvpcConfiguration,
    group: input.group || `family:${definition.family}`,
    startedBy: input.startedBy || undefined,
    tags: taskTags({
      explicit: tags,
      propagated: input.propagateTags === 'TASK_DEFINITION' ? definition.tags : [],
      managed: input.enableECSManagedTags === true,
      cluster,
    }),
    placementConstraints: [],
    placementStrategy: [],
    enableExecuteCommand: input.enableExecuteCommand === true,
    because: 'start-task',
  });
}
