import type { EcsOperations } from '@gantry/protocol';
import type { TaskPlan } from '../supervisor/plan.ts';
import {
  isQuiet,
  reportedStatus,
  taskStatus,
  type ContainerModel,
  type Reported,
  type TaskModel,
} from '../supervisor/model.ts';

type Input = EcsOperations['SubmitTaskStateChange']['input'];

export interface Report {
  readonly input: Input;
  /** What has been said when this one is accepted. */
  readonly sent: { readonly task: Reported; readonly containers: Readonly<Record<string, Reported>> };
  /** False: a container of its own, with nothing new about the task; it may wait for company. */
  readonly urgent: boolean;
}

/**
 * What the control plane has not been told yet, as the next report; `undefined`: it knows all. A task that ran and
 * stopped before its RUNNING was accepted gives two reports, in order: the control plane learns that it ran. Pure.
 */
export function nextReport(plan: TaskPlan, model: TaskModel, cluster: string): Report | undefined {
  if (model.sent === 'STOPPED') return undefined;
  const status = taskStatus(model);
  if (model.everRunning && model.sent !== 'RUNNING') return report(plan, model, cluster, 'RUNNING', asItRan(model));
  if (status === 'STOPPED') return report(plan, model, cluster, 'STOPPED', model.containers);
  const news = model.containers.some((c) => reportedStatus(c) !== 'PENDING' && reportedStatus(c) !== c.sent);
  if (!news) return undefined;
  return { ...report(plan, model, cluster, status, model.containers), urgent: false };
}

/** The containers as they were when the task was RUNNING. */
function asItRan(model: TaskModel): readonly ContainerModel[] {
  if (!isQuiet(model)) return model.containers;
  return model.containers.map((c) =>
    c.startedAtMs === undefined ? c : { ...c, known: 'RUNNING', exitCode: undefined, reason: undefined },
  );
}

function report(
  plan: TaskPlan,
  model: TaskModel,
  cluster: string,
  status: Reported,
  containers: readonly ContainerModel[],
): Report {
  const date = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));
  const stopped = status === 'STOPPED';
  const known = containers.filter((c) => reportedStatus(c) !== 'PENDING' || c.imageDigest !== undefined);
  return {
    input: {
      cluster,
      task: model.arn,
      status,
      reason: stopped ? model.reason : undefined,
      pullStartedAt: date(model.pullStartedAtMs),
      pullStoppedAt: date(model.pullStoppedAtMs),
      executionStoppedAt: stopped ? date(model.executionStoppedAtMs) : undefined,
      containers: known.map(containerChange),
      attachments: attached(plan, model),
    },
    sent: {
      task: status,
      containers: Object.fromEntries(known.map((c) => [c.name, reportedStatus(c)])),
    },
    urgent: true,
  };
}

function attached(plan: TaskPlan, model: TaskModel): NonNullable<Input['attachments']> | undefined {
  if (plan.attachmentArn === undefined || model.resources.network !== 'ready') return undefined;
  return [{ attachmentArn: plan.attachmentArn, status: 'ATTACHED' }];
}

function containerChange(container: ContainerModel): NonNullable<Input['containers']>[number] {
  const status = reportedStatus(container);
  return {
    containerName: container.name,
    status,
    runtimeId: container.dockerId,
    imageDigest: container.imageDigest,
    exitCode: status === 'STOPPED' ? container.exitCode : undefined,
    reason: container.reason,
    networkBindings: (container.ports ?? []).map((port) => ({ ...port })),
  };
}
