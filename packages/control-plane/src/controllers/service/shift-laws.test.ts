import { Rng } from '@gantry/testkit/seeded.ts';
import { isDeploymentOver, isLive, type Service, type Task } from '@gantry/domain';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';
import { SHOP, type RolloutWorld } from '../../api/ecs/testing/rollout.ts';
import { aShop, deploy, deployment, healthy, traffic, turn } from '../../api/ecs/testing/shop.ts';
import type { Change } from '../../state/state.ts';
import { taskKey } from '../../state/keys.ts';
import { putTask } from '../testing/world.ts';
import { openDeployments } from './service-deployment-documents.ts';

const MINUTE_MS = 60_000;
const DESIRED = 2;
const CONFIGURATIONS: readonly DeploymentConfiguration[] = [
  { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 },
  { strategy: 'CANARY', bakeTimeInMinutes: 0, canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 } },
  { strategy: 'LINEAR', bakeTimeInMinutes: 1, linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 2 } },
  {
    strategy: 'BLUE_GREEN',
    bakeTimeInMinutes: 1,
    lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP', 'POST_PRODUCTION_TRAFFIC_SHIFT'] }],
  },
];

/** A service whose traffic is shifted, and everything that may come between. Every commit is held against the laws. */
class Play {
  readonly rng: Rng;
  readonly broken: string[] = [];
  readonly world: RolloutWorld;

  constructor(seed: number, world: RolloutWorld) {
    this.rng = new Rng(seed);
    this.world = world;
    world.state.onCommit((changes) => this.#check(changes));
  }

  async move(): Promise<void> {
    const moves: (() => Promise<void>)[] = [
      () => deploy(this.world, this.rng.pick(['shop:1', 'shop:2'])),
      () => healthy(this.world),
      () => healthy(this.world),
      () => healthy(this.world, () => this.rng.chance(0.5)),
      () => turn(this.world, this.rng.pick([1000, 2000, MINUTE_MS, 10 * MINUTE_MS])),
      () => turn(this.world, this.rng.pick([2000, 2 * MINUTE_MS])),
      () => this.#die(),
      () => this.#sicken(),
      () => this.#stop(),
      () => this.#continue(),
    ];
    await this.rng.pick(moves)();
  }

  /** Nothing bad happens any more, and every pause is ended. */
  async calm(): Promise<void> {
    for (let round = 0; round < 40; round += 1) {
      await healthy(this.world);
      await this.#continue(1);
      await turn(this.world, 3 * MINUTE_MS);
    }
  }

  async #die(): Promise<void> {
    const there = this.world.tasks();
    if (there.length === 0) return;
    const { id } = this.rng.pick(there);
    await this.world.report({ status: 'STOPPED', containers: [] }, (task) => task.id === id);
  }

  async #sicken(): Promise<void> {
    const there = this.world.tasks().filter(({ lastStatus }) => lastStatus === 'RUNNING');
    if (there.length === 0) return;
    const task = this.rng.pick(there);
    await this.world.run((tx) => {
      const current = tx.tables.tasks.get(taskKey(task));
      if (current !== undefined) putTask(tx, { ...current, targetHealth: 'unhealthy' });
    });
    await this.world.settle();
  }

  async #stop(): Promise<void> {
    const [open] = openDeployments(this.world.state.tables, SHOP);
    const serviceDeploymentArn = open?.serviceDeploymentArn ?? '';
    // One that is cleaning up, or over, cannot be stopped any more.
    await this.world.ecs.StopServiceDeployment({ serviceDeploymentArn }).catch(() => undefined);
    await this.world.settle();
  }

  async #continue(goesOn = 0.7): Promise<void> {
    const { serviceDeploymentArn = '', lifecycleHookDetails = [] } = await deployment(this.world);
    const action = this.rng.chance(goesOn) ? 'CONTINUE' : 'ROLLBACK';
    for (const { hookId = '', status } of lifecycleHookDetails)
      if (status === 'AWAITING_ACTION')
        await this.world.ecs.ContinueServiceDeployment({ serviceDeploymentArn, hookId, action }).catch(() => undefined);
    await this.world.settle();
  }

  #weights(): ReadonlyMap<string, number> {
    return new Map(
      traffic(this.world)
        .split(', ')
        .map((text) => {
          const [name = '', weight = ''] = text.split(' ');
          return [name, Number(weight)] as const;
        }),
    );
  }

  #check(changes: readonly Change[]): void {
    const weights = this.#weights();
    const groupOf = (task: Task): string => task.loadBalancers?.[0]?.targetGroupArn.split('/')[1] ?? '';
    const serving = (name: string): number =>
      this.world.tasks().filter((task) => groupOf(task) === name && isServing(task)).length;
    for (const { kind, before, after } of changes) {
      if (kind === 'listener-rule') {
        const to = [...weights].filter(([name, weight]) => weight > (this.#before.get(name) ?? 0));
        // Back to blue it goes in any case: there is nothing better.
        for (const [name] of to)
          if (serving(name) < DESIRED && !this.#goesBack()) this.broken.push(`traffic to ${name}, which is not whole`);
      }
      const stopped = after as Task | undefined;
      if (kind !== 'task' || before === undefined || stopped?.desiredStatus !== 'STOPPED') continue;
      const ours =
        isLive(before as Task) && stopped.stopCode === 'ServiceSchedulerInitiated' && isServing(before as Task);
      const name = groupOf(stopped);
      if (ours && (weights.get(name) ?? 0) > 0 && serving(name) < DESIRED)
        this.broken.push(`a healthy task that has traffic was stopped (${stopped.because})`);
    }
    this.#before = weights;
  }

  #before: ReadonlyMap<string, number> = new Map();

  #goesBack(): boolean {
    const { tables } = this.world.state;
    const arn = tables.services.get(SHOP)?.currentServiceDeployment;
    const current = [...tables.serviceDeployments.values()].find((one) => one.serviceDeploymentArn === arn);
    return current?.shift === undefined || current.shift.productionPercent === 0;
  }
}

const isServing = (task: Task): boolean => task.lastStatus === 'RUNNING' && task.targetHealth === 'healthy';

it('traffic goes to what is whole alone, no task that has it is stopped, and every deployment ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.constantFrom(...CONFIGURATIONS),
      fc.integer({ min: 1, max: 40 }),
      async (seed, configuration, moves) => {
        const world = await aShop(configuration);
        await turn(world, MINUTE_MS);
        const play = new Play(seed, world);
        for (let n = 0; n < moves; n += 1) await play.move();
        await play.calm();
        assert.deepEqual(play.broken, []);
        const { tables } = world.state;
        assert.deepEqual(
          openDeployments(tables, SHOP).map(({ status }) => status),
          [],
        );
        assert.ok([...tables.serviceDeployments.values()].every(isDeploymentOver));
        const service = tables.services.get(SHOP) as Service;
        // One that failed and had nothing to go back to leaves what runs alone, and starts nothing.
        if (service.deployments[0]?.rolloutState === 'FAILED') return;
        assert.equal(service.deployments.length, 1, 'one deployment is left');
        assert.equal(world.tasks().filter(isServing).length, DESIRED);
        const [home] = world.tasks();
        assert.match(traffic(world), new RegExp(`${home?.loadBalancers?.[0]?.targetGroupArn.split('/')[1]} 100, `));
      },
    ),
    { numRuns: 40 },
  );
});
