import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { acsUrl, parseFrame } from './acs.ts';
import { LinkError } from './port.ts';
import { tcsUrl } from './tcs.ts';

let world: AgentWorld;
const begin = async (): Promise<AgentWorld> => {
  world = new AgentWorld();
  await world.start();
  return world;
};
afterEach(() => world.kill());

const web = (number: number) => aTask(number, [aContainer('web')]);
const received = (type: string): readonly Record<string, unknown>[] =>
  world.plane.received.filter((frame) => frame.type === type).map(({ message }) => message);

describe('payloads', () => {
  test('are acked when they are durable, not before', async () => {
    const { plane, disk } = await begin();
    const messageId = plane.payload(web(1));
    let durableAtAck: boolean | undefined;
    const look = async (): Promise<void> => {
      for (let i = 0; i < 100 && plane.acks().length === 0; i += 1) await Promise.resolve();
      durableAtAck = disk.durable.has(`payload/${taskArn(1)}`);
    };
    await look();
    assert.deepEqual(plane.acks(), [messageId]);
    assert.equal(durableAtAck, true);
  });

  test('may come again: acked again, run once', async () => {
    const { plane } = await begin();
    plane.payload(web(1));
    plane.payload(web(1));
    await world.settle();
    assert.equal(plane.acks().length, 2);
    assert.deepEqual(world.containers(), ['web running']);
  });

  test('never lower a desired status', async () => {
    const { plane } = await begin();
    plane.payload(web(1));
    plane.payload(stopOf(1));
    plane.payload(web(1));
    await world.settle();
    assert.match(plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
  });

  test('that stop an unknown task report it STOPPED at once', async () => {
    const { plane } = await begin();
    plane.payload(stopOf(9));
    await world.settle();
    assert.deepEqual(plane.told(taskArn(9)), ['STOPPED']);
    assert.equal(plane.reports[0]?.reason, "TaskStateError: Agent could not progress task's state to stopped");
    assert.equal(plane.acks().length, 1);
  });

  test('apply stops before starts: the port is free for the next', async () => {
    const { plane } = await begin();
    const port = (number: number) =>
      aTask(number, [aContainer('web', { portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' }] })]);
    plane.payload(port(1));
    await world.settle();
    plane.payload(port(2), stopOf(1));
    await world.settle();
    assert.match(plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
    assert.deepEqual(plane.told(taskArn(2)), ['RUNNING web:RUNNING']);
  });

  const invalid = [
    ['overrides with an unknown key', { overrides: '{"cpu":1}' }, /overrides of container web have an unknown key cpu/],
    [
      'a config that is no JSON',
      { dockerConfig: { config: '{', hostConfig: '{}', version: '1' } },
      /config of container web is not JSON/,
    ],
    ['a dependency that is not there', { links: ['db'] }, /depends on db, which is not in the task/],
    ['a dependency on itself', { dependsOn: [{ containerName: 'web', condition: 'START' as const }] }, /form a cycle/],
  ] as const;
  for (const [name, over, text] of invalid) {
    test(`with ${name} are reported STOPPED`, async () => {
      const { plane } = await begin();
      plane.payload(aTask(1, [aContainer('web', over)]));
      await world.settle();
      assert.deepEqual(plane.told(taskArn(1)), ['STOPPED']);
      assert.match(plane.reports[0]?.reason ?? '', /^UnrecogniedTaskError: Error loading task - /);
      assert.match(plane.reports[0]?.reason ?? '', text);
    });
  }
});

describe('manifests', () => {
  test('are acked; what they do not list is offered, and stopped when that is confirmed', async () => {
    const { plane } = await begin();
    plane.payload(web(1));
    plane.payload(web(2));
    await world.settle();
    const messageId = plane.manifest([taskArn(2)]);
    await world.settle();
    assert.ok(plane.acks().includes(messageId));
    const [offer] = received('TaskStopVerificationMessage');
    assert.deepEqual(
      ((offer?.['stopCandidates'] ?? []) as { taskArn: string }[]).map(({ taskArn: arn }) => arn),
      [taskArn(1)],
    );
    assert.equal(offer?.['messageId'], messageId);
    assert.equal(plane.told(taskArn(1)).length, 1, 'nothing stops before it is confirmed');
    const stopTasks = [{ taskArn: taskArn(1), taskClusterArn: 'c', desiredStatus: 'STOPPED' }];
    plane.send('acs', {
      type: 'TaskStopVerificationAck',
      message: { messageId: 'of another one', generatedAt: 0, stopTasks },
    });
    await world.settle();
    assert.equal(plane.told(taskArn(1)).length, 1, 'the wrong manifest confirms nothing');
    plane.send('acs', { type: 'TaskStopVerificationAck', message: { messageId, generatedAt: 0, stopTasks } });
    await world.settle();
    assert.match(plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
    assert.deepEqual(plane.told(taskArn(2)), ['RUNNING web:RUNNING']);
  });

  test('that are not newer than the last number are discarded, also after a restart', async () => {
    const { plane } = await begin();
    plane.manifest([], 10);
    await world.settle();
    assert.equal(plane.acks().length, 1);
    plane.manifest([], 10);
    await world.settle();
    await world.kill();
    await world.start();
    plane.manifest([], 9);
    plane.manifest([], 10);
    await world.settle();
    assert.equal(plane.acks().length, 1);
    plane.manifest([], 11);
    await world.settle();
    assert.equal(plane.acks().length, 2);
  });
});

test('heartbeats are acked, what is no message is dropped', async () => {
  const { plane } = await begin();
  for (const bad of [
    '',
    'x',
    '[]',
    '{}',
    '{"type":3}',
    '{"type":"PayloadMessage"}',
    '{"type":"Nonsense","message":{}}',
    'null',
  ]) {
    plane.send('acs', bad);
  }
  plane.send('acs', { type: 'PayloadMessage', message: { messageId: 'm', seqNum: 'one', tasks: [] } });
  plane.send('acs', { type: 'PayloadMessage', message: { messageId: 'm', seqNum: 1, tasks: [null] } });
  plane.send('acs', { type: 'TaskManifestMessage', message: { messageId: 'm', timeline: 1, tasks: [7] } });
  plane.send('acs', { type: 'HeartbeatMessage', message: { healthy: true, messageId: 'beat' } });
  await world.settle();
  assert.deepEqual(received('HeartbeatAckRequest'), [{ messageId: 'beat' }]);
  assert.deepEqual(plane.acks(), []);
});

describe('connections', () => {
  const open = (kind: 'acs' | 'tcs') => world.plane.connections.filter((c) => c.kind === kind);

  test('that are silent are closed and opened again', async () => {
    await begin();
    await world.clock.turn(121_000);
    assert.deepEqual(open('acs')[0]?.closed?.[0], 1000);
    assert.equal(open('acs').length >= 2, true);
  });

  test('that are old are closed and opened again, though they are alive', async () => {
    await begin();
    for (let minute = 0; minute < 36; minute += 1) {
      for (const kind of ['acs', 'tcs'] as const)
        world.plane.send(kind, { type: 'HeartbeatMessage', message: { healthy: true, messageId: 'b' } });
      await world.clock.turn(59_000);
    }
    assert.deepEqual(open('acs')[0]?.closed, [1000, 'ConnectionExpired: Reconnect to continue']);
    assert.equal(open('acs').length, 2);
    assert.equal(open('tcs').length, 2);
  });

  for (const code of [1000, 1001, 1006, 1011]) {
    test(`closed with ${code} are opened again at once`, async () => {
      const { plane, link } = await begin();
      await world.clock.turn(5000);
      if (code === 1006) link.cut();
      else plane.socket('acs').close(code, 'bye');
      await world.settle();
      assert.equal(open('acs').length, 2);
    });
  }

  test('closed with another code, or at once, wait a moment', async () => {
    const { plane } = await begin();
    await world.clock.turn(5000);
    plane.socket('acs').close(1008, 'no');
    await world.settle();
    assert.equal(open('acs').length, 1);
    await world.clock.turn(400);
    assert.equal(open('acs').length, 2);
    plane.socket('acs').close(1001, 'again');
    await world.settle();
    assert.equal(open('acs').length, 2, 'a connection that lasted no second is not renewed at once');
  });

  test('ask for credentials until the first succeeds', async () => {
    const { link } = await begin();
    await world.clock.turn(5000);
    link.cut();
    await world.settle();
    assert.deepEqual(
      open('acs').map(({ params }) => params.get('sendCredentials')),
      ['true', 'false'],
    );
  });

  test('of a deregistered instance are asked for again after an hour', async () => {
    const { plane, link } = await begin();
    plane.refuseHandshake = () => new LinkError('InactiveInstanceException', 'gone', { status: 400 });
    await world.clock.turn(5000);
    link.cut();
    await world.clock.turn(3_500_000);
    assert.equal(open('acs').length, 1);
    plane.refuseHandshake = undefined;
    await world.clock.turn(200_000);
    assert.equal(open('acs').length >= 2, true);
  });

  test('come back after an outage within seconds, and say what happened meanwhile', async () => {
    const { plane, link, engine } = await begin();
    plane.payload(web(1));
    await world.settle();
    link.goDown();
    engine.crash(engine.containers()[0]?.id ?? '', 7);
    await world.clock.turn(3_600_000);
    assert.deepEqual(plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    link.comeUp();
    await world.clock.turn(13_000);
    assert.equal(plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(7)');
  });
});

test('urls are spelt as the stock agent spells them', () => {
  const query = {
    agentHash: 'h',
    agentVersion: '1',
    cluster: 'my cluster',
    containerInstanceArn: 'arn:a/b',
    dockerVersion: '20.10',
  };
  assert.equal(
    acsUrl('http://x/acs/', { ...query, sendCredentials: true }),
    'http://x/acs/ws?agentHash=h&agentVersion=1&clusterArn=my%20cluster&containerInstanceArn=arn%3Aa%2Fb&dockerVersion=DockerVersion%3A%2020.10&protocolVersion=2&sendCredentials=true&seqNum=1',
  );
  assert.equal(
    tcsUrl('http://x/tcs/', query),
    'http://x/tcs/ws?agentHash=h&agentVersion=1&cluster=my%20cluster&containerInstance=arn%3Aa%2Fb&dockerVersion=20.10',
  );
  assert.equal(parseFrame('{"type":"X"}')?.type, 'X');
});

describe('credentials of roles', () => {
  const given = (id: string) => ({
    credentialsId: id,
    roleArn: 'arn:aws:iam::000000000000:role/app',
    accessKeyId: 'ASIA1',
    secretAccessKey: `secret of ${id}`,
    sessionToken: `token of ${id}`,
    expiration: '2026-01-01T06:00:00Z',
  });
  const acked = () =>
    received('IAMRoleCredentialsAckRequest').map(
      ({ credentialsId, expiration, messageId }) =>
        `${String(messageId)} ${String(credentialsId)} ${String(expiration)}`,
    );
  const push = (message: object) => world.plane.send('acs', { type: 'IAMRoleCredentialsMessage', message });

  test('come with a payload, are acked one by one, and are not in the checkpoint', async () => {
    const { plane, disk } = await begin();
    const roles = { roleCredentials: given('own'), executionRoleCredentials: given('execution') };
    const messageId = plane.payload({ ...web(1), ...roles });
    await world.settle();
    assert.deepEqual(acked(), [`${messageId} own 2026-01-01T06:00:00Z`, `${messageId} execution 2026-01-01T06:00:00Z`]);
    assert.deepEqual(plane.acks(), [messageId]);
    const kept = JSON.stringify([...disk.durable]);
    assert.match(kept, /credentialsId\\*":\\*"own/);
    assert.ok(!/secret of|token of|ASIA1/.test(kept));
  });

  test('are pushed again; those of a task that is not here are not acked', async () => {
    const { plane } = await begin();
    plane.payload({ ...web(1), roleCredentials: given('own') });
    await world.settle();
    const roleType = 'TaskApplication';
    push({ messageId: 'm1', taskArn: taskArn(1), roleType, roleCredentials: given('own') });
    push({ messageId: 'm2', taskArn: taskArn(7), roleType, roleCredentials: given('other') });
    await world.settle();
    assert.deepEqual(acked().slice(1), ['m1 own 2026-01-01T06:00:00Z']);
  });

  test('that lack something are dropped, and said', async () => {
    await begin();
    push({ messageId: 'm1', taskArn: taskArn(1), roleType: 'Other', roleCredentials: given('own') });
    push({ messageId: 'm1', taskArn: taskArn(1), roleType: 'TaskExecution', roleCredentials: { credentialsId: 'x' } });
    await world.settle();
    assert.deepEqual(acked(), []);
    assert.equal(world.logged.filter((line) => line.includes('IAMRoleCredentialsMessage that lacks')).length, 2);
  });
});
