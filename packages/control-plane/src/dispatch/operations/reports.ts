import { arnOf, type Task, wantedOfAgent } from '@gantry/domain';
import { ServiceError, type EcsOperations } from '@gantry/protocol';
import { applyReport, type TaskReport } from '../../controllers/task/report.ts';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { clusterKey } from '../../state/tables.ts';
import { clusterNameOf, taskKeyOfArn } from '../keys.ts';
import { enqueue, forget } from '../outbox.ts';

type TaskChange = EcsOperations['SubmitTaskStateChange']['input'];
type ContainerChange = EcsOperations['SubmitContainerStateChange']['input'];
type AttachmentChanges = EcsOperations['SubmitAttachmentStateChanges']['input'];
interface Acknowledgment {
  readonly acknowledgment: string;
}

/** Agents ignore the text; that it came is what counts: the report is durable. */
const ACK: Acknowledgment = { acknowledgment: 'ACK' };

/** SubmitTaskStateChange. Doubled, late and unknown reports are acknowledged too, or agents would repeat them for a day. */
export async function submitTaskStateChange(
  platform: Platform,
  input: TaskChange,
  context: RequestContext,
): Promise<Acknowledgment> {
  const attached = (input.attachments ?? []).filter(({ status }) => status === 'ATTACHED');
  return report(platform, context, input, bounded(input), (task) =>
    attached.some(({ attachmentArn }) => attachmentArn === attachmentArnOf(task)) ? withAttachedInterface(task) : task,
  );
}

/** SubmitContainerStateChange: old agents' way to say what now rides along with the task's state. */
export async function submitContainerStateChange(
  platform: Platform,
  input: ContainerChange,
  context: RequestContext,
): Promise<Acknowledgment> {
  return report(platform, context, input, bounded({ containers: [input] }), (task) => task);
}

/** SubmitAttachmentStateChanges is about instance attachments (trunks, volumes); we attach none, so none is known. */
export function submitAttachmentStateChanges(
  platform: Platform,
  input: AttachmentChanges,
  context: RequestContext,
): Promise<Acknowledgment> {
  platform.log('info', 'An agent reported attachments that are not ours', {
    by: context.caller.principalArn,
    attachments: (input.attachments ?? []).slice(0, 10).map(({ attachmentArn }) => attachmentArn),
  });
  return Promise.resolve(ACK);
}

/** What the stock agent cuts off itself; from another one it would be in every copy of the task. */
const LONGEST = { reason: 1024, runtimeId: 255, imageDigest: 255 };
const MOST_BINDINGS = 1000;

function bounded(change: TaskReport): TaskReport {
  return {
    ...change,
    reason: change.reason?.slice(0, LONGEST.reason),
    containers: change.containers?.map((container) => ({
      ...container,
      runtimeId: container.runtimeId?.slice(0, LONGEST.runtimeId),
      imageDigest: container.imageDigest?.slice(0, LONGEST.imageDigest),
      networkBindings: container.networkBindings?.slice(0, MOST_BINDINGS),
    })),
  };
}

async function report(
  platform: Platform,
  context: RequestContext,
  subject: { readonly cluster?: string | undefined; readonly task?: string | undefined },
  change: TaskReport,
  prepare: (task: Task) => Task,
): Promise<Acknowledgment> {
  const key = taskKeyIn(subject, context);
  const known = await platform.state.transact((tx) => {
    const task = key === undefined ? undefined : tx.tables.tasks.get(key);
    if (key === undefined || task?.instanceKey === undefined) return false;
    refuseOthers(tx, task, context);
    store(tx, platform, key, task, change, prepare);
    return true;
  });
  if (!known) platform.log('warn', 'An agent reported a task that is not known', { task: subject.task });
  return ACK;
}

function store(
  tx: Tx,
  platform: Platform,
  key: string,
  task: Task,
  change: TaskReport,
  prepare: (task: Task) => Task,
): void {
  const prepared = prepare(task);
  const reported = applyReport(prepared, change, tx.now);
  let after = reported.task;
  // Its agent speaks: it is connected, unless its session says otherwise.
  if (reported.changed && after.connectivity === undefined) {
    after = { ...after, connectivity: 'CONNECTED', connectivityAt: tx.now };
  }
  if (after !== task) tx.put(tx.tables.tasks, key, { ...after, version: task.version + 1 });
  for (const event of reported.events) tx.event(event);
  if (change.status === 'STOPPED') {
    // Also a message that was never acked: the stock agent acks no task it finds invalid, it reports it STOPPED.
    forget(tx, key);
  } else if (change.status === 'RUNNING' && wantedOfAgent(after) === 'STOPPED' && task.instanceKey !== undefined) {
    enqueue(tx, platform.ids, task.instanceKey, key, 'STOPPED');
  }
}

/** Only the account of its instance may speak for a task; with Fargate's pool that is not the task's own account. */
function refuseOthers(tx: Tx, task: Task, context: RequestContext): void {
  const instance = task.instanceKey === undefined ? undefined : tx.tables.instances.get(task.instanceKey);
  const owner = instance?.scope.account ?? task.scope.account;
  if (owner !== context.caller.account) {
    throw new ServiceError(
      'AccessDeniedException',
      `${context.caller.principalArn} may not report the state of task ${task.taskArn}.`,
    );
  }
}

function taskKeyIn(
  subject: { readonly cluster?: string | undefined; readonly task?: string | undefined },
  context: RequestContext,
): string | undefined {
  const { task } = subject;
  if (task === undefined || task === '') return undefined;
  if (task.startsWith('arn:')) return taskKeyOfArn(task);
  const cluster = clusterNameOf(context.scope, subject.cluster);
  return cluster === undefined ? undefined : `${clusterKey({ scope: context.scope, cluster })}/${task}`;
}

function attachmentArnOf(task: Task): string | undefined {
  const own = task.networkInterface;
  return own === undefined ? undefined : arnOf(task.scope, 'ecs', `attachment/${own.attachmentId}`);
}

function withAttachedInterface(task: Task): Task {
  const own = task.networkInterface;
  if (own === undefined || (own.status !== 'PRECREATED' && own.status !== 'ATTACHING')) return task;
  return { ...task, networkInterface: { ...own, status: 'ATTACHED' } };
}
