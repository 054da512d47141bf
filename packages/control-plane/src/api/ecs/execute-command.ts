import { isLive, type Task, type TaskContainer } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { activeCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import { namedTask } from './task/find.ts';

const NOT_ENABLED =
  'The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.';

/**
 * ECS Exec. Tasks can not be run with it yet (`enableExecuteCommand` is refused), so that every well-formed request ends
 * in ECS's answer for a task that was run without.
 */
export function executeCommandHandlers({ state }: Platform): Pick<EcsHandlers, 'ExecuteCommand'> {
  return {
    ExecuteCommand: async (input, { scope }) => {
      if (input.command === undefined || input.command === '') throw invalidParameter('command can not be blank.');
      if (input.interactive !== true)
        throw invalidParameter("Commands run in interactive mode only: 'interactive' must be true.");
      const { clusterName } = activeCluster(state.tables, scope, input.cluster);
      const { task } = namedTask(state.tables, scope, clusterName, input.task as string);
      if (task === undefined) throw invalidParameter('The referenced task was not found.');
      if (!isLive(task) || task.lastStatus !== 'RUNNING') {
        throw invalidParameter(`The execute command failed because the task is not RUNNING: it is ${task.lastStatus}.`);
      }
      const container = chosenContainer(task, input.container);
      if (!task.enableExecuteCommand) throw invalidParameter(NOT_ENABLED);
      throw new ServiceError(
        'TargetNotConnectedException',
        `The execute command failed because the execute command agent of container '${container.name}' is not running. This version of Gantry has none yet: see docs/operations.md.`,
      );
    },
  };
}

/** The container asked for, or the only one. */
function chosenContainer({ containers }: Task, name: string | undefined): TaskContainer {
  const names = containers.map((one) => one.name).join(', ');
  if (name === undefined && containers.length > 1) {
    throw invalidParameter(`A task of several containers needs 'container' to say which. It has: ${names}.`);
  }
  const container = name === undefined ? containers[0] : containers.find((one) => one.name === name);
  if (container === undefined) throw invalidParameter(`The task has no container '${name ?? ''}'. It has: ${names}.`);
  if (container.lastStatus !== 'RUNNING') {
    throw invalidParameter(`The container '${container.name}' is not RUNNING: it is ${container.lastStatus}.`);
  }
  return container;
}
