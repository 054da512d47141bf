import type { Ids, OutboxMessage } from '@gantry/domain';
import type { Tx } from '../state/state.ts';

/** `<instance key>/<seq, 12 digits>`: key order is sending order. */
export function outboxKey(instanceKey: string, seq: number): string {
  return `${instanceKey}/${String(seq).padStart(12, '0')}`;
}

/**
 * Puts "this task shall be RUNNING / STOPPED" into the instance's outbox, in the caller's transaction; the ACS
 * session sends it when the commit is durable and again until the agent acks it.
 *
 * A task has at most one message in the outbox: STOPPED replaces a RUNNING that was not acked (if the agent has
 * that one already, STOPPED comes after it; if not, it reports the unknown task as STOPPED), and the same wish
 * twice stays one message. STOPPED is never lowered to RUNNING.
 *
 * A STOPPED for an instance that is gone or INACTIVE is dropped: nobody is there to stop it.
 * @throws Error when a task shall run on an instance that is not there: the caller's bug.
 */
export function enqueue(
  tx: Tx,
  ids: Ids,
  instanceKey: string,
  taskKey: string,
  desiredStatus: OutboxMessage['desiredStatus'],
): void {
  const instance = tx.tables.instances.get(instanceKey);
  if (instance === undefined || instance.status === 'INACTIVE') {
    if (desiredStatus === 'STOPPED') return;
    throw new Error(`Task ${taskKey} cannot be sent to ${instanceKey}: there is no such active instance.`);
  }
  for (const message of tx.tables.outbox.by('task', taskKey)) {
    if (message.instanceKey !== instanceKey) continue;
    if (message.desiredStatus === desiredStatus || message.desiredStatus === 'STOPPED') return;
    tx.delete(tx.tables.outbox, outboxKey(message.instanceKey, message.seq));
  }
  const seq = instance.nextSeq;
  tx.put(tx.tables.outbox, outboxKey(instanceKey, seq), {
    instanceKey,
    seq,
    messageId: ids.uuid(),
    taskKey,
    desiredStatus,
    createdAt: tx.now,
  });
  tx.put(tx.tables.instances, instanceKey, { ...instance, nextSeq: seq + 1 });
}

/** Nothing about this task needs to reach an agent any more: it is reported STOPPED, or its instance is gone. */
export function forget(tx: Tx, taskKey: string): void {
  for (const message of tx.tables.outbox.by('task', taskKey)) {
    tx.delete(tx.tables.outbox, outboxKey(message.instanceKey, message.seq));
  }
}

/**
 * Takes the next number of the instance's one counter (payloads and manifests share it).
 * @param leap 1 for the next one, more to leave some out.
 */
export function takeSeq(tx: Tx, instanceKey: string, leap = 1): number {
  const instance = tx.tables.instances.get(instanceKey);
  if (instance === undefined) throw new Error(`There is no instance ${instanceKey}.`);
  const seq = instance.nextSeq + leap - 1;
  tx.put(tx.tables.instances, instanceKey, { ...instance, nextSeq: seq + 1 });
  return seq;
}
