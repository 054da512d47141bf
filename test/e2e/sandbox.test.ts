import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { ROOT } from '../../tools/tidy/sources.ts';
import { ecsClient } from './ecs.ts';
import { noPrivateEngine, PrivateEngine } from './private-engine.ts';
import { has, startWorld, until, type World } from './world.ts';

const skip = noPrivateEngine || (has('runsc') ? false : 'SKIPPED: runsc (gVisor) is not on this machine');
const RUNTIME = join(ROOT, 'packages/agent/src/isolation/gantry-runsc');
const GVISOR = /^Linux version 4\.4\.0 /m;

describe('Fargate tasks in gVisor', { skip }, () => {
  let engine: PrivateEngine | undefined;
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;
  let subnet = '';

  before(async () => {
    engine = new PrivateEngine({ 'gantry-runsc': { path: RUNTIME } });
    await engine.start();
    process.env['DOCKER_HOST'] = engine.host;
    world = await startWorld();
    ecs = ecsClient(world);
    const { subnets } = JSON.parse(await world.gantry('status', '--json')) as { subnets: { subnetId: string }[] };
    subnet = subnets[0]?.subnetId ?? '';
  });
  after(async () => {
    try {
      await world?.down();
    } finally {
      await engine?.remove();
    }
  });

  const sh = (script: string): Pick<ContainerDefinition, 'entryPoint' | 'command'> => ({
    entryPoint: ['/bin/sh', '-c'],
    command: [script],
  });
  const run = async (family: string, containers: readonly ContainerDefinition[]): Promise<string> => {
    await ecs.call('RegisterTaskDefinition', {
      family,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: containers.map((one) => ({ image: 'gantry/hello', ...one })),
    });
    const { tasks, failures } = await ecs.call('RunTask', {
      taskDefinition: family,
      launchType: 'FARGATE',
      enableExecuteCommand: true,
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet] } },
    });
    assert.deepEqual(failures, []);
    return tasks?.[0]?.taskArn ?? '';
  };
  const reached = (arn: string, status: string): Promise<Task> =>
    until(`${arn} is ${status}`, async () => {
      const task = (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0];
      return task?.lastStatus === status ? task : undefined;
    });
  const stop = async (arn: string): Promise<Task> => {
    await ecs.call('StopTask', { task: arn });
    return await reached(arn, 'STOPPED');
  };
  const docker = async (...args: string[]): Promise<string> => (await engine?.docker(...args)) ?? '';
  const containerOf = async (arn: string, name: string): Promise<string> => {
    const filters = [`com.amazonaws.ecs.task-arn=${arn}`, `com.amazonaws.ecs.container-name=${name}`];
    return (await docker('ps', '-aq', ...filters.flatMap((label) => ['--filter', `label=${label}`]))).trim();
  };
  const sandboxes = (): Promise<string> => docker('ps', '-aq', '--filter', 'label=gantry.sandbox');

  it('says what it found, on the task too', async () => {
    const arn = await run('told', [{ name: 'web' }]);
    const { attributes } = await reached(arn, 'RUNNING');
    assert.deepEqual(
      attributes?.filter(({ name }) => name === 'gantry.isolation'),
      [{ name: 'gantry.isolation', value: 'runsc' }],
    );
    await stop(arn);
  });

  it('gives a lone container a sandbox, with its address, its metadata and its output', async () => {
    const arn = await run('lone', [
      { name: 'web', ...sh('cat /proc/version; wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task; exec /bin/hello') },
    ]);
    const task = await reached(arn, 'RUNNING');
    const address = task.attachments?.[0]?.details?.find(({ name }) => name === 'privateIPv4Address')?.value;
    const page = await until('it answers at its address', () => fetch(`http://${address}/`).then((r) => r.text()));
    assert.match(page, /^Hello from Gantry/);
    const log = await docker('logs', await containerOf(arn, 'web'));
    assert.match(log, GVISOR);
    assert.ok(log.includes(`"TaskARN":"${arn}"`), log);
    assert.equal(await sandboxes(), '', 'it is its own root');
    assert.equal((await stop(arn)).containers?.[0]?.exitCode, 0, 'it was asked to end, and did');
  });

  it('puts containers of a task into one sandbox: one kernel, one localhost, and an end for each', async () => {
    const look = 'until wget -qO- http://127.0.0.1/; do sleep 0.1; done; cat /proc/version; exit 9';
    const arn = await run('several', [
      { name: 'web', healthCheck: { command: ['CMD', '/bin/wget', '-qO-', 'http://127.0.0.1/'], interval: 5 } },
      { name: 'side', essential: false, ...sh(look) },
      { name: 'first', essential: false, ...sh('echo first; exit 0') },
    ]);
    await reached(arn, 'RUNNING');
    const root = (await sandboxes()).trim();
    assert.equal(root.split('\n').length, 1);
    const side = await containerOf(arn, 'side');
    assert.equal((await docker('wait', side)).trim(), '9');
    const output = await docker('logs', side);
    assert.match(output, /^Hello from Gantry/);
    assert.match(output, GVISOR);
    assert.equal((await docker('wait', await containerOf(arn, 'first'))).trim(), '0');
    assert.match(await world.gantry('exec', arn, '-c', 'web', 'cat', '/proc/version'), GVISOR);
    await until('its health check passes', async () => (await reached(arn, 'RUNNING')).healthStatus === 'HEALTHY');
    const task = await stop(arn);
    const codes = Object.fromEntries((task.containers ?? []).map(({ name, exitCode }) => [name, exitCode]));
    assert.deepEqual(codes, { web: 0, side: 9, first: 0 });
    assert.equal(await sandboxes(), '', 'its sandbox went with it');
  });

  it('keeps two tasks in two sandboxes', async () => {
    const pair = [
      { name: 'a', ...sh('sleep 1000') },
      { name: 'b', ...sh('sleep 1000') },
    ];
    const [one, two] = await Promise.all([run('pair', pair), run('pair', pair)]);
    await Promise.all([one, two].map((arn) => reached(arn, 'RUNNING')));
    assert.equal((await sandboxes()).trim().split('\n').length, 2);
    const pids = (await docker('exec', await containerOf(one, 'a'), '/bin/busybox', 'ps')).match(/sleep 1000/g);
    assert.equal(pids?.length, 1, 'a container sees its own processes alone');
    await Promise.all([one, two].map(stop));
  });

  it('survives the agent: sandboxes are found again', async () => {
    const arn = await run('kept', [{ name: 'web' }, { name: 'side', ...sh('sleep 1000') }]);
    await reached(arn, 'RUNNING');
    process.kill(world.pid('agent'), 'SIGKILL');
    await world.up();
    assert.equal((await sandboxes()).trim().split('\n').length, 1);
    await stop(arn);
    assert.equal(await sandboxes(), '');
  });
});
