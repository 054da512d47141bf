import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { aContainer, aTask, eni, taskArn } from '../testing/payloads.ts';
import { INSTANCE_ARN } from '../testing/plane.ts';
import { AgentWorld } from '../testing/world.ts';
import { introspect, type IntrospectedInstance } from './answer.ts';
import { inodeOf } from './peer.ts';
import { serveIntrospection, type Introspection } from './server.ts';

async function anInstance(): Promise<{ readonly world: AgentWorld; readonly instance: IntrospectedInstance }> {
  const world = new AgentWorld();
  const agent = await world.start();
  const portMappings = [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' as const }];
  world.plane.payload(aTask(1, [aContainer('web', { portMappings }), aContainer('log')]));
  world.plane.payload(aTask(2, [aContainer('far')], { networkMode: 'awsvpc', elasticNetworkInterfaces: [eni()] }));
  await world.settle();
  const instance = {
    cluster: 'default',
    containerInstanceArn: INSTANCE_ARN,
    get tasks() {
      return agent.supervisor?.tasks() ?? [];
    },
  };
  return { world, instance };
}

describe('what is told', () => {
  let world: AgentWorld;
  let instance: IntrospectedInstance;
  before(async () => {
    ({ world, instance } = await anInstance());
  });
  after(() => world.kill());
  const ask = (url: string, instances = [instance]) => introspect(instances, url, 'Gantry agent - v1');
  const idOf = (name: string): string =>
    world.engine.containers().find((c) => c.labels['com.amazonaws.ecs.container-name'] === name)?.id ?? '';

  test('the instance', () => {
    const body = { Cluster: 'default', ContainerInstanceArn: INSTANCE_ARN, Version: 'Gantry agent - v1' };
    assert.deepEqual(ask('/v1/metadata'), { status: 200, body });
    const other = { cluster: 'blue', containerInstanceArn: 'arn:other', tasks: [] };
    assert.deepEqual(ask('/v1/metadata', [other, instance]).body, {
      ...body,
      Cluster: 'blue',
      ContainerInstanceArn: 'arn:other',
    });
    assert.deepEqual(ask(`/v1/metadata?containerinstancearn=${INSTANCE_ARN}`, [other, instance]).body, body);
    assert.equal(ask('/v1/metadata?containerinstancearn=nobody').status, 404);
    const early = { cluster: 'default', containerInstanceArn: undefined, tasks: [] };
    assert.deepEqual(ask('/v1/metadata', [early]).body, { ...body, ContainerInstanceArn: null });
  });

  test('its tasks: all, by ARN, and by the id of a container, also a short one', () => {
    const web = { DockerId: idOf('web'), Name: 'web', Ports: [{ ContainerPort: 80, Protocol: 'tcp', HostPort: 8080 }] };
    const one = ask(`/v1/tasks?taskarn=${taskArn(1)}`);
    assert.equal(one.status, 200);
    const task = one.body as Record<string, unknown> & { Containers: Record<string, unknown>[] };
    const named = task.Containers.map(({ DockerId, Name, Ports }) => ({ DockerId, Name, Ports }));
    assert.deepEqual(
      { ...task, Containers: named },
      {
        Arn: taskArn(1),
        DesiredStatus: 'RUNNING',
        KnownStatus: 'RUNNING',
        Family: 'web',
        Version: '1',
        Containers: [web, { DockerId: idOf('log'), Name: 'log', Ports: undefined }],
      },
    );
    assert.match(String(task.Containers[0]?.['DockerName']), /^ecs-web-1-web-[0-9a-f]{20}$/);
    for (const id of [idOf('log'), idOf('log').slice(0, 12)])
      assert.deepEqual(ask(`/v1/tasks?dockerid=${id}`).body, task);
    const all = (ask('/v1/tasks').body as { Tasks: { Arn: string; Containers: { Networks?: unknown }[] }[] }).Tasks;
    assert.deepEqual(
      all.map(({ Arn }) => Arn),
      [taskArn(1), taskArn(2)],
    );
    assert.deepEqual(all[1]?.Containers[0]?.Networks, [{ NetworkMode: 'awsvpc', IPv4Addresses: ['10.0.0.7'] }]);
  });

  test('nothing else', () => {
    const nothing = { Arn: '', KnownStatus: '', Family: '', Version: '', Containers: null };
    assert.deepEqual(ask('/v1/tasks?taskarn=arn:nobody'), { status: 404, body: nothing });
    assert.deepEqual(ask('/v1/tasks?dockerid=ab'), { status: 404, body: nothing });
    assert.deepEqual(ask('/v1/tasks?dockerid='), { status: 404, body: nothing });
    assert.deepEqual(ask(`/v1/tasks?dockerid=${idOf('web')}&taskarn=${taskArn(1)}`), { status: 400, body: nothing });
    assert.equal(ask('/v2/credentials').status, 404);
    assert.deepEqual(ask('/').body, { AvailableCommands: ['/v1/metadata', '/v1/tasks'] });
  });
});

describe('who is told', () => {
  let served: Introspection;
  let ids: string[] = [];
  before(async () => {
    served = await serveIntrospection({
      port: 0,
      version: 'v',
      log: (_level, text) => assert.fail(text),
      instances: () => [{ cluster: 'default', containerInstanceArn: INSTANCE_ARN, tasks: [] }],
      containerIds: () => ids,
    });
  });
  after(() => served.close());
  const curl = async (): Promise<string> => {
    const url = `http://127.0.0.1:${served.port}/v1/metadata`;
    const script = `fetch('${url}').then((r) => console.log(r.status))`;
    return (await promisify(execFile)(process.execPath, ['-e', script])).stdout.trim();
  };

  test('a program of the host, and no program in a container of a task', async () => {
    assert.equal(await curl(), '200');
    // The control group this very test runs in stands for a container's.
    const own = (await readFile('/proc/self/cgroup', 'utf8')).trim().split('\n').at(-1)?.split(':').at(-1) ?? '';
    ids = ['f'.repeat(64), own];
    assert.equal(await curl(), '403');
    ids = [];
  });

  test('a port that is taken is said to be', async () => {
    const again = serveIntrospection({
      port: served.port,
      version: 'v',
      log: () => undefined,
      instances: () => [],
      containerIds: () => [],
    });
    await assert.rejects(again, /EADDRINUSE/);
  });

  test('the kernel’s table is read by both ends', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:C9DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0',
      '   1: 0100007F:C9DE 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 22 1 0 100 0 0 10 0',
      '   2: 0100007F:9C40 0100007F:C9DE 01 00000000:00000000 00:00000000 00000000     0        0 33 1 0 100 0 0 10 0',
    ].join('\n');
    assert.equal(inodeOf(table, { port: 40_000, serverPort: 51_678 }), '33');
    assert.equal(inodeOf(table, { port: 40_001, serverPort: 51_678 }), undefined);
  });
});
