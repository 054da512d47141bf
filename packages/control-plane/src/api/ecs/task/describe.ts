import type { Task } from '@gantry/domain';
import type { Task as WireTask, TaskField } from '@aws-sdk/client-ecs';
import type { Tables } from '../../../state/tables.ts';
import { describeTask, ISOLATION_ATTRIBUTE } from '../wire/task.ts';

/** A task with what its description takes from the instance it is on. */
export function describedTask(tables: Tables, task: Task, include?: readonly TaskField[]): WireTask {
  const instance = task.instanceKey === undefined ? undefined : tables.instances.get(task.instanceKey);
  const valueOf = (name: string): string | undefined =>
    instance?.attributes.find((attribute) => attribute.name === name)?.value;
  const isolation = task.launchType === 'FARGATE' ? isolationOf(tables, task, valueOf(ISOLATION_ATTRIBUTE)) : undefined;
  return describeTask(task, { cpuArchitecture: valueOf('ecs.cpu-architecture'), isolation }, include);
}

/** A log router needs a socket of the host's: its task is in no sandbox. */
function isolationOf(tables: Tables, { taskDefinitionKey }: Task, offered: string | undefined): string | undefined {
  if (offered !== 'runsc' && offered !== 'kata') return offered;
  const containers = tables.taskDefinitions.get(taskDefinitionKey)?.containerDefinitions ?? [];
  return containers.some((one) => one.firelensConfiguration !== undefined) ? 'runc' : offered;
}
