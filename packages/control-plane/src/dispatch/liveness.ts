import { taskKey } from '../state/keys.ts';
import { type EpochMs, type Ids, type Instance, type Task, wantedOfAgent } from '@gantry/domain';
import type { Tx } from '../state/state.ts';
import { manifestTasks, type ManifestTask } from './acs/manifest.ts';
import { enqueue, takeSeq } from './outbox.ts';

export interface Hello {
  readonly versionInfo: Instance['versionInfo'];
  /** The first connection of this agent process: what it had acked may be gone with the process before it. */
  readonly freshProcess: boolean;
}

export interface Connected {
  /** Present when the agent understands manifests. */
  readonly timeline?: number;
  readonly tasks: readonly ManifestTask[];
}

/** What the connection's query string tells. Without `sendCredentials` an agent counts as fresh: the safe side. */
export function helloOf(params: URLSearchParams): Hello {
  const version = (name: string): string | undefined => params.get(name)?.slice(0, 128) || undefined;
  return {
    versionInfo: {
      agentVersion: version('agentVersion'),
      agentHash: version('agentHash'),
      dockerVersion: version('dockerVersion'),
    },
    freshProcess: params.get('sendCredentials') !== 'false',
  };
}

/**
 * The session of an instance is open: it is connected, so are its tasks, and a fresh agent process is told
 * everything again. Takes the manifest's number from the instance's counter.
 * @returns `undefined` when the instance is gone or INACTIVE meanwhile.
 */
export function connect(tx: Tx, ids: Ids, instanceKey: string, hello: Hello): Connected | undefined {
  const instance = tx.tables.instances.get(instanceKey);
  if (instance === undefined || instance.status === 'INACTIVE') return undefined;
  const versionInfo = { ...instance.versionInfo, ...withoutUndefined(hello.versionInfo) };
  const news = !instance.agentConnected || JSON.stringify(versionInfo) !== JSON.stringify(instance.versionInfo);
  tx.put(tx.tables.instances, instanceKey, {
    ...instance,
    agentConnected: true,
    agentConnectedAt: instance.agentConnected ? instance.agentConnectedAt : tx.now,
    disconnectedAt: undefined,
    versionInfo,
    version: instance.version + (news ? 1 : 0),
  });
  if (!instance.agentConnected) {
    tx.event({
      subject: instance.containerInstanceArn,
      type: 'instance.connected',
      because: 'agent-connected',
      text: `Its agent ${versionInfo.agentVersion ?? '(unknown version)'} is connected.`,
    });
  }
  const tasks = tx.tables.tasks.by('instance', instanceKey);
  setConnectivity(tx, tasks, 'CONNECTED', tx.now);
  if (hello.freshProcess) tellAgain(tx, ids, instanceKey, tasks);
  if (!instance.attributes.some(({ name }) => name === 'ecs.capability.full-sync')) return { tasks: [] };
  return { timeline: takeSeq(tx, instanceKey), tasks: manifestTasks(tasks) };
}

/** Nobody answers for the instance since `lostAt`. Its tasks stay as they are (ecs-semantics 3.11, 6.6). */
export function disconnect(tx: Tx, instanceKey: string, lostAt: EpochMs): void {
  const instance = tx.tables.instances.get(instanceKey);
  if (instance === undefined || !instance.agentConnected) return;
  tx.put(tx.tables.instances, instanceKey, {
    ...instance,
    agentConnected: false,
    disconnectedAt: lostAt,
    version: instance.version + 1,
  });
  setConnectivity(tx, tx.tables.tasks.by('instance', instanceKey), 'DISCONNECTED', lostAt);
  tx.event({
    subject: instance.containerInstanceArn,
    type: 'instance.disconnected',
    because: 'agent-session-closed',
    text: 'No task is placed on it until its agent is back; the tasks on it stay as they are.',
  });
}

function setConnectivity(
  tx: Tx,
  tasks: readonly Task[],
  connectivity: 'CONNECTED' | 'DISCONNECTED',
  connectivityAt: EpochMs,
): void {
  for (const task of tasks) {
    if (task.connectivity === connectivity) continue;
    tx.put(tx.tables.tasks, taskKey(task), { ...task, connectivity, connectivityAt, version: task.version + 1 });
  }
}

/** Redelivery is idempotent; what is in the outbox already stays one message (agent-protocol 3.2). */
function tellAgain(tx: Tx, ids: Ids, instanceKey: string, tasks: readonly Task[]): void {
  for (const task of tasks) {
    if (task.lastStatus === 'DEPROVISIONING') continue;
    enqueue(tx, ids, instanceKey, taskKey(task), wantedOfAgent(task));
  }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}
