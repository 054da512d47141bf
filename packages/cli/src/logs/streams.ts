import type { Task, TaskDefinition } from '../api/port.ts';
import { taskIdOf } from '../run/reach.ts';

/** One container's output in the Logs API. */
export interface LogStream {
  readonly group: string;
  readonly stream: string;
  readonly taskId: string;
  readonly container: string;
}

/**
 * Streams of the containers that log to awslogs. With a prefix the stream is `prefix/container/task-id`, without one it is the
 * engine's container id, known once the container was made.
 */
export function streamsOf(task: Task, definition: TaskDefinition | undefined): readonly LogStream[] {
  const taskId = taskIdOf(task);
  return (definition?.containerDefinitions ?? []).flatMap(({ name = '', logConfiguration }) => {
    const group = logConfiguration?.options?.['awslogs-group'];
    if (logConfiguration?.logDriver !== 'awslogs' || group === undefined) return [];
    const prefix = logConfiguration.options?.['awslogs-stream-prefix'];
    const runtimeId = task.containers?.find((c) => c.name === name)?.runtimeId;
    const stream = prefix === undefined ? runtimeId : `${prefix}/${name}/${taskId}`;
    return stream === undefined ? [] : [{ group, stream, taskId, container: name }];
  });
}

/**
 * What stands before a line when several streams are shown: as much as tells them apart.
 * One stream has none; several containers of one task their names; several tasks the task, and the container if tasks have several.
 */
export function prefixOf(stream: LogStream, all: readonly LogStream[]): string {
  if (all.length <= 1) return '';
  const tasks = new Set(all.map((s) => s.taskId));
  const containers = new Set(all.filter((s) => s.taskId === stream.taskId).map((s) => s.container));
  const short = stream.taskId.slice(0, 8);
  if (tasks.size === 1) return `${stream.container} | `;
  return containers.size > 1 ? `${short} ${stream.container} | ` : `${short} | `;
}
