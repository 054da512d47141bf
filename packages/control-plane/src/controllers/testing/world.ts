import type { Clock, Ids, InstanceId, Task, TaskId } from '@gantry/domain';
import { MemoryFolders } from '../../filesystems/memory.ts';
import type { Platform, PlatformConfig } from '../../platform.ts';
import { testSeal } from '../../seal/testing/test-seal.ts';
import { State, type Tx } from '../../state/state.ts';
import { MemoryJournal } from '../../store/memory.ts';
import { taskKey } from '../task/create.ts';
import { aDefinition, anInstance, CLUSTER_KEY, SCOPE } from './builders.ts';

export const CONFIG: PlatformConfig = {
  defaultScope: SCOPE,
  endpoint: 'http://127.0.0.1:4566',
  healthyAfterRunningMs: 40_000,
  stoppedTaskRetentionMs: 3_600_000,
  historyRetentionMs: 30 * 86_400_000,
  instanceGoneAfterMs: 600_000,
  subnets: [
    { subnetId: 'subnet-a', availabilityZone: 'us-east-1a', cidr: '10.0.0.0/28' },
    { subnetId: 'subnet-b', availabilityZone: 'us-east-1b', cidr: '10.0.1.0/28' },
  ],
};

export interface World {
  readonly platform: Platform;
  readonly state: State;
  /** Runs a transaction and waits for its commit. */
  readonly run: <T>(work: (tx: Tx) => T) => Promise<T>;
}

/** The real state on a memory journal, with the default task definition stored. */
export async function aWorld(clock: Clock, ids: Ids, config: Partial<PlatformConfig> = {}): Promise<World> {
  const journal = new MemoryJournal();
  const state = await State.open({ journal, clock, schedule: queueMicrotask });
  const seal = testSeal();
  const platform: Platform = {
    state,
    journal,
    clock,
    ids,
    config: { ...CONFIG, ...config },
    seal,
    folders: new MemoryFolders(),
    log: () => {},
  };
  await state.transact((tx) => tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', aDefinition()));
  return { platform, state, run: (work) => state.transact(work) };
}

export function putTask(tx: Tx, task: Task): Task {
  tx.put(tx.tables.tasks, taskKey(task), task);
  return task;
}

/** Stores instance number `n`: its id is the number in 32 digits. @returns its key. */
export function putInstance(tx: Tx, n: number, more: Parameters<typeof anInstance>[0] = {}): string {
  const id = numbered(n) as string as InstanceId;
  const key = `${CLUSTER_KEY}/${id}`;
  tx.put(tx.tables.instances, key, anInstance({ id, ...more }));
  return key;
}

export function numbered(n: number): TaskId {
  return String(n).padStart(32, '0') as TaskId;
}
