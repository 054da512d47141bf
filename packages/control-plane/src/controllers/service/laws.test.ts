import { FakeClock, turnOfPromises } from '@gantry/testkit/fake-clock.ts';
import { Rng, SeededIds } from '@gantry/testkit/seeded.ts';
import {
  epochMs,
  isLive,
  isProtected,
  type Service,
  type ServiceDeployment,
  type ServiceDeploymentStatus,
  type Task,
} from '@gantry/domain';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Change, Tx } from '../../state/state.ts';
import { startControllers, type Controllers } from '../index.ts';
import { taskKey } from '../task/create.ts';
import { applyHealth, applyReport, type TaskReport } from '../task/report.ts';
import { aDefinition, aService, CLUSTER_KEY } from '../testing/builders.ts';
import { aWorld, putInstance, putTask, type World } from '../testing/world.ts';
import { newDeployment } from './create.ts';
import { decideService } from './decide.ts';
import { beginDeployment, openDeployments, putServiceDeployment, revisionOf } from './service-deployment-documents.ts';

const KEY = `${CLUSTER_KEY}/web`;
const HEALTHY_AFTER_MS = 40_000;

/** Where a service deployment may be seen next (ecs-semantics 5.9); a commit may hold several of its steps. */
const ENDS = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'] as const;
const ROLLBACKS = ['ROLLBACK_IN_PROGRESS', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'] as const;
const MOVES: Readonly<Record<ServiceDeploymentStatus, readonly ServiceDeploymentStatus[]>> = {
  PENDING: ['IN_PROGRESS', 'STOP_REQUESTED', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', ...ENDS],
  IN_PROGRESS: ['STOP_REQUESTED', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', ...ENDS],
  STOP_REQUESTED: ['STOPPED'],
  ROLLBACK_REQUESTED: ['SUCCESSFUL', 'STOPPED', ...ROLLBACKS],
  ROLLBACK_IN_PROGRESS: ['ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'],
  SUCCESSFUL: [],
  STOPPED: [],
  ROLLBACK_SUCCESSFUL: [],
  ROLLBACK_FAILED: [],
};

/** A service, its controllers and an agent played by the test. Every commit is held against the laws. */
class Play {
  readonly clock = new FakeClock();
  readonly ids: SeededIds;
  readonly rng: Rng;
  readonly broken: string[] = [];
  readonly stop = new AbortController();
  world!: World;
  controllers!: Controllers;

  constructor(seed: number) {
    this.ids = new SeededIds(seed);
    this.rng = new Rng(seed);
  }

  async start(minimumHealthyPercent: number, maximumPercent: number): Promise<void> {
    this.world = await aWorld(this.clock, this.ids);
    this.world.state.onCommit((changes) => this.#check(changes));
    await this.world.run((tx) => {
      const container = aDefinition().containerDefinitions[0];
      assert.ok(container);
      const healthCheck = { command: ['true'] };
      const checked = aDefinition({ revision: 2, containerDefinitions: [{ ...container, healthCheck }] });
      tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:2', checked);
      for (const n of [0, 1, 2]) putInstance(tx, n, { availabilityZone: `us-east-1${'aab'[n]}` });
      const breaker = { enable: this.rng.chance(0.3), rollback: true };
      const deploymentConfiguration = { minimumHealthyPercent, maximumPercent, deploymentCircuitBreaker: breaker };
      this.#begin(tx, aService({ deployments: [], deploymentConfiguration }), 1);
    });
    this.controllers = startControllers(this.world.platform, this.stop.signal);
    await this.settle();
  }

  get service(): Service {
    return this.world.state.tables.services.get(KEY) as Service;
  }

  get tasks(): readonly Task[] {
    return this.world.state.tables.tasks.by('service', KEY);
  }

  async settle(): Promise<void> {
    await this.controllers.settled();
    await turnOfPromises();
  }

  async move(): Promise<void> {
    const moves: (() => Promise<void>)[] = [
      () => this.#scale(),
      () => this.#deploy(),
      () => this.#run(),
      () => this.#run(),
      () => this.#run(),
      () => this.#end(),
      () => this.#health(),
      () => this.#wait(),
      () => this.#drain(),
      () => this.#protect(),
      () => this.#protect(),
      () => this.#stopDeployment(),
    ];
    await this.rng.pick(moves)();
    await this.settle();
    const { currentServiceDeployment } = this.service;
    for (const { serviceDeploymentArn, status } of openDeployments(this.world.state.tables, KEY))
      if (serviceDeploymentArn !== currentServiceDeployment) this.broken.push(`an older deployment is still ${status}`);
  }

  /** Lets everything succeed until nothing changes any more. */
  async calm(): Promise<void> {
    await this.world.run((tx) => {
      for (const instance of Array.from(tx.tables.instances.values()))
        tx.put(tx.tables.instances, `${CLUSTER_KEY}/${instance.id}`, { ...instance, status: 'ACTIVE' as const });
      // One task with no room for a second, and none to spare: ECS is stuck there as well.
      if (this.service.desiredCount === 1) tx.put(tx.tables.services, KEY, { ...this.service, desiredCount: 2 });
      // A deployment that failed waits for a person to start another one.
      if (this.service.deployments[0]?.rolloutState === 'FAILED') this.#begin(tx, this.service, 1);
    });
    for (let round = 0; round < 60; round += 1) {
      for (const task of this.tasks.filter((one) => one.lastStatus !== 'STOPPED')) {
        await this.#report(task, { status: task.desiredStatus });
        await this.#say(task, 'HEALTHY');
      }
      await this.settle();
      await this.clock.turn(60_000);
      await this.settle();
    }
  }

  /** In a steady state the newest deployment is over, and says what runs. */
  checkHistory(): void {
    const { tables } = this.world.state;
    const { currentServiceDeployment, deployments } = this.service;
    const all = [...tables.serviceDeployments.values()];
    const current = all.find((one) => one.serviceDeploymentArn === currentServiceDeployment);
    assert.deepEqual(openDeployments(tables, KEY), [], 'none is under way');
    assert.match(current?.status ?? '', /^(SUCCESSFUL|ROLLBACK_SUCCESSFUL)$/);
    const ran = current?.rollback?.serviceRevisionArn ?? current?.target.serviceRevisionArn;
    assert.equal(deployments[0]?.serviceRevisionArn, ran);
    assert.ok(revisionOf(tables, this.service) !== undefined, 'its revision is there');
  }

  #deployment(desiredCount: number, revision: number) {
    const name = `web:${revision}`;
    return newDeployment({
      ids: this.ids,
      now: this.clock.now(),
      taskDefinitionArn: `arn:aws:ecs:us-east-1:123456789012:task-definition/${name}`,
      taskDefinitionKey: `123456789012/us-east-1/${name}`,
      desiredCount,
      launchType: 'EC2',
      loadBalancers: [],
    });
  }

  #scale(): Promise<void> {
    const desiredCount = this.rng.int(0, 6);
    return this.world.run((tx) => tx.put(tx.tables.services, KEY, { ...this.service, desiredCount }));
  }

  #deploy(): Promise<void> {
    return this.world.run((tx) => this.#begin(tx, this.service, this.rng.int(1, 2)));
  }

  #begin(tx: Tx, service: Service, revision: number): void {
    const deployment = this.#deployment(service.desiredCount, revision);
    tx.put(
      tx.tables.services,
      KEY,
      beginDeployment(tx, this.ids, service, deployment, [{ name: 'app', image: 'app' }]),
    );
  }

  /** One user asks for a rollback, or for an end where it is. */
  #stopDeployment(): Promise<void> {
    return this.world.run((tx) => {
      const status = this.rng.chance(0.7) ? ('ROLLBACK_REQUESTED' as const) : ('STOP_REQUESTED' as const);
      for (const open of openDeployments(tx.tables, KEY))
        if (open.status === 'PENDING' || open.status === 'IN_PROGRESS') putServiceDeployment(tx, { ...open, status });
    });
  }

  async #protect(): Promise<void> {
    const running = this.tasks.filter((task) => isLive(task) && task.lastStatus === 'RUNNING');
    if (running.length === 0) return;
    const { id } = this.rng.pick(running);
    const minutes = this.rng.pick([0, 1, 10, 30]);
    await this.world.run((tx) => {
      const task = tx.tables.tasks.get(`${CLUSTER_KEY}/${id}`);
      assert.ok(task);
      putTask(tx, { ...task, protectedUntil: minutes === 0 ? undefined : epochMs(tx.now + minutes * 60_000) });
    });
  }

  async #run(): Promise<void> {
    const waiting = this.tasks.filter((task) => task.lastStatus === 'PENDING');
    if (waiting.length > 0) await this.#report(this.rng.pick(waiting), { status: 'RUNNING' });
  }

  async #end(): Promise<void> {
    const there = this.tasks.filter((task) => task.lastStatus !== 'STOPPED');
    if (there.length === 0) return;
    const event = this.rng.pick([{ exitCode: 1 }, { reason: 'CannotPullContainerError: no' }]);
    await this.#report(this.rng.pick(there), {
      status: 'STOPPED',
      containers: [{ containerName: 'app', status: 'STOPPED', ...event }],
    });
  }

  async #health(): Promise<void> {
    const running = this.tasks.filter((task) => task.lastStatus === 'RUNNING');
    if (running.length > 0) await this.#say(this.rng.pick(running), this.rng.pick(['HEALTHY', 'HEALTHY', 'UNHEALTHY']));
  }

  #wait(): Promise<void> {
    return this.clock.turn(this.rng.pick([500, 5000, 45_000, 600_000]));
  }

  #drain(): Promise<void> {
    return this.world.run((tx) => {
      const key = `${CLUSTER_KEY}/${String(this.rng.int(0, 2)).padStart(32, '0')}`;
      const instance = tx.tables.instances.get(key);
      assert.ok(instance);
      const status = instance.status === 'ACTIVE' ? ('DRAINING' as const) : ('ACTIVE' as const);
      tx.put(tx.tables.instances, key, { ...instance, status });
    });
  }

  #report(task: Task, report: TaskReport): Promise<unknown> {
    return this.world.run((tx) => {
      const reported = applyReport(tx.tables.tasks.get(taskKey(task)) as Task, report, tx.now);
      if (reported.changed) putTask(tx, reported.task);
    });
  }

  #say(task: Task, health: 'HEALTHY' | 'UNHEALTHY'): Promise<unknown> {
    return this.world.run((tx) => {
      const said = applyHealth(tx.tables.tasks.get(taskKey(task)) as Task, 'app', health, tx.now);
      if (said.changed) putTask(tx, said.task);
    });
  }

  #healthy(task: Task): boolean {
    if (!isLive(task) || task.lastStatus !== 'RUNNING') return false;
    if (task.containers.some((container) => container.hasHealthCheck)) return task.healthStatus === 'HEALTHY';
    return this.clock.now() - (task.startedAt ?? 0) >= HEALTHY_AFTER_MS;
  }

  #check(changes: readonly Change[]): void {
    const tasks = changes.filter(({ kind }) => kind === 'task') as unknown as { before?: Task; after?: Task }[];
    const { desiredCount, deploymentConfiguration } = this.service;
    const live = this.tasks.filter(isLive);
    const most = Math.floor((desiredCount * deploymentConfiguration.maximumPercent) / 100);
    if (tasks.some(({ before }) => before === undefined) && live.length > most)
      this.broken.push(`started above the maximum: ${live.length} > ${most}`);
    const least = Math.ceil((desiredCount * deploymentConfiguration.minimumHealthyPercent) / 100);
    const ours = tasks.filter(
      ({ before, after }) =>
        before !== undefined &&
        this.#healthy(before) &&
        after?.desiredStatus === 'STOPPED' &&
        after.stopCode === 'ServiceSchedulerInitiated',
    );
    const left = live.filter((task) => this.#healthy(task)).length;
    if (ours.length > 0 && left < least) this.broken.push(`stopped below the minimum: ${left} < ${least}`);
    for (const { before, after } of ours) {
      if (before === undefined || after === undefined || !isProtected(before, this.clock.now())) continue;
      if (after.because === 'scale-in' || after.because === 'old-revision')
        this.broken.push(`stopped a protected task: ${after.because}`);
    }
    this.#checkDeployments(changes);
  }

  #checkDeployments(changes: readonly Change[]): void {
    for (const { kind, before, after } of changes) {
      if (kind !== 'service-deployment' || before === undefined || after === undefined) continue;
      const [from, to] = [(before as ServiceDeployment).status, (after as ServiceDeployment).status];
      if (from !== to && !MOVES[from].includes(to)) this.broken.push(`a service deployment went from ${from} to ${to}`);
    }
  }
}

it('keeps the bounds whatever happens, settles, and then says nothing', async () => {
  const bounds = fc.constantFrom([100, 200], [50, 200], [50, 100], [0, 100], [75, 150], [100, 150]);
  await fc.assert(
    fc.asyncProperty(fc.nat(), bounds, fc.integer({ min: 1, max: 60 }), async (seed, [least = 0, most = 0], moves) => {
      const play = new Play(seed);
      await play.start(least, most);
      for (let n = 0; n < moves; n += 1) await play.move();
      assert.deepEqual(play.broken, []);
      await play.calm();
      assert.deepEqual(play.broken, []);
      const live = play.tasks.filter(isLive);
      assert.equal(live.length, play.service.desiredCount, 'as many as desired');
      assert.equal(play.service.deployments.length, 1, 'one deployment is left');
      assert.ok(play.service.steadySince !== undefined, 'steady');
      play.checkHistory();
      const actions = decideService({
        now: play.clock.now(),
        service: play.service,
        tasks: play.world.state.tables.tasks.by('serviceOpen', KEY),
        serviceDeployments: openDeployments(play.world.state.tables, KEY),
        revision: revisionOf(play.world.state.tables, play.service),
        draining: () => false,
        freeOn: () => ({ cpu: 0, memory: 0 }),
        healthyAfterRunningMs: HEALTHY_AFTER_MS,
        daemonHosts: [],
      });
      assert.deepEqual(
        actions.filter((action) => action.kind !== 'wake-at'),
        [],
      );
      play.stop.abort();
      await play.controllers.stopped;
    }),
    { numRuns: 60 },
  );
});
