import type { Task } from '@gantry/domain';
import type { Task as WireTask, TaskField } from '@aws-sdk/client-ecs';
import type { Tables } from '../../../state/tables.ts';
import { describeTask, ISOLATION_ATTRIBUTE } from '../wire/task.ts';

/** A task with what its description takes from the instance it is on. */
export function describedTask(tables: Tables, task: Task, include?: readonly TaskField[]): WireTask {
  const instance = task.instanceKey === undefined ? undefined : tables.instances.get(task.instanceKey);
  const valueOf = (name: string): string | undefined =>
    instance?.attributes.find((attribute) => attribute.name === name)?.value;
  // A log router needs a socket of the host's: its task is in no sandbox.
  const definition = tables.taskDefinitions.get(task.taskDefinitionKey);
  const routes = definition?.containerDefinitions.some((one) => one.firelensConfiguration !== undefined) === true;
  const offered = valueOf(ISOLATION_ATTRIBUTE);
  const held = routes && (offered === 'runsc' || offered === 'kata') ? 'runc' : offered;
  const isolation = task.launchType === 'FARGATE' ? held : undefined;
  return describeTask(task, { cpuArchitecture: valueOf('ecs.cpu-architecture'), isolation }, include);
}
