import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, objectOf, type ByteSocket } from '@gantry/protocol';
import { bytePair, type BytePair } from '@gantry/testkit/byte-pair.ts';
import { ScriptedAgent } from '../testing/scripted-agent.ts';
import { CALLER, codeOf, DispatchWorld } from '../testing/world.ts';
import type { ExecGrant } from './sessions.ts';

interface Scene {
  readonly world: DispatchWorld;
  readonly agent: ScriptedAgent;
  readonly grant: (n?: number) => ExecGrant;
  /** A client with a socket of its own: what it hears, and its end. */
  readonly client: (sessionId: string) => End;
  readonly join: (sessionId: string, arn?: string) => End;
}

interface End extends BytePair {
  readonly socket: ByteSocket;
  readonly heard: string[];
}

const opening = (TokenValue: string): string =>
  JSON.stringify({ MessageSchemaVersion: '1.0', RequestId: 'r', TokenValue, ClientId: 'c', ClientVersion: '1.2.0' });

function listen(pair: BytePair): End {
  const heard: string[] = [];
  pair.far.onMessage((message) => {
    const frame = typeof message === 'string' ? { problem: message } : decodeFrame(message);
    if (!('problem' in frame)) heard.push(`${frame.messageType} ${String(objectOf(frame.payload)['Output'])}`);
    else heard.push(Buffer.from(message).toString());
  });
  return Object.assign(pair, { socket: pair.far, heard });
}

async function scene(): Promise<Scene> {
  const world = await DispatchWorld.start();
  const agent = new ScriptedAgent(world, await world.register());
  agent.connect();
  await world.settle();
  const tasks = [await world.place(1, agent.arn), await world.place(2, agent.arn)];
  await world.settle();
  const { exec } = world.dispatch;
  return {
    world,
    agent,
    grant: (n = 0) => exec.grant(tasks[n] ?? assert.fail(), 'app', 'sh -c x'),
    client: (sessionId) => {
      const pair = bytePair();
      exec.admitClient(sessionId)(pair.near);
      return listen(pair);
    },
    join: (sessionId, arn = agent.arn) => {
      const pair = bytePair();
      exec.admitAgent(new URLSearchParams({ sessionId, containerInstanceArn: arn }), CALLER)(pair.near);
      return listen(pair);
    },
  };
}

test('a client with the token and the agent of the instance are joined, and hear each other', async () => {
  const { world, agent, grant, client, join } = await scene();
  const { sessionId, tokenValue, streamUrl } = grant();
  assert.equal(streamUrl, `ws://127.0.0.1:4566/v1/data-channel/${sessionId}?role=publish_subscribe`);
  assert.throws(() => join(sessionId), 'the agent is not asked for before its client is there');
  const near = client(sessionId);
  near.socket.send(opening(tokenValue));
  near.socket.send('early');
  await world.settle();
  assert.deepEqual(
    agent.get('ExecSessionMessage').map(({ message }) => message),
    [
      {
        sessionId,
        taskArn: world.task(1)?.taskArn,
        containerName: 'app',
        command: 'sh -c x',
        endpoint: 'http://127.0.0.1:4566/exec/',
      },
    ],
  );
  const far = join(sessionId);
  far.socket.send(Buffer.from([1, 2]));
  near.socket.send(Buffer.from('late'));
  await world.settle();
  assert.deepEqual(far.heard, ['early', 'late']);
  assert.deepEqual(near.heard, ['\u0001\u0002']);
  far.socket.close(1000, 'done');
  await world.settle();
  assert.equal(near.closed()?.code, 1000);
  assert.throws(() => client(sessionId));
  assert.ok(world.logged.every(({ message }) => !message.includes(tokenValue)));
});

test('a token opens its own session, once, within a minute', async () => {
  const { world, agent, grant, client, join } = await scene();
  const [one, two] = [grant(0), grant(1)];
  const attempt = async (sessionId: string, first: string | Uint8Array): Promise<string> => {
    const end = client(sessionId);
    end.socket.send(first);
    await world.settle();
    return `${end.closed()?.code}`;
  };
  const guesses = [
    '',
    'x',
    '{}',
    opening(''),
    opening('guess'),
    opening(two.tokenValue),
    Buffer.from(opening(one.tokenValue)),
  ];
  for (const guess of guesses) assert.equal(await attempt(one.sessionId, guess), '1008');
  assert.deepEqual(agent.get('ExecSessionMessage'), [], 'nobody was told');
  assert.equal(await attempt(one.sessionId, opening(one.tokenValue)), 'undefined');
  assert.equal(await attempt(one.sessionId, opening(one.tokenValue)), '1008', 'it was used');
  join(one.sessionId);
  assert.equal(agent.get('ExecSessionMessage').length, 1);
  await world.clock.turn(61_000);
  assert.throws(
    () => client(two.sessionId),
    (error) => codeOf(error) === 'BadRequestException',
  );
  assert.throws(() => client('ecs-execute-command-guess'));
});

test('who connects and says nothing is closed', async () => {
  const { world, grant, client } = await scene();
  const end = client(grant().sessionId);
  await world.clock.turn(11_000);
  assert.equal(end.closed()?.code, 1008);
});

test('an agent joins sessions of its own instance alone, and one agent each', async () => {
  const { world, grant, client, join } = await scene();
  const other = await world.register();
  const { sessionId, tokenValue } = grant();
  const near = client(sessionId);
  near.socket.send(opening(tokenValue));
  await world.settle();
  assert.throws(() => join(sessionId, other));
  assert.throws(() => join('ecs-execute-command-other'));
  const stranger = { ...CALLER, account: '111111111111' as typeof CALLER.account };
  const params = new URLSearchParams({ sessionId, containerInstanceArn: world.instance(other).containerInstanceArn });
  assert.throws(() => world.dispatch.exec.admitAgent(params, stranger));
  join(sessionId);
  assert.throws(() => join(sessionId));
});

const ends: readonly (readonly [name: string, run: (s: Scene, far: End) => Promise<unknown> | void, words: RegExp])[] =
  [
    ['the agent’s connection breaks', (_s, far) => far.cut(), /connection to the container agent broke/],
    ['the agent refuses', (_s, far) => far.socket.close(1011, 'no such thing'), /cannot start: no such thing\./],
    ['the control plane stops', ({ world }) => void world.dispatch.stop(), /the control plane stops/],
  ];
for (const [name, run, words] of ends) {
  test(`the client is told why: ${name}`, async () => {
    const s = await scene();
    const { sessionId, tokenValue } = s.grant();
    const near = s.client(sessionId);
    near.socket.send(opening(tokenValue));
    await s.world.settle();
    await run(s, s.join(sessionId));
    await s.world.settle();
    assert.match(near.heard.at(-1) ?? '', words);
    assert.match(near.heard.at(-1) ?? '', /^channel_closed /);
    assert.notEqual(near.closed(), undefined);
  });
}

test('an agent that is not there, or does not come', async () => {
  const { world, agent, grant, client } = await scene();
  const late = grant();
  const waiting = client(late.sessionId);
  waiting.socket.send(opening(late.tokenValue));
  await world.clock.turn(16_000);
  assert.match(waiting.heard[0] ?? '', /does not answer/);
  const { sessionId, tokenValue } = grant();
  agent.pair?.cut();
  await world.settle();
  const near = client(sessionId);
  near.socket.send(opening(tokenValue));
  await world.settle();
  assert.match(near.heard[0] ?? '', /is not connected/);
});

test('the client goes: the agent is told', async () => {
  const { world, grant, client, join } = await scene();
  const { sessionId, tokenValue } = grant();
  const near = client(sessionId);
  near.socket.send(opening(tokenValue));
  await world.settle();
  const far = join(sessionId);
  near.cut();
  await world.settle();
  assert.equal(far.closed()?.code, 1000);
});

test('who does not read makes the other wait, and gets everything', async () => {
  const { world, grant, client, join } = await scene();
  const { sessionId, tokenValue } = grant();
  const near = client(sessionId);
  near.socket.send(opening(tokenValue));
  await world.settle();
  const far = join(sessionId);
  near.socket.pause();
  const piece = Buffer.alloc(1024 * 1024, 'x');
  for (let n = 0; n < 20; n += 1) far.socket.send(piece);
  await world.settle();
  assert.ok(far.socket.unsentBytes > 10 * piece.length, `${far.socket.unsentBytes} bytes wait at the agent`);
  near.socket.resume();
  await world.settle();
  assert.equal(near.heard.join('').length, 20 * piece.length);
  assert.equal(far.socket.unsentBytes, 0);
});
