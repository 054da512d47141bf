import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, executionRole, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';

const file = (key: string) => ({ value: `arn:aws:s3:::cfg/${key}`, type: 's3' as const });
const task = (number: number, ...containers: readonly PayloadContainer[]): PayloadTask =>
  aTask(number, containers, { executionRoleCredentials: executionRole() });
const REASON =
  'ResourceInitializationError: failed to download env files: file download command: non empty error stream: service call has been ' +
  'retried';

async function begin(): Promise<AgentWorld> {
  const world = new AgentWorld({ images: { 'slow:1': { exit: { code: 0, afterMs: 60_000 } } } });
  world.plane.secrets.putObject('cfg', 'a.env', 'SHARED=from-a\nPLAIN=from-a\nONLY_A=value-of-a\n');
  world.plane.secrets.putObject('cfg', 'deep/b.env', 'SHARED=from-b\nPASSWORD=from-b\nONLY_B=value-of-b\n');
  world.plane.secrets.putParameter('us-east-1', '/app/password', 'hunter2');
  await world.start();
  return world;
}

const envOf = (world: AgentWorld, name: string): readonly string[] => {
  const found = world.engine.containers().find((each) => each.labels['com.amazonaws.ecs.container-name'] === name);
  return (world.engine.spec(found?.id ?? '')['Env'] as readonly string[]).toSorted();
};

describe('environment files of a task', () => {
  it('are in the environment, under the definition’s own variables and secrets, and nowhere else', async () => {
    const world = await begin();
    const password = {
      name: 'PASSWORD',
      valueFrom: '/app/password',
      region: 'us-east-1',
      provider: 'ssm',
      type: 'ENVIRONMENT_VARIABLE',
      target: 'CONTAINER',
    } as const;
    const web = aContainer('web', {
      environment: { PLAIN: '1' },
      environmentFiles: [file('a.env'), file('deep/b.env')],
      secrets: [password],
    });
    world.plane.payload(task(1, web, aContainer('other', { environmentFiles: [file('a.env')] }), aContainer('none')));
    await world.settle();
    const expected = ['ONLY_A=value-of-a', 'ONLY_B=value-of-b', 'PASSWORD=hunter2', 'PLAIN=1', 'SHARED=from-a'];
    assert.deepEqual(envOf(world, 'web'), expected);
    assert.deepEqual(envOf(world, 'other'), ['ONLY_A=value-of-a', 'PLAIN=from-a', 'SHARED=from-a']);
    assert.deepEqual(envOf(world, 'none'), []);
    const asked = world.plane.secrets.calls.filter((call) => call.includes('s3:GetObject'));
    assert.deepEqual(asked.toSorted(), [
      'ASIAEXECUTION us-east-1 s3:GetObject cfg/a.env',
      'ASIAEXECUTION us-east-1 s3:GetObject cfg/deep/b.env',
    ]);
    const written = JSON.stringify([[...world.disk.durable], world.plane.reports, world.plane.received, world.logged]);
    assert.ok(written.includes('arn:aws:s3:::cfg/a.env'), 'the payload is in the checkpoint');
    for (const value of ['from-a', 'value-of-a', 'value-of-b']) assert.ok(!written.includes(value), value);
  });

  it('that are not there stop it, and nothing was made', async () => {
    const world = await begin();
    world.plane.payload(task(1, aContainer('web', { environmentFiles: [file('a.env'), file('none.env')] })));
    await world.settle();
    const [report] = world.plane.reports;
    assert.equal(report?.status, 'STOPPED');
    const why =
      'unable to download env file with key none.env from bucket cfg, error: NoSuchKey: The specified key does not exist.';
    assert.equal(report?.reason, `${REASON} 1 time(s): ${why}`);
    assert.deepEqual(world.containers(), []);
  });

  it('that the role may not read, that are too large, or that nobody can find stop it as well', async () => {
    const world = await begin();
    world.plane.secrets.putObject('cfg', 'large.env', `A=${'x'.repeat(1024 * 1024)}`);
    world.plane.payload(task(1, aContainer('web', { environmentFiles: [file('large.env')] })));
    await world.settle();
    world.plane.payload(task(2, aContainer('web', { environmentFiles: [{ value: 'arn:aws:sqs:::cfg', type: 's3' }] })));
    await world.settle();
    world.plane.secrets.denied.add('ASIAEXECUTION');
    world.plane.payload(task(3, aContainer('web', { environmentFiles: [file('a.env')] })));
    await world.settle();
    const reasons = [1, 2, 3].map((n) => world.plane.reports.find((each) => each.task === taskArn(n))?.reason ?? '');
    assert.match(reasons[0] ?? '', /large\.env from bucket cfg, error: it is larger than 1048576 characters$/);
    assert.match(
      reasons[1] ?? '',
      /failed to download env files: unable to parse bucket and key from s3 ARN .* arn:aws:sqs:::cfg$/,
    );
    assert.match(
      reasons[2] ?? '',
      /a\.env from bucket cfg, error: AccessDenied: User: role is not authorized to perform: s3:GetObject$/,
    );
  });

  it('are fetched again after a restart for the containers still to be made', async () => {
    const world = await begin();
    const first = aContainer('first', { image: 'slow:1', essential: false, environmentFiles: [file('a.env')] });
    const second = aContainer('second', {
      environmentFiles: [file('a.env')],
      dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }],
    });
    world.plane.payload(task(1, first, second));
    await world.settle();
    await world.kill();
    world.plane.secrets.failNext(new LinkError('Unreachable', 'nobody'));
    await world.start();
    await world.clock.turn(120_000);
    const message = { messageId: 'm', taskArn: taskArn(1), taskClusterArn: 'c', roleType: 'TaskExecution' };
    world.plane.send('acs', {
      type: 'IAMRoleCredentialsMessage',
      message: { ...message, roleCredentials: executionRole() },
    });
    await world.settle();
    await world.clock.turn(5_000);
    assert.deepEqual(envOf(world, 'second'), ['ONLY_A=value-of-a', 'PLAIN=from-a', 'SHARED=from-a']);
  });
});
