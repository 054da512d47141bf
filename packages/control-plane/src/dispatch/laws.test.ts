import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '@gantry/testkit';
import { ScriptedAgent } from './testing/scripted-agent.ts';
import { DispatchWorld } from './testing/world.ts';

/** Numbers an instance was given, over all control planes: payloads when first sent, manifests always. */
class Numbers {
  readonly #seen = new Set<number>();
  readonly #messages = new Map<string, number>();
  #read = 0;

  check(agent: ScriptedAgent): void {
    for (const frame of agent.received.slice(this.#read)) {
      if (frame.type === 'PayloadMessage') {
        const { messageId, seqNum } = frame.message;
        if (this.#messages.get(messageId) === seqNum) continue;
        assert.ok(!this.#messages.has(messageId), 'a message changed its number');
        this.#messages.set(messageId, seqNum);
        this.#take(seqNum);
      }
      if (frame.type === 'TaskManifestMessage') this.#take(frame.message.timeline);
    }
    this.#read = agent.received.length;
  }

  #take(number: number): void {
    assert.ok(!this.#seen.has(number), `number ${number} was given twice`);
    this.#seen.add(number);
  }
}

/** A world in which everything that can go wrong does, then nothing does any more. */
async function live(seed: number, steps: number): Promise<void> {
  const rng = new Rng(seed);
  const world = await DispatchWorld.start(seed);
  const arn = await world.register();
  const agent = new ScriptedAgent(world, arn);
  const numbers = new Numbers();
  const pairs: ReturnType<ScriptedAgent['connect']>[] = [];
  let tasks = 0;
  const connect = (): unknown => pairs.push(agent.connect());
  agent.ackPolicy = () => (rng.chance(0.5) ? 'never' : rng.chance(0.5) ? 'twice' : 'ack');

  const moves: readonly (() => unknown)[] = [
    connect,
    connect,
    () => world.place((tasks += 1), arn),
    () => world.place((tasks += 1), arn),
    () => (tasks === 0 ? undefined : world.requestStop(rng.int(1, tasks))),
    () => agent.pair?.cut(),
    () => agent.pair?.agent.close(1000, 'ConnectionExpired'),
    () => {
      agent.acksHeartbeats = !agent.acksHeartbeats;
    },
    // Its disk survives, or it does not and it comes back without a memory.
    () => agent.crash(),
    () => {
      agent.crash(new Map());
      agent.timeline = -1;
    },
    () => reportLate(agent, rng),
    () => world.clock.turn(rng.int(0, 60_000)),
    async () => {
      world.kill();
      agent.pair?.cut();
      await world.boot();
    },
  ];
  for (let step = 0; step < steps; step += 1) {
    await rng.pick(moves)();
    if (rng.chance(0.7)) {
      await world.settle();
      assert.ok(pairs.filter((pair) => pair.closed() === undefined).length <= 1, 'one live session');
    }
    numbers.check(agent);
  }
  agent.ackPolicy = () => 'ack';
  agent.acksHeartbeats = true;
  connect();
  await world.clock.turn(15 * 60_000);
  numbers.check(agent);
  assert.equal(
    pairs.filter((pair) => pair !== agent.pair && pair.closed() === undefined).length,
    0,
    'one live session',
  );
  assert.equal(world.instance(arn).agentConnected, true);
  assert.deepEqual(world.outbox(arn), [], 'everything is delivered');
  for (let number = 1; number <= tasks; number += 1) {
    const task = world.task(number);
    assert.ok(task !== undefined);
    assert.equal(agent.tasks.get(task.taskArn) ?? 'STOPPED', task.desiredStatus, `task ${number} runs as it is wanted`);
    assert.equal(
      task.lastStatus === 'STOPPED',
      task.desiredStatus === 'STOPPED',
      `task ${number} is ${task.lastStatus}`,
    );
  }
}

async function reportLate(agent: ScriptedAgent, rng: Rng): Promise<void> {
  const running = [...agent.tasks].filter(([, desired]) => desired === 'RUNNING');
  if (running.length === 0) return;
  const [arn] = rng.pick(running);
  await agent.report(arn, rng.chance(0.5) ? 'RUNNING' : 'PENDING');
  if (rng.chance(0.3)) await agent.report(arn, 'RUNNING');
}

for (let seed = 1; seed <= 60; seed += 1) {
  test(`nothing is lost, no number comes twice, one session lives: seed ${seed}`, () => live(seed, 60));
}
