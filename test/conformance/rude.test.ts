import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Rng } from '@gantry/testkit';
import { StockSocket } from './socket.ts';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

const SEEDS = 12;
const MOVES = 80;

let world: World;
let web: string;
before(async () => {
  world = await World.open();
  web = await world.define('web');
});
after(() => world.end());

/** ARNs of its own, of another instance, of nobody, and no ARNs at all. */
function anyTask(rng: Rng, own: readonly string[], others: readonly string[]): string {
  const nobody = `arn:aws:ecs:us-east-1:000000000000:task/default/${rng.int(0, 9)}`.padEnd(80, '0');
  const odd = ['', '*', 'arn:aws:ecs:us-east-1:000000000000:task/default/', '../..', '__proto__', 'x'.repeat(5_000)];
  return rng.chance(0.5) ? rng.pick(own) : rng.pick([...others, nobody, ...odd]);
}

const STATUSES = ['PENDING', 'RUNNING', 'STOPPED', 'NONE', ''] as const;

/** What an agent should never do, in no order; each move is over when it resolves. */
function moves(
  agent: StockAgent,
  rng: Rng,
  own: readonly string[],
  others: readonly string[],
): readonly (() => unknown)[] {
  const task = (): string => anyTask(rng, own, others);
  // A report names no instance: all agents of an account are believed, in ECS as here. So none of another's tasks.
  const reported = (): string => anyTask(rng, own, own);
  const container = (): object => ({
    containerName: rng.pick(['web', 'web', 'side', '', 'toString']),
    exitCode: rng.pick([undefined, 0, 1, -1, 2_147_483_647]),
    networkBindings: rng.pick([[], undefined, [{ hostPort: 1 }], [{ bindIP: '::', containerPort: 80 }]]),
    reason: rng.pick([undefined, '', 'CannotPullContainerError: x', 'y'.repeat(3_000)]),
    status: rng.pick(STATUSES),
  });
  const frames = (): unknown =>
    rng.pick([
      { type: 'AckRequest', message: { messageId: rng.pick([undefined, '', 7, null, 'x', '__proto__']) } },
      { type: 'NackRequest', message: { messageId: 'x', reason: 'Updates are disabled' } },
      { type: 'HeartbeatAckRequest' },
      { type: 'HeartbeatAckRequest', message: { messageId: 'never sent' } },
      { type: 'TaskStopVerificationMessage', message: { messageId: 'stale', stopCandidates: [{ taskArn: task() }] } },
      {
        type: 'TaskStopVerificationMessage',
        message: {
          messageId: agent.acs.of('TaskManifestMessage').at(-1)?.message.messageId,
          stopCandidates: [null, 7, { taskArn: task() }, { taskArn: [task()] }],
        },
      },
      { type: 'IAMRoleCredentialsAckRequest', message: { credentialsId: rng.pick(['x', 7, null]), expiration: 9 } },
      { type: 'PayloadMessage', message: { tasks: [{ arn: task() }] } },
      { type: 'toString', message: {} },
      { type: 'AckRequest', message: ['x'] },
      [],
      null,
    ]);
  const texts = ['', '{', '\u0000', '{"type":"AckRequest"', 'x'.repeat(3 << 20), '[[[['.repeat(10_000), '\uFFFD'];
  return [
    () =>
      agent.report(reported(), rng.pick(['PENDING', 'RUNNING', 'STOPPED']), { containers: [container(), container()] }),
    () => agent.call('SubmitTaskStateChange', { task: reported(), containers: rng.pick([null, 'x', [null], [[]]]) }),
    () => agent.callText('SubmitTaskStateChange', rng.pick(['', '{', '[]', 'null', '"x"', '{"task":{}}'])),
    () => agent.call('SubmitContainerStateChange', { task: reported(), ...container() }),
    () => agent.call('RegisterContainerInstance', { containerInstanceArn: task(), totalResources: [{ name: 'CPU' }] }),
    () => agent.call('DiscoverPollEndpoint', { containerInstance: task(), zoneId: 'x' }),
    () => agent.acs.send(frames()),
    () => agent.acs.send(frames()),
    () => agent.tcs.send(frames()),
    () => agent.acs.sendText(rng.pick(texts)),
    () => agent.tcs.sendText(rng.pick([...texts, 'Host: x\r\n\r\n', '\r\n\r\n{}', 'A: b\r\n\r\n{"type":7}'])),
    () =>
      agent.publish('PublishHealthRequest', {
        tasks: [{ taskArn: task(), containers: [{ containerName: 'web', healthStatus: rng.pick(['HEALTHY', 'x']) }] }],
      }),
    () =>
      agent.publish('PublishMetricsRequest', {
        taskMetrics: [{ taskArn: task(), containerMetrics: [{ containerName: 'web', cpuStatsSet: { sum: -1 } }] }],
      }),
    () => agent.acs.close(rng.pick([1000, 1001, 1011, 4000]), 'no reason'),
    () => agent.acs.cut(),
    () => agent.tcs.cut(),
    () => void (agent.acks = rng.pick(['once', 'twice', 'never'])),
    () => world.clock.turn(rng.int(0, 20_000)),
  ];
}

for (let seed = 1; seed <= SEEDS; seed += 1) {
  test(`rude agent, seed ${seed}: it harms its own tasks alone, and never the control plane`, async () => {
    const rng = new Rng(seed);
    const [rude, good] = [await StockAgent.join(world), await StockAgent.join(world)];
    const own = await world.start(rude, web, 3);
    const others = await world.start(good, web, 3);
    await world.settle();
    for (const arn of others)
      await good.report(arn, 'RUNNING', {
        containers: [{ containerName: 'web', networkBindings: [], status: 'RUNNING' }],
      });
    const before = others.map((arn) => world.task(arn));
    const errors = world.logged.filter((line) => line.startsWith('error')).length;
    for (let move = 0; move < MOVES; move += 1) {
      await rng.pick(moves(rude, rng, own, others))();
      if (!rude.acs.open) assert.ok((await rude.openAcs()) instanceof StockSocket, 'it may come back');
      if (!rude.tcs.open) assert.ok((await rude.openTcs()) instanceof StockSocket, 'it may come back');
    }
    await world.settle();
    rude.acs.cut();
    await rude.acs.closed;
    await rude.connect();
    await world.settle();
    assert.deepEqual(
      others.map((arn) => world.task(arn)),
      before,
      'the tasks of another instance are as they were',
    );
    assert.ok(good.acs.open && good.tcs.open, 'its sockets, too');
    const said = world.logged.filter((line) => line.startsWith('error'));
    assert.equal(said.length, errors, said.at(-1));
    // It still serves: the good one, and the rude one when it behaves.
    rude.acks = 'once';
    for (const agent of [good, rude]) {
      const [arn = ''] = await world.start(agent, web);
      await world.pass(5_000);
      assert.equal(agent.tasks.get(arn), 'RUNNING');
    }
    rude.acs.close();
    good.acs.close();
    await Promise.all([rude.acs.closed, good.acs.closed]);
  });
}

test('rude agents, all at once: two hundred frames a socket from ten of them, and everybody is served', async () => {
  const agents = await Promise.all(Array.from({ length: 10 }, () => StockAgent.join(world)));
  for (const agent of agents) {
    for (let frame = 0; frame < 200; frame += 1) agent.acs.sendText('{"type":"Nonsense","message":{}}');
    for (let frame = 0; frame < 200; frame += 1) agent.tcs.sendText('nonsense');
  }
  await world.settle();
  const said = world.logged.filter((line) => line.includes('Nonsense'));
  assert.equal(said.length, agents.length, 'said once a session');
  const [first, second] = agents as [StockAgent, StockAgent];
  second.acs.sendText('x'.repeat(5 << 20));
  assert.equal((await second.acs.closed).code, 1009, 'more than a frame may have');
  await world.start(first, web);
  await first.acs.next('PayloadMessage');
});
