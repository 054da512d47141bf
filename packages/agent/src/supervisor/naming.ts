import { createHash } from 'node:crypto';
import type { PayloadTask } from '@gantry/protocol';

/** Whose container it is: the id of one agent's checkpoint. After a restart it finds its own by this label, and only those. */
export const OWNER_LABEL = 'gantry.agent';
export const TASK_ARN_LABEL = 'com.amazonaws.ecs.task-arn';
export const CONTAINER_NAME_LABEL = 'com.amazonaws.ecs.container-name';

/**
 * `ecs-<family>-<revision>-<container>-<20 hex>`. The tail is a hash of task and container, not chance: a create whose
 * answer was lost meets its own name and is adopted.
 */
export function containerName(task: PayloadTask, container: string): string {
  return `ecs-${plain(task.family)}-${plain(task.version)}-${plain(container)}-${tail(task.arn, 'container', container)}`;
}

/** `ecs-<family>-<revision>-<volume>-<20 hex>`: volumes that live and die with the task. */
export function taskVolumeName(task: PayloadTask, volume: string): string {
  return `ecs-${plain(task.family)}-${plain(task.version)}-${plain(volume)}-${tail(task.arn, 'volume', volume)}`;
}

/** The last part of the task's ARN. */
export const taskIdOf = ({ arn }: Pick<PayloadTask, 'arn'>): string => arn.slice(arn.lastIndexOf('/') + 1);

/** Forced last: whatever the definition says, these tell what the container is. */
export function taskLabels(task: PayloadTask, owner: string): Readonly<Record<string, string>> {
  return {
    [TASK_ARN_LABEL]: task.arn,
    'com.amazonaws.ecs.task-definition-family': task.family ?? '',
    'com.amazonaws.ecs.task-definition-version': task.version ?? '',
    'com.amazonaws.ecs.cluster': task.taskClusterArn ?? '',
    [OWNER_LABEL]: owner,
  };
}

const plain = (text: string | undefined): string => (text ?? '').replace(/[^A-Za-z0-9-]/g, '');

function tail(arn: string, kind: string, name: string): string {
  return createHash('sha256').update(`${arn}\n${kind}\n${name}`).digest('hex').slice(0, 20);
}
