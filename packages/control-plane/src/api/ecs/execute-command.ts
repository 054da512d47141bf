import { isLive, type Task, type TaskContainer } from '@gantry/domain';
import { EXEC_ATTRIBUTE, invalidParameter, ServiceError } from '@gantry/protocol';
import type { ExecChannels } from '../../dispatch/exec/sessions.ts';
import type { Platform } from '../../platform.ts';
import { activeCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import { namedTask } from './task/find.ts';

/** Who gives sessions. */
export type ExecGrants = Pick<ExecChannels, 'grant'>;

const NOT_ENABLED =
  'The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.';

/** ECS Exec: checks as ECS does, and a session whose token the client shows at `streamUrl`. */
export function executeCommandHandlers({ state }: Platform, exec: ExecGrants): Pick<EcsHandlers, 'ExecuteCommand'> {
  return {
    ExecuteCommand: async (input, { scope }) => {
      if (input.command === undefined || input.command === '') throw invalidParameter('command can not be blank.');
      if (input.interactive !== true)
        throw invalidParameter("Commands run in interactive mode only: 'interactive' must be true.");
      const { clusterName, clusterArn } = activeCluster(state.tables, scope, input.cluster);
      const { task } = namedTask(state.tables, scope, clusterName, input.task as string);
      if (task === undefined) throw invalidParameter('The referenced task was not found.');
      if (!isLive(task) || task.lastStatus !== 'RUNNING') {
        throw invalidParameter(`The execute command failed because the task is not RUNNING: it is ${task.lastStatus}.`);
      }
      const container = chosenContainer(task, input.container);
      const instance = state.tables.instances.get(task.instanceKey ?? '');
      const canServe = instance?.attributes.some(({ name }) => name === EXEC_ATTRIBUTE) === true;
      if (!task.enableExecuteCommand || !canServe) throw invalidParameter(NOT_ENABLED);
      if (!instance.agentConnected) {
        throw new ServiceError(
          'TargetNotConnectedException',
          'The execute command failed because the container agent of the task is not connected. Try again later.',
        );
      }
      return {
        clusterArn,
        taskArn: task.taskArn,
        containerArn: container.containerArn,
        containerName: container.name,
        interactive: true,
        session: exec.grant(task, container.name, input.command),
      };
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
