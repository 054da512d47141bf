import type { Frame, TaskHealth, TaskMetric, TcsFromAgent } from '@gantry/protocol';
import type { ContainerModel } from '../supervisor/model.ts';
import type { TaskView } from '../supervisor/perform.ts';

export interface TelemetryIdentity {
  readonly cluster: string;
  readonly containerInstanceArn: string;
}

type Metrics = Extract<TcsFromAgent, { type: 'PublishMetricsRequest' }>;
type Health = Extract<TcsFromAgent, { type: 'PublishHealthRequest' }>;

const MOST_TASKS = 10;

/** An idle instance says so with one frame and no tasks; else ten tasks a frame, the last one marked. Pure. */
export function metricFrames(
  identity: TelemetryIdentity,
  tasks: readonly TaskMetric[],
  messageId: string,
  nowMs: number,
): readonly Metrics[] {
  return chunks(tasks).map((part, index, all) => ({
    type: 'PublishMetricsRequest',
    message: {
      metadata: { ...metadata(identity, messageId), idle: tasks.length === 0, fin: index === all.length - 1 },
      timestamp: nowMs / 1000,
      taskMetrics: part,
    },
  }));
}

export function healthFrames(
  identity: TelemetryIdentity,
  tasks: readonly TaskHealth[],
  messageId: string,
  nowMs: number,
): readonly Health[] {
  if (tasks.length === 0) return [];
  return chunks(tasks).map((part, index, all) => ({
    type: 'PublishHealthRequest',
    message: {
      metadata: { ...metadata(identity, messageId), fin: index === all.length - 1 },
      timestamp: nowMs / 1000,
      tasks: part,
    },
  }));
}

/** Only containers with a health check; `undefined` when the task has none that runs. */
export function taskHealth(task: TaskView, only?: string): TaskHealth | undefined {
  const containers = task.plan.containers.flatMap(({ name, hasHealthCheck }) => {
    const model = task.model.containers.find((container) => container.name === name);
    if (!hasHealthCheck || (only !== undefined && only !== name) || model?.startedAtMs === undefined) return [];
    const statusSince = (model.healthSinceMs ?? model.startedAtMs) / 1000;
    return [{ containerName: name, healthStatus: verdict(model), statusSince }];
  });
  return containers.length === 0 ? undefined : { ...definitionOf(task), containers };
}

export function definitionOf({ plan, payload }: TaskView): {
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
} {
  return {
    taskArn: plan.arn,
    taskDefinitionFamily: payload.family ?? '',
    taskDefinitionVersion: payload.version ?? '',
  };
}

export function frameText(frame: Frame): string {
  return JSON.stringify(frame);
}

function verdict(container: ContainerModel): 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' {
  if (container.known === 'STOPPED') return 'UNHEALTHY';
  if (container.health === 'healthy') return 'HEALTHY';
  return container.health === 'unhealthy' ? 'UNHEALTHY' : 'UNKNOWN';
}

function metadata(identity: TelemetryIdentity, messageId: string) {
  return { cluster: identity.cluster, containerInstance: identity.containerInstanceArn, messageId };
}

function chunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.max(1, Math.ceil(items.length / MOST_TASKS));
  return Array.from({ length: count }, (_, i) => items.slice(i * MOST_TASKS, (i + 1) * MOST_TASKS));
}
