import { clusterArn, type Instance, type OutboxMessage, type Task } from '@gantry/domain';
import { FILE_SYSTEMS_ATTRIBUTE, type AcsToAgent, type PayloadTask } from '@gantry/protocol';
import { effectiveSetting, rootArn } from '../../api/ecs/account-setting/settings.ts';
import { resolveFileSystem, type FileSystemWish } from '../../filesystems/resolve.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { subnetOf } from '../../vpc/subnets.ts';
import type { TaskRoles } from '../credentials/task-roles.ts';
import { renderStop, renderTask } from '../render/task.ts';

export type Payload =
  | { readonly frame: Extract<AcsToAgent, { type: 'PayloadMessage' }> }
  /** The task's document is gone: nothing can depend on this message any more. */
  | { readonly obsolete: true };

export interface PayloadOptions {
  readonly now: number;
  readonly platform: Pick<Platform, 'config' | 'folders'>;
  readonly roles: Pick<TaskRoles, 'ofPayload'>;
}

/**
 * The frame of an outbox message, rendered from the task as it is now: a RUNNING of a task that is to be stopped
 * meanwhile goes out as STOPPED, so nothing is started in order to be stopped.
 * @throws RoleRefused when its role cannot be had; Error when the task cannot be rendered. The text says why.
 */
export function payloadFor(
  tables: Tables,
  instance: Instance,
  instanceKey: string,
  message: OutboxMessage,
  options: PayloadOptions,
): Payload {
  const task = tables.tasks.get(message.taskKey);
  if (task === undefined) return { obsolete: true };
  const runs = message.desiredStatus === 'RUNNING' && wants(task, instanceKey);
  return {
    frame: {
      type: 'PayloadMessage',
      message: {
        messageId: message.messageId,
        clusterArn: clusterArn(instance.scope, instance.cluster),
        containerInstanceArn: instance.containerInstanceArn,
        seqNum: message.seq,
        generatedAt: options.now,
        // One task a message: the stock agent acks all or nothing (agent-protocol 3.2).
        tasks: [runs ? started(tables, instance, task, options) : renderStop(task)],
      },
    },
  };
}

function wants(task: Task, instanceKey: string): boolean {
  return task.instanceKey === instanceKey && task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED';
}

function started(tables: Tables, instance: Instance, task: Task, { platform, roles }: PayloadOptions): PayloadTask {
  const { config, folders } = platform;
  const subnetId = task.networkInterface?.subnetId;
  const subnet = subnetId === undefined ? undefined : subnetOf({ tables, config }, task.scope, subnetId);
  const definition = tables.taskDefinitions.get(task.taskDefinitionKey);
  if (definition === undefined) {
    throw new Error(`Task definition ${task.taskDefinitionArn} of task ${task.taskArn} is gone.`);
  }
  const { value } = effectiveSetting(tables, task.scope, rootArn(task.scope), 'defaultLogDriverMode');
  const logMode = value === 'blocking' ? 'blocking' : 'non-blocking';
  const places = { folders, exports: config.fileSystemExports ?? {} };
  // Other agents than ours mount by the name that AWS gives a file system.
  const fileSystemOf = instance.attributes.some(({ name }) => name === FILE_SYSTEMS_ATTRIBUTE)
    ? (wish: FileSystemWish) => resolveFileSystem(tables, task.scope, wish, places)
    : undefined;
  const subnets = subnet === undefined ? [] : [subnet];
  return { ...renderTask({ task, definition, subnets, logMode, fileSystemOf }), ...roles.ofPayload(task) };
}
