import assert from 'node:assert/strict';
import type { ecsClient } from './ecs.ts';
import { until } from './world.ts';

const SUBNET = 'subnet-00000000000000001';
const STAYS = "trap 'exit 0' TERM; echo here; while :; do sleep 0.1 & wait $!; done";

const shell = (name: string, script: string, more: object = {}): object => ({
  name,
  image: 'gantry/hello',
  memory: 16,
  essential: true,
  entryPoint: ['/bin/sh', '-c'],
  command: [script],
  ...more,
});
const logs = {
  logConfiguration: {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': '/e2e/churn',
      'awslogs-region': 'us-east-1',
      'awslogs-create-group': 'true',
      'awslogs-stream-prefix': 'p',
    },
  },
};

/** One of each sort that leaves something behind it if it can: ports, an address, a volume, a size, output, an end of its own. */
const SORTS: readonly { readonly definition: object; readonly run?: object; readonly ends?: true }[] = [
  { definition: { containerDefinitions: [shell('main', STAYS, { portMappings: [{ containerPort: 80 }] })] } },
  {
    definition: {
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [shell('main', STAYS, { memory: 64, ...logs })],
    },
    run: { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } },
  },
  {
    definition: {
      cpu: '128',
      memory: '64',
      volumes: [{ name: 'data', dockerVolumeConfiguration: { scope: 'task' } }],
      containerDefinitions: [
        shell('main', STAYS, {
          mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
          dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }],
        }),
        shell('first', 'true', { essential: false }),
      ],
    },
  },
  { definition: { networkMode: 'none', containerDefinitions: [shell('main', 'exit 3')] }, ends: true },
];

/** Starts and stops tasks in waves; every task comes to RUNNING (or ends by itself as it shall) and then to STOPPED. */
export class Churn {
  readonly #ecs: ReturnType<typeof ecsClient>;
  readonly taskIds = new Set<string>();

  constructor(ecs: ReturnType<typeof ecsClient>) {
    this.#ecs = ecs;
  }

  async register(): Promise<void> {
    for (const [at, { definition }] of SORTS.entries())
      await this.#ecs.call('RegisterTaskDefinition', { family: `churn-${at}`, ...definition } as never);
  }

  /** `ofEach` tasks of every sort. */
  async wave(ofEach: number): Promise<void> {
    const started = await Promise.all(SORTS.map((_, at) => this.#start(at, ofEach)));
    const stay = started.filter((_, at) => SORTS[at]?.ends !== true).flat();
    await this.#all('run', stay, 'RUNNING');
    await Promise.all(stay.map((task) => this.#ecs.call('StopTask', { task })));
    await this.#all('have stopped', started.flat(), 'STOPPED');
    await this.#judge(started);
  }

  static tasksInWave(ofEach: number): number {
    return SORTS.length * ofEach;
  }

  async #start(sort: number, count: number): Promise<readonly string[]> {
    const launch = SORTS[sort]?.run ?? { launchType: 'EC2' };
    const arns: string[] = [];
    for (let left = count; left > 0; left -= 10) {
      const input = { taskDefinition: `churn-${sort}`, count: Math.min(10, left), ...launch };
      const { tasks, failures } = await this.#ecs.call('RunTask', input as never);
      assert.deepEqual(failures, []);
      arns.push(...(tasks ?? []).map(({ taskArn }) => taskArn as string));
    }
    for (const arn of arns) this.taskIds.add(arn.split('/').at(-1) as string);
    return arns;
  }

  async #all(what: string, arns: readonly string[], status: string): Promise<void> {
    let waiting = arns;
    await until(
      `all ${what}`,
      async () => {
        const { tasks } = await this.#ecs.call('DescribeTasks', { tasks: waiting.slice(0, 100) });
        const there = new Set((tasks ?? []).filter((t) => t.lastStatus === status).map((t) => t.taskArn));
        waiting = waiting.filter((arn) => !there.has(arn));
        const lost = tasks?.find((t) => status === 'RUNNING' && t.lastStatus === 'STOPPED');
        assert.equal(lost?.stoppedReason, undefined, 'a task ended before it was told to');
        return waiting.length === 0;
      },
      300_000,
    );
  }

  /** What is said of them is so. */
  async #judge(started: readonly (readonly string[])[]): Promise<void> {
    for (const [at, arns] of started.entries()) {
      const { tasks } = await this.#ecs.call('DescribeTasks', { tasks: [...arns].slice(0, 100) });
      for (const task of tasks ?? []) {
        const main = task.containers?.find(({ name }) => name === 'main');
        const said = [task.stopCode, main?.exitCode];
        const expected = SORTS[at]?.ends === true ? ['EssentialContainerExited', 3] : ['UserInitiated', 0];
        assert.deepEqual(said, expected, `${task.taskArn}: ${task.stoppedReason}`);
      }
    }
  }
}
