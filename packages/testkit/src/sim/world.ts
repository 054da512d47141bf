import {
  FARGATE_POOL_CLUSTER,
  parseAccountId,
  parseRegion,
  type AccountId,
  type Region,
  type Service,
} from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import { ServiceError } from '@gantry/protocol';
import { assemble, type ControlPlane } from '@gantry/control-plane/assemble.ts';
import { MemoryLogStore } from '@gantry/control-plane/logs/memory.ts';
import type { Caller, PlatformConfig } from '@gantry/control-plane/platform.ts';
import { testSeal } from '@gantry/control-plane/seal/testing/test-seal.ts';
import { MemoryJournal } from '@gantry/control-plane/store/memory.ts';
import { FakeClock } from '../fake-clock.ts';
import { SettableClock } from '../settable-clock.ts';
import { Rng, SeededIds } from '../seeded.ts';
import { CALM, DEAF, STORM, type Weather } from './faults.ts';
import { SimHost } from './host.ts';
import { HeldJournal } from './journal.ts';
import { brokenByCommit, type Snapshot } from './invariants.ts';
import { hopelessServices, isBusy, onlyHopelessMove, Missed } from './quiet.ts';
import type { Plane } from './link.ts';

const ACCOUNT = parseAccountId('000000000000') as AccountId;
const REGION = parseRegion('us-east-1') as Region;
const CONFIG: PlatformConfig = {
  defaultScope: { account: ACCOUNT, region: REGION },
  endpoint: 'http://sim:4566',
  healthyAfterRunningMs: 5_000,
  /** Longer than any simulation: what was acknowledged must be there to the end. */
  stoppedTaskRetentionMs: 365 * 86_400_000,
  historyRetentionMs: 30 * 86_400_000,
  instanceGoneAfterMs: 600_000,
  subnets: [{ subnetId: 'subnet-0000000000000000a', availabilityZone: 'us-east-1a', cidr: '10.20.0.0/20' }],
};
const ADMINISTRATOR: Caller = {
  account: ACCOUNT,
  region: REGION,
  principalArn: `arn:aws:iam::${ACCOUNT}:root`,
  accessKeyId: 'SIM',
  principal: { kind: 'administrator' },
};

function planeOf(controlPlane: ControlPlane): Plane {
  return {
    call: (operation, input) =>
      controlPlane.handle(/Log/.test(operation) ? 'logs' : 'ecs', operation, input, ADMINISTRATOR),
    accept: (kind, params, socket) => controlPlane.dispatch.accept(kind, params, socket, ADMINISTRATOR),
  };
}

/** What an agent was not told it finds by itself every five minutes. */
const AGENTS_LOOK_WITHIN_MS = 6 * 60_000;

/** A settle that takes longer than this much fake time is a loop that never rests. */
const MOST_SETTLE_MS = 4 * 3_600_000;

/** Agents remove what is over after ten minutes, and then try for a while. */
const LONGEST_CLEAN_UP_MS = 15 * 60_000;

/** A control plane, a few machines with their agents, and users, in one process on one fake clock. The seed decides everything. */
export class World {
  /** Time itself; each machine has a clock of its own. */
  readonly clock = new FakeClock();
  /** Of the control plane's machine. */
  readonly planeClock = new SettableClock(this.clock);
  readonly ids: SeededIds;
  readonly subnetId = CONFIG.subnets[0]?.subnetId as string;
  readonly hosts: SimHost[] = [];
  readonly #rng: Rng;
  readonly #journal = new MemoryJournal();
  readonly #logs: MemoryLogStore;
  #controlPlane: ControlPlane | undefined;
  #held: HeldJournal | undefined;
  #plane: Plane | undefined;
  #weather: Weather = CALM;
  #commits = 0;
  readonly #missed = new Missed();
  readonly #hopeless = new Set<string>();
  readonly #acknowledged = { tasks: new Set<string>(), services: new Set<string>() };
  readonly brokenOnTheWay: string[] = [];
  readonly problems: string[] = [];

  private constructor(rng: Rng) {
    this.#rng = rng;
    this.ids = new SeededIds(rng.int(1, 2 ** 31));
    this.#logs = new MemoryLogStore();
  }

  static async start(rng: Rng): Promise<World> {
    const world = new World(rng);
    await world.#startControlPlane();
    for (const [name, pool] of [
      ['ec2-a', 'ec2'],
      ['ec2-b', 'ec2'],
      ['pool', 'fargate'],
    ] as const) {
      const host = new SimHost({
        name,
        pool,
        cluster: pool === 'ec2' ? 'default' : FARGATE_POOL_CLUSTER,
        clock: world.clock,
        ids: world.ids,
        rng,
        weather: () => world.#weather,
        plane: () => world.#plane,
        problem: (text) => world.problems.push(text),
      });
      world.hosts.push(host);
      await host.startAgent();
    }
    await world.settle();
    return world;
  }

  get tables(): Snapshot['tables'] {
    return this.#running.platform.state.tables;
  }

  get #running(): ControlPlane {
    if (this.#controlPlane === undefined) throw new Error('the control plane is down');
    return this.#controlPlane;
  }

  async #startControlPlane(): Promise<void> {
    const held = (this.#held = new HeldJournal(this.#journal, () => this.clock.sleep(this.#rng.int(0, 8))));
    const starting = assemble({
      journal: held,
      clock: this.planeClock,
      ids: this.ids,
      schedule: queueMicrotask,
      config: CONFIG,
      seal: testSeal(),
      logStore: this.#logs,
      log: (level, message, fields) => {
        if (level === 'error' && this.#held === held)
          this.problems.push(`control plane: ${message} ${JSON.stringify(fields ?? {})}`);
      },
    });
    const controlPlane = await this.clock.turnWhile(starting, 5);
    this.#controlPlane = controlPlane;
    this.#plane = planeOf(controlPlane);
    controlPlane.platform.state.onCommit((changes) => {
      this.#commits += 1;
      this.brokenOnTheWay.push(...brokenByCommit(changes, controlPlane.platform.state.tables));
    });
  }

  /** A user's call. What the service refuses is a fine answer, and gives undefined; anything unplanned ends the simulation. */
  async ask<O extends keyof EcsOperations>(
    operation: O,
    input: EcsOperations[O]['input'],
  ): Promise<EcsOperations[O]['output'] | undefined> {
    try {
      const pending = this.#running.handle('ecs', operation, input, ADMINISTRATOR);
      return (await this.clock.turnWhile(pending, 10)) as EcsOperations[O]['output'];
    } catch (error) {
      if (error instanceof ServiceError && error.status < 500) return undefined;
      throw new Error(`${operation} failed`, { cause: error });
    }
  }

  async createService(serviceName: string, more: object): Promise<void> {
    const answer = await this.ask('CreateService', { serviceName, ...more } as EcsOperations['CreateService']['input']);
    if (answer === undefined) return;
    this.#acknowledged.services.add(`${ACCOUNT}/${REGION}/default/${serviceName}`);
  }

  /** Nothing of this definition will ever start. */
  noteHopeless(taskDefinitionArn: string): void {
    this.#hopeless.add(taskDefinitionArn);
  }

  async runTasks(input: object): Promise<void> {
    const answer = await this.ask('RunTask', input as EcsOperations['RunTask']['input']);
    for (const task of answer?.tasks ?? []) this.#acknowledged.tasks.add(task.taskArn as string);
  }

  anyService(rng: Rng): string | undefined {
    const active = [...this.tables.services.values()].filter((s) => s.status === 'ACTIVE');
    return active.length === 0 ? undefined : rng.pick(active).serviceName;
  }

  launchTypeOf(service: string): Service['launchType'] {
    return [...this.tables.services.values()].find((s) => s.serviceName === service)?.launchType;
  }

  anyTask(rng: Rng): string | undefined {
    const live = [...this.tables.tasks.values()].filter((t) => t.lastStatus !== 'STOPPED');
    return live.length === 0 ? undefined : rng.pick(live).taskArn;
  }

  async restartControlPlane(): Promise<void> {
    const crashed = this.#running;
    this.#controlPlane = undefined;
    this.#plane = undefined;
    this.#held?.drop();
    this.#held = undefined;
    for (const host of this.hosts) host.cutConnections();
    await this.clock.turnWhile(crashed.stop().catch(() => undefined)); // its last commit fails: it is dead
    await this.clock.turn(this.#rng.int(0, 20_000));
    await this.#startControlPlane();
  }

  turnWeather(rng: Rng): void {
    this.#weather = rng.pick([STORM, STORM, STORM, DEAF, CALM]);
  }

  /** From now on agents are told badly of what their engines do. */
  turnDeaf(): void {
    this.#weather = DEAF;
  }

  get eventsTold(): number {
    return this.hosts.reduce((sum, { events }) => sum + events.told, 0);
  }

  /** Calms the weather, brings every instance back to ACTIVE duty only if `wake`, and turns the clock until two whole rescans changed nothing. */
  async settle(): Promise<void> {
    this.#weather = CALM;
    const deadline = this.clock.now() + MOST_SETTLE_MS;
    if (this.hosts.some(({ events }) => events.lost > 0)) await this.clock.turn(AGENTS_LOOK_WITHIN_MS);
    for (const { events } of this.hosts) events.lost = 0;
    for (let quiet = 0; quiet < 3;) {
      const before = this.#commits;
      await this.clock.turn(60_000);
      const rests =
        this.#commits === before || onlyHopelessMove(this.tables, hopelessServices(this.tables, this.#hopeless));
      quiet = rests && !this.#missed.isAnyone(this.tables, this.clock.now()) ? quiet + 1 : 0;
      if (this.clock.now() > deadline)
        throw new Error(`the world does not settle: ${this.#commits - before} commits in the last minute`);
    }
    // The laws are asked between two attempts.
    const hopeless = hopelessServices(this.tables, this.#hopeless);
    if (hopeless.size === 0) return;
    const rests = (): boolean => !isBusy(this.tables) && onlyHopelessMove(this.tables, hopeless);
    for (let turns = 0; turns < 600 && !rests(); turns += 1) await this.clock.turn(500);
  }

  /** What `gantry why` would tell of it, oldest first: for the one who reads a failure. */
  async history(subject: string): Promise<readonly string[]> {
    const events = await this.#journal.history(subject, 50);
    return events.toReversed().map((e) => `${new Date(e.at).toISOString()} ${e.type} ${e.because}: ${e.text}`);
  }

  async snapshot(): Promise<Snapshot> {
    return {
      tables: this.tables,
      hosts: await Promise.all(this.hosts.map((host) => host.view())),
      hopeless: hopelessServices(this.tables, this.#hopeless),
      acknowledged: this.#acknowledged,
    };
  }

  /** Everything is taken down; afterwards nothing may be left anywhere. */
  async takeDown(): Promise<void> {
    for (const instance of this.tables.instances.values()) {
      if (instance.status === 'DRAINING') {
        await this.ask('UpdateContainerInstancesState', {
          cluster: 'default',
          containerInstances: [instance.containerInstanceArn],
          status: 'ACTIVE',
        });
      }
    }
    const services = [...this.tables.services.values()].filter(({ status }) => status === 'ACTIVE');
    for (const { serviceName } of services) await this.ask('DeleteService', { service: serviceName, force: true });
    const tasks = [...this.tables.tasks.values()].filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
    for (const { taskArn } of tasks) await this.ask('StopTask', { task: taskArn });
    await this.settle();
    await this.clock.turn(LONGEST_CLEAN_UP_MS);
    const left = this.hosts.flatMap((host) => host.left());
    this.problems.push(...left.map((text) => `the world is taken down and something is left: ${text}`));
  }

  async stop(): Promise<void> {
    for (const host of this.hosts) await this.clock.turnWhile(host.crashAgent());
    if (this.#controlPlane !== undefined) await this.clock.turnWhile(this.#controlPlane.stop());
    this.#controlPlane = undefined;
  }
}
