import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import fc from 'fast-check';
import { DataChannel, type DataChannelOptions } from './channel.ts';
import { decodeFrame, PAYLOAD } from './frame.ts';

interface World {
  readonly clock: FakeClock;
  readonly agent: DataChannel;
  readonly client: DataChannel;
  readonly got: string[];
  readonly sent: { fromAgent: number; fromClient: number };
}

/** Two ends and a line between them that does with each message what `fate` says: lose it, bring it late, bring it twice. */
function world(fate: () => readonly number[] = () => [0], more: Partial<DataChannelOptions> = {}): World {
  const [clock, ids] = [new FakeClock(), new SeededIds(1)];
  const got: string[] = [];
  const sent = { fromAgent: 0, fromClient: 0 };
  const carry = (to: () => DataChannel, message: Uint8Array): void => {
    for (const delayMs of fate()) {
      void clock.sleep(delayMs).then(() => assert.equal(to().receive(message), undefined));
    }
  };
  const common = {
    clock,
    ids,
    sessionId: 's',
    unsentBytes: () => 0,
    closed: (output: string) => void got.push(`closed: ${output}`),
    lost: () => void got.push('lost'),
  };
  const agent: DataChannel = new DataChannel({
    ...common,
    sends: 'output_stream_data',
    transmit: (message) => {
      sent.fromAgent += 1;
      carry(() => client, message);
    },
    deliver: () => undefined,
  });
  const client: DataChannel = new DataChannel({
    ...common,
    sends: 'input_stream_data',
    transmit: (message) => {
      sent.fromClient += 1;
      carry(() => agent, message);
    },
    deliver: (type, payload) => void got.push(`${type} ${Buffer.from(payload).toString()}`),
    ...more,
  });
  return { clock, agent, client, got, sent };
}

test('what is sent comes once and in order, whatever is lost, late or doubled', async () => {
  const fates = fc.infiniteStream(fc.constantFrom<readonly number[]>([0], [3], [], [700], [1, 40], [0, 2_000]));
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 30 }), async (stream, count) => {
      const fate = (): readonly number[] => (stream.next().value as readonly number[] | undefined) ?? [0];
      const { clock, agent, got } = world(fate);
      const wanted = Array.from({ length: count }, (_, n) => `1 ${n}`);
      for (let n = 0; n < count; n += 1) agent.send(PAYLOAD.bytes, String(n));
      let settled = false;
      void agent.settled().then(() => (settled = true));
      for (let turns = 0; turns < 400 && !settled; turns += 1) await clock.turn(1_000);
      assert.deepEqual(got, wanted);
      assert.ok(settled);
      agent.end();
    }),
    { numRuns: 60 },
  );
});

test('an acknowledgement names type, id and number, and has both flags', async () => {
  const { clock, agent, client } = world();
  const acks: Uint8Array[] = [];
  const receive = agent.receive.bind(agent);
  agent.receive = (message) => {
    acks.push(message);
    return receive(message);
  };
  agent.send(PAYLOAD.bytes, 'x');
  await clock.turn(10);
  const frame = decodeFrame(acks[0] as Uint8Array);
  assert.ok(!('problem' in frame));
  assert.deepEqual([frame.messageType, frame.flags, frame.sequenceNumber], ['acknowledge', 3, 0]);
  const document = JSON.parse(Buffer.from(frame.payload).toString()) as Record<string, unknown>;
  assert.equal(document['AcknowledgedMessageType'], 'output_stream_data');
  assert.equal(document['AcknowledgedMessageSequenceNumber'], 0);
  assert.equal(document['IsSequentialMessage'], true);
  assert.match(String(document['AcknowledgedMessageId']), /^[0-9a-f-]{36}$/);
  client.end();
});

test('a reader that takes its time stops the writer, and loses nothing', async () => {
  const held: (() => void)[] = [];
  const deliver = (): Promise<void> => new Promise((resolve) => held.push(resolve));
  const { clock, agent } = world(undefined, { deliver });
  const piece = Buffer.alloc(64 * 1024);
  let written = 0;
  const writing = (async () => {
    for (; written < 100; written += 1) {
      await agent.room();
      agent.send(PAYLOAD.bytes, piece);
    }
  })();
  await clock.turn(5_000);
  assert.ok(written <= 17, `${written} of 64 KiB are under way`);
  assert.equal(held.length, written, 'each was delivered once, though the oldest was sent again');
  for (let turns = 0; turns < 200 && written < 100; turns += 1) {
    for (const release of held.splice(0)) release();
    await clock.turn(10);
  }
  await writing;
  assert.equal(written, 100);
  agent.end();
});

test('a line that swallows everything is given up after five minutes', async () => {
  const { clock, agent, got, sent } = world(() => []);
  agent.send(PAYLOAD.bytes, 'x');
  await clock.turn(4 * 60_000);
  assert.deepEqual(got, []);
  assert.ok(sent.fromAgent > 200, `sent ${sent.fromAgent} times`);
  await clock.turn(2 * 60_000);
  assert.deepEqual(got, ['lost']);
});

test('the end is told with its words, and an ended channel is silent', async () => {
  const { clock, agent, client, got } = world();
  agent.sayClosed('bye');
  await clock.turn(10);
  assert.deepEqual(got, ['closed: bye']);
  agent.end();
  agent.send(PAYLOAD.bytes, 'x');
  await agent.room();
  await agent.settled();
  await clock.turn(10);
  assert.deepEqual(got, ['closed: bye']);
  assert.equal(client.receive(Buffer.from('garbage')), 'it has 7 bytes, fewer than its header');
});
