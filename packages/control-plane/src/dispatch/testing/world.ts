import type { Instance, Task } from '@gantry/domain';
import type { ServiceError } from '@gantry/protocol';
import { FakeClock, SeededIds, turnOfPromises } from '@gantry/testkit';
import { MemoryFolders } from '../../filesystems/memory.ts';
import type { Caller, Platform, RequestContext } from '../../platform.ts';
import { openIdentity, type Identity } from '../../identity/index.ts';
import { testSeal } from '../../seal/testing/test-seal.ts';
import { State, type Tx } from '../../state/state.ts';
import { MemoryJournal } from '../../store/memory.ts';
import type { Journal, JournalBatch } from '../../store/port.ts';
import { TaskRoles } from '../credentials/task-roles.ts';
import { MemoryMetrics } from '../metrics.ts';
import { agentHandlers, type AgentHandlers } from '../operations/index.ts';
import { nextGenerations } from '../network-map/epoch.ts';
import { enqueue } from '../outbox.ts';
import type { Dispatch } from '../port.ts';
import { Sessions } from '../sessions.ts';
import { aCluster, aDefinition, aTask, SCOPE } from './documents.ts';

export const CALLER: Caller = {
  account: SCOPE.account,
  region: SCOPE.region,
  principalArn: `arn:aws:iam::${SCOPE.account}:user/agent`,
  accessKeyId: 'AKIAEXAMPLE',
  principal: { kind: 'agent' },
};
export const CONTEXT: RequestContext = { caller: CALLER, scope: SCOPE, requestId: 'request' };

/** A killed process writes no more, whatever its timers and sockets still do. */
class CutJournal implements Journal {
  readonly #real: MemoryJournal;
  dead = false;

  constructor(real: MemoryJournal) {
    this.#real = real;
  }
  load() {
    return this.#real.load();
  }
  append(batch: JournalBatch): void {
    if (this.dead) throw new Error('killed');
    this.#real.append(batch);
  }
  history(subject: string, limit: number) {
    return this.#real.history(subject, limit);
  }
  forgetHistoryBefore(...given: Parameters<Journal['forgetHistoryBefore']>) {
    return this.#real.forgetHistoryBefore(...given);
  }
  close() {
    return Promise.resolve();
  }
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
}

/** A control plane of which only dispatch is real, on a journal that outlives it and a clock the test turns. */
export class DispatchWorld {
  readonly clock = new FakeClock();
  readonly ids: SeededIds;
  readonly journal = new MemoryJournal();
  readonly logged: LogLine[] = [];
  readonly metrics = new MemoryMetrics();
  readonly folders = new MemoryFolders();
  platform!: Platform;
  identity!: Identity;
  dispatch!: Dispatch;
  handlers!: AgentHandlers;
  #cut!: CutJournal;

  private constructor(seed: number) {
    this.ids = new SeededIds(seed);
  }

  static async start(seed = 1): Promise<DispatchWorld> {
    const world = new DispatchWorld(seed);
    await world.boot();
    await world.transact((tx) => {
      tx.put(tx.tables.clusters, `${SCOPE.account}/${SCOPE.region}/default`, aCluster());
      tx.put(tx.tables.taskDefinitions, `${SCOPE.account}/${SCOPE.region}/web:7`, aDefinition());
    });
    return world;
  }

  async boot(): Promise<void> {
    this.#cut = new CutJournal(this.journal);
    const state = await State.open({ journal: this.#cut, clock: this.clock, schedule: (run) => queueMicrotask(run) });
    this.platform = {
      state,
      journal: this.#cut,
      clock: this.clock,
      ids: this.ids,
      config: {
        defaultScope: SCOPE,
        endpoint: 'http://127.0.0.1:4566',
        healthyAfterRunningMs: 40_000,
        stoppedTaskRetentionMs: 3_600_000,
        historyRetentionMs: 2_592_000_000,
        instanceGoneAfterMs: 300_000,
        subnets: [{ subnetId: 'subnet-1', availabilityZone: 'us-east-1a', cidr: '10.0.0.0/24' }],
      },
      seal: testSeal(),
      folders: this.folders,
      log: (level, message) => this.logged.push({ level, message }),
    };
    this.identity = openIdentity(this.platform);
    const roles = new TaskRoles(this.platform, this.identity.sessions);
    this.dispatch = new Sessions(this.platform, this.metrics, roles, await nextGenerations(state));
    this.handlers = agentHandlers(this.platform);
  }

  /** `kill -9`: the caller cuts the sockets. */
  kill(): void {
    this.#cut.dead = true;
  }

  transact<T>(work: (tx: Tx) => T): Promise<T> {
    return this.platform.state.transact(work);
  }

  /** Lets everything that can happen now happen. */
  settle(): Promise<void> {
    return turnOfPromises();
  }

  async register(
    attributes: readonly { name: string; value?: string }[] = [{ name: 'ecs.capability.full-sync' }],
    over: Partial<Parameters<AgentHandlers['RegisterContainerInstance']>[0]> = {},
    context: RequestContext = CONTEXT,
  ): Promise<string> {
    const { containerInstance } = await this.handlers.RegisterContainerInstance(
      {
        cluster: 'default',
        totalResources: [
          { name: 'CPU', type: 'INTEGER', integerValue: 2048 },
          { name: 'MEMORY', type: 'INTEGER', integerValue: 4096 },
          { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375'] },
        ],
        attributes: [...attributes],
        ...over,
      },
      context,
    );
    return containerInstance?.containerInstanceArn ?? '';
  }

  instance(arn: string): Instance {
    const [found] = this.platform.state.tables.instances.by('arn', arn);
    if (found === undefined) throw new Error(`no instance ${arn}`);
    return found;
  }

  instanceKey(arn: string): string {
    return `${SCOPE.account}/${SCOPE.region}/${this.instance(arn).cluster}/${this.instance(arn).id}`;
  }

  task(number: number): Task | undefined {
    return this.platform.state.tables.tasks.get(taskKey(number));
  }

  /** A task on the instance, PENDING, with its message in the outbox. */
  async place(number: number, arn: string, over: Partial<Task> = {}): Promise<Task> {
    const instanceKey = this.instanceKey(arn);
    const task = aTask(number, { instanceKey, instanceId: this.instance(arn).id, ...over });
    await this.transact((tx) => {
      tx.put(tx.tables.tasks, taskKey(number), task);
      enqueue(tx, this.ids, instanceKey, taskKey(number), 'RUNNING');
    });
    return task;
  }

  async requestStop(number: number): Promise<void> {
    await this.transact((tx) => {
      const task = tx.tables.tasks.get(taskKey(number)) as Task;
      if (task.desiredStatus === 'STOPPED') return;
      tx.put(tx.tables.tasks, taskKey(number), { ...task, desiredStatus: 'STOPPED', stopCode: 'UserInitiated' });
      enqueue(tx, this.ids, task.instanceKey as string, taskKey(number), 'STOPPED');
    });
  }

  outbox(arn: string) {
    return this.platform.state.tables.outbox.by('instance', this.instanceKey(arn));
  }
}

export function taskKey(number: number): string {
  return `${SCOPE.account}/${SCOPE.region}/default/${number.toString(16).padStart(32, '0')}`;
}

export function codeOf(error: unknown): string {
  return (error as ServiceError).code;
}
