import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, executionRole, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld, type WorldOptions } from '../testing/world.ts';

const VALUE = 'hunter2-and-a-half';
const TOKEN = 'splunk-token-of-ours';

const SECRETS: NonNullable<PayloadContainer['secrets']> = [
  {
    name: 'PASSWORD',
    valueFrom: '/app/password',
    region: 'us-east-1',
    provider: 'ssm',
    type: 'ENVIRONMENT_VARIABLE',
    target: 'CONTAINER',
  },
  {
    name: 'syslog-tag',
    valueFrom: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:tag-AbCdEf',
    region: 'us-east-1',
    provider: 'asm',
    type: 'BOOTSTRAP',
    target: 'LOG_DRIVER',
  },
];
const container = (name: string, over: Parameters<typeof aContainer>[1] = {}): PayloadContainer =>
  aContainer(name, {
    secrets: SECRETS,
    environment: { PLAIN: '1' },
    hostConfig: { LogConfig: { Type: 'syslog', Config: { 'syslog-address': 'udp://127.0.0.1:1' } } },
    ...over,
  });
const secretTask = (number: number, containers: readonly PayloadContainer[] = [container('web')]): PayloadTask =>
  aTask(number, containers, { executionRoleCredentials: executionRole(number) });

async function begin(options: WorldOptions = {}): Promise<AgentWorld> {
  const world = new AgentWorld(options);
  world.plane.secrets.putParameter('us-east-1', '/app/password', VALUE);
  world.plane.secrets.putSecret('us-east-1', SECRETS[1]?.valueFrom ?? '', TOKEN);
  await world.start();
  return world;
}

/** Everything that leaves the agent or outlives it, but for the create calls. */
function written(world: AgentWorld): string {
  return JSON.stringify([[...world.disk.durable], world.plane.reports, world.plane.received, world.logged]);
}

const envOf = (world: AgentWorld, name: string): unknown =>
  world.engine
    .containers()
    .filter(({ labels }) => labels['com.amazonaws.ecs.container-name'] === name)
    .map(({ id }) => world.engine.spec(id)['Env'])[0];

describe('a task with secrets', () => {
  it('has them in its environment and its log options, and nowhere else', async () => {
    const world = await begin();
    world.plane.payload(secretTask(1));
    await world.settle();
    assert.deepEqual(envOf(world, 'web'), ['PLAIN=1', `PASSWORD=${VALUE}`]);
    const spec = world.engine.spec(world.engine.containers()[0]?.id ?? '');
    assert.deepEqual((spec['HostConfig'] as { LogConfig: unknown }).LogConfig, {
      Type: 'syslog',
      Config: { 'syslog-address': 'udp://127.0.0.1:1', 'syslog-tag': TOKEN },
    });
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(143)');
    const text = written(world);
    assert.ok(text.includes('/app/password') && text.includes('id-1'), 'the payload is in the checkpoint');
    for (const secret of [VALUE, TOKEN, 'execution-secret-key', 'execution-token', 'ASIAEXECUTION'])
      assert.ok(!text.includes(secret), secret);
  });

  it('that may not read them stops with the reason of ECS; nothing was made', async () => {
    const world = await begin();
    world.plane.secrets.denied.add('ASIAEXECUTION');
    world.plane.payload(secretTask(1));
    await world.settle();
    const [report] = world.plane.reports;
    assert.equal(report?.status, 'STOPPED');
    assert.match(
      report?.reason ?? '',
      /^ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret/,
    );
    assert.deepEqual(world.containers(), []);
  });

  it('does not tell what the engine says of a value', async () => {
    const world = await begin({ images: { 'bad:1': { createFails: `invalid log opt ${TOKEN}`, present: true } } });
    world.plane.payload(secretTask(1, [container('web', { image: 'bad:1' })]));
    await world.settle();
    assert.equal(
      world.plane.reports[0]?.containers?.[0]?.reason,
      'CannotCreateContainerError: Error response from daemon: invalid log opt ***',
    );
    assert.ok(!written(world).includes(TOKEN));
  });

  it('fetches them again after a restart for the containers that are still to be made, with credentials pushed anew', async () => {
    const world = await begin({ images: { 'slow:1': { exit: { code: 0, afterMs: 60_000 } } } });
    const first = container('first', { image: 'slow:1', essential: false });
    const second = container('second', { dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }] });
    world.plane.payload(secretTask(1, [first, second]));
    await world.settle();
    assert.deepEqual(world.containers(), ['first running']);
    await world.kill();
    world.plane.secrets.calls.length = 0;
    await world.start();
    await world.clock.turn(120_000);
    assert.deepEqual(world.containers(), ['first exited'], 'it waits for its credentials');
    const message = { messageId: 'm', taskArn: taskArn(1), taskClusterArn: 'c', roleType: 'TaskExecution' };
    world.plane.send('acs', {
      type: 'IAMRoleCredentialsMessage',
      message: { ...message, roleCredentials: executionRole(1) },
    });
    await world.settle();
    assert.deepEqual(world.containers(), ['first exited', 'second running']);
    assert.deepEqual(envOf(world, 'second'), ['PLAIN=1', `PASSWORD=${VALUE}`]);
    assert.equal(world.plane.secrets.calls.length, 2);
  });

  it('pulls its image with the login of its registry, and with no other', async () => {
    const image = 'registry.example/private:1';
    const world = await begin({ images: { [image]: { present: false, password: 'right', pullMs: 100 } } });
    world.plane.secrets.putSecret('us-east-1', 'right', '{"username":"u","password":"right"}');
    world.plane.secrets.putSecret('us-east-1', 'wrong', '{"username":"u","password":"wrong"}');
    const pulling = (credentialsParameter: string): PayloadContainer =>
      aContainer('web', {
        image,
        registryAuthentication: { type: 'asm', asmAuthData: { credentialsParameter, region: 'us-east-1' } },
      });
    world.plane.payload(secretTask(1, [pulling('wrong')]));
    world.plane.payload(secretTask(2, [pulling('right')]));
    world.plane.payload(aTask(3, [aContainer('web', { image })]));
    await world.clock.turn(1000);
    const reasonOf = (number: number): string | undefined =>
      world.plane.reports.find(({ task }) => task === taskArn(number))?.containers?.[0]?.reason;
    const refused = 'CannotPullContainerError: Error response from daemon: ';
    assert.equal(reasonOf(1), `${refused}unauthorized: authentication required`);
    assert.deepEqual(world.plane.told(taskArn(2)), ['RUNNING web:RUNNING']);
    assert.equal(reasonOf(3), `${refused}no basic auth credentials`);
    assert.ok(!written(world).includes('"password"'));
  });

  it('that runs needs them no more after a restart', async () => {
    const world = await begin();
    world.plane.payload(secretTask(1));
    await world.settle();
    await world.kill();
    world.plane.secrets.calls.length = 0;
    await world.start();
    assert.deepEqual(world.containers(), ['web running']);
    assert.deepEqual(world.plane.secrets.calls, []);
  });

  it('waits for a control plane that is away, and stops when it is told to', async () => {
    const world = await begin();
    world.plane.secrets.failNext(...Array<LinkError>(40).fill(new LinkError('Unreachable', 'nobody')));
    world.plane.payload(secretTask(1));
    await world.clock.turn(5_000);
    assert.deepEqual(world.plane.told(taskArn(1)), []);
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['STOPPED web:STOPPED']);
  });
});
