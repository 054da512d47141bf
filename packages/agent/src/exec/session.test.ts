import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DataChannel,
  FLAG,
  flagPayload,
  handshakeResponse,
  PAYLOAD,
  type ByteSocket,
  type ClientWishes,
} from '@gantry/protocol';
import { aContainer, aTask } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { IDLE_MS } from './session.ts';

/** A client at the other end of a session's socket: what it sees, in order. */
class Client {
  readonly seen: string[] = [];
  readonly channel: DataChannel;
  ended: readonly [number, string] | undefined;

  constructor(world: AgentWorld, socket: ByteSocket, wishes: ClientWishes | undefined, answers = true) {
    this.channel = new DataChannel({
      clock: world.clock,
      ids: world.ids,
      sessionId: 's1',
      sends: 'input_stream_data',
      transmit: (message) => socket.send(message),
      unsentBytes: () => socket.unsentBytes,
      deliver: (type, data) => {
        if (type === PAYLOAD.handshakeRequest && answers)
          this.channel.send(PAYLOAD.handshakeResponse, handshakeResponse('1.2.3', wishes));
        const text = Buffer.from(data).toString();
        this.seen.push(
          type < PAYLOAD.handshakeRequest || type > PAYLOAD.handshakeComplete ? `${type} ${text}` : `${type}`,
        );
      },
      closed: (output) => void this.seen.push(`closed ${output}`),
      lost: () => void this.seen.push('lost'),
    });
    socket.onMessage((message) => {
      if (typeof message !== 'string') this.channel.receive(message);
    });
    socket.onClose((code, reason) => (this.ended = [code, reason]));
  }

  type(text: string): void {
    this.channel.send(PAYLOAD.bytes, text);
  }
}

async function open(
  command: string,
  wishes?: ClientWishes | 'plugin' | 'silent',
): Promise<{ world: AgentWorld; client: Client; socket: ByteSocket; id: string }> {
  const world = new AgentWorld();
  await world.start();
  const task = aTask(1, [aContainer('web')]);
  world.plane.payload(task);
  await world.settle();
  const containerName = 'web';
  world.plane.socket('acs').send(
    JSON.stringify({
      type: 'ExecSessionMessage',
      message: { sessionId: 's1', taskArn: task.arn, containerName, command, endpoint: 'http://here/exec/' },
    }),
  );
  await world.settle();
  const socket = world.plane.joined.get('s1');
  assert.ok(socket);
  const isOurs = wishes !== 'plugin' && wishes !== 'silent';
  const client = new Client(world, socket, isOurs ? (wishes ?? {}) : undefined, wishes !== 'silent');
  await world.settle();
  const id = world.engine.containers()[0]?.id ?? '';
  return { world, client, socket, id };
}

test('our client: both streams, the exit code, and the end', async () => {
  const { world, client } = await open(`/bin/sh -c 'echo one; echo two >&2; exit 7'`);
  await world.clock.turn(1_000);
  assert.deepEqual(client.seen, ['5', '7', '1 one\n', '11 two\n', '12 7', 'closed ']);
  assert.equal(client.ended?.[0], 1000);
});

test('session-manager-plugin: a terminal of its size, output alone, no payload it does not know', async () => {
  const { world, client } = await open(`/bin/sh -c 'stty size; read again; stty size'`, 'plugin');
  client.channel.send(PAYLOAD.size, JSON.stringify({ cols: 120, rows: 40 }));
  client.type('x\n');
  await world.clock.turn(1_000);
  assert.deepEqual(client.seen, ['5', '7', '1 24 80\r\n', '1 x\n', '1 40 120\r\n', 'closed ']);
});

test('a pipe has an end, and what was written before the program was there is not lost', async () => {
  const { world, client } = await open('cat');
  client.type('abc');
  client.channel.send(PAYLOAD.flag, flagPayload(FLAG.endOfInput));
  await world.clock.turn(1_000);
  assert.deepEqual(client.seen, ['5', '7', '1 abc', '12 0', 'closed ']);
});

test('a large piece goes to the plugin in pieces of 1024 bytes', async () => {
  const { world, client } = await open('cat', 'plugin');
  client.type('x'.repeat(2_500));
  await world.clock.turn(100);
  assert.deepEqual(
    client.seen.filter((line) => line.startsWith('1 ')).map((line) => line.length - 2),
    [1024, 1024, 452],
  );
});

test('a port instead of a program', async () => {
  const { world, client } = await open('gantry-port-forward 80');
  client.type('GET /');
  await world.clock.turn(100);
  client.channel.send(PAYLOAD.flag, flagPayload(FLAG.endOfInput));
  await world.clock.turn(1_000);
  assert.deepEqual(client.seen, ['5', '7', '1 GET /', '12 0', 'closed ']);
  const nobody = await open('gantry-port-forward 81');
  await nobody.world.clock.turn(1_000);
  assert.deepEqual(nobody.client.seen.slice(2, 4), ['11 connect ECONNREFUSED 127.0.0.1:81\n', '12 1']);
});

test('the container stops: the session says so', async () => {
  const { world, client, id } = await open('sleep 3600');
  world.engine.kill(id);
  await world.clock.turn(1_000);
  assert.match(client.seen.at(-1) ?? '', /^closed The session ended: container \w+ has stopped\.\n$/);
  assert.equal(client.ended?.[0], 1000);
});

test('twenty minutes without a byte end it; a byte begins them anew', async () => {
  const { world, client } = await open('cat');
  await world.clock.turn(IDLE_MS - 1_000);
  client.type('x');
  await world.clock.turn(IDLE_MS - 1_000);
  assert.equal(client.ended, undefined);
  await world.clock.turn(2_000);
  assert.equal(client.seen.at(-1), 'closed The session ended: nothing was typed or written for 20 minutes\n');
});

test('a client that does not answer, leaves, or asks for the end', async () => {
  const silent = await open('cat', 'silent');
  await silent.world.clock.turn(31_000);
  assert.match(silent.client.seen.at(-1) ?? '', /did not answer the handshake/);
  assert.equal(silent.world.engine.calls.filter(({ call }) => call === 'exec').length, 0, 'nothing was started');
  const asking = await open('sleep 3600', 'plugin');
  asking.client.channel.send(PAYLOAD.flag, flagPayload(FLAG.terminate));
  await asking.world.clock.turn(100);
  assert.equal(asking.client.ended?.[0], 1000);
  const leaving = await open('sleep 3600');
  leaving.socket.close(1000, 'bye');
  await leaving.world.clock.turn(100);
  await leaving.world.agent?.stop();
});

test('the agent stops: every session ends first', async () => {
  const { world, client } = await open('cat');
  const stopping = world.agent?.stop();
  await world.clock.turn(100);
  await stopping;
  assert.equal(client.seen.at(-1), 'closed The session ended: the agent stops\n');
});

test('what cannot be served is refused in words, and starts nothing', async () => {
  for (const [command, words] of [
    [`sh 'open`, /quote that is not closed/],
    ['gantry-port-forward 99999', /takes one port/],
    ['gantry-port-forward 80 81', /takes one port/],
    ['cat', /container \w+ does not run/],
  ] as const) {
    const world = new AgentWorld();
    await world.start();
    const task = aTask(1, [aContainer('web')]);
    if (command !== 'cat') world.plane.payload(task);
    await world.settle();
    const containerName = 'web';
    const message = { sessionId: 's1', taskArn: task.arn, containerName, command, endpoint: 'http://here/exec/' };
    world.plane.socket('acs').send(JSON.stringify({ type: 'ExecSessionMessage', message }));
    await world.settle();
    const socket = world.plane.joined.get('s1');
    assert.ok(socket);
    let end = '';
    socket.onClose((code, reason) => (end = `${code} ${reason}`));
    socket.onMessage(() => undefined);
    await world.settle();
    assert.match(end, words);
    assert.match(end, /^1011 /);
  }
});
