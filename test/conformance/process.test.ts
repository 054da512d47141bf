import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AwsClient, systemClock, type EcsOperations } from '@gantry/protocol';
import { keysIn, startPlane, type LonePlane } from '../e2e/control-plane.ts';
import { freePort } from '../e2e/world.ts';
import type { StockSocket } from './socket.ts';
import { StockAgent, type Ground } from './stock-agent.ts';

/** The same agent, and a control plane that is a process of its own, with a disk: it can be killed. */
let folder: string;
let port: string;
let plane: LonePlane;
let ground: Ground;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-conformance-'));
  port = String(await freePort());
  plane = await startPlane(join(folder, 'data'), '--port', port, '--key-file', join(folder, 'seal.key'));
  const keys = keysIn(join(folder, 'data'), 'agent');
  ground = { endpoint: plane.endpoint, clock: systemClock, keys, sockets: new Set(), agents: new Set() };
});
after(async () => {
  for (const socket of ground.sockets) socket.cut();
  await plane.end();
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    [...ground.agents].flatMap(({ stumbled }) => stumbled),
    [],
  );
});

const client = (): AwsClient<EcsOperations> =>
  new AwsClient({
    service: 'ecs',
    endpoint: plane.endpoint,
    region: 'us-east-1',
    credentials: keysIn(join(folder, 'data'), 'administrator'),
  });

async function killed(): Promise<void> {
  await plane.end('SIGKILL');
  plane = await startPlane(join(folder, 'data'), '--port', port, '--key-file', join(folder, 'seal.key'));
}

test('10.4 kill -9: what was not acked comes again under its number, and no number comes twice', async () => {
  const agent = await StockAgent.join(ground);
  const containerDefinitions = [{ name: 'web', image: 'busybox', memory: 8 }];
  const { taskDefinition } = await client().call('RegisterTaskDefinition', { family: 'web', containerDefinitions });
  const start = async (): Promise<void> => {
    const input = { taskDefinition: taskDefinition?.taskDefinitionArn ?? '', containerInstances: [agent.arn] };
    assert.deepEqual((await client().call('StartTask', input)).failures, []);
  };
  const numbers = new Map<number, string>();
  const take = (socket: StockSocket): void => {
    for (const { type, message } of socket.received) {
      if (type !== 'PayloadMessage' && type !== 'TaskManifestMessage') continue;
      const number = type === 'PayloadMessage' ? message.seqNum : message.timeline;
      assert.equal(numbers.get(number) ?? message.messageId, message.messageId, `number ${number} was given twice`);
      numbers.set(number, message.messageId);
    }
  };
  for (let round = 1; round <= 3; round += 1) {
    agent.acks = 'never';
    await start();
    await start();
    const sent = [await agent.acs.next('PayloadMessage'), await agent.acs.next('PayloadMessage')];
    take(agent.acs);
    await killed();
    assert.equal((await agent.acs.closed).code, 1006, 'at once it comes back on this code');
    agent.acks = 'once';
    await agent.connect();
    const again = [await agent.acs.next('PayloadMessage'), await agent.acs.next('PayloadMessage')];
    assert.deepEqual(
      again.map(({ message }) => [message.messageId, message.seqNum]),
      sent.map(({ message }) => [message.messageId, message.seqNum]),
    );
    const manifest = await agent.acs.next('TaskManifestMessage');
    assert.equal(manifest.message.tasks.length, 2 * round);
    // What is stored is stored in order: a report that is answered after the acks came is on the disk after them.
    await agent.acs.roundTrip();
    await agent.report(manifest.message.tasks[0]?.taskArn ?? '', 'PENDING');
    take(agent.acs);
  }
  const { containerInstances } = await client().call('DescribeContainerInstances', { containerInstances: [agent.arn] });
  assert.equal(containerInstances?.[0]?.agentConnected, true);
});

test('10.6 SIGTERM: 1001 on both sockets; registration, endpoints and ARN are what they were afterwards', async () => {
  const agent = await StockAgent.join(ground);
  const { arn } = agent;
  await plane.end();
  const codes = await Promise.all([agent.acs.closed, agent.tcs.closed]);
  assert.deepEqual(
    codes.map(({ code }) => code),
    [1001, 1001],
  );
  plane = await startPlane(join(folder, 'data'), '--port', port, '--key-file', join(folder, 'seal.key'));
  await agent.connect();
  assert.equal(agent.endpointCalls, 1);
  assert.equal((await agent.register()).body.containerInstance.containerInstanceArn, arn);
});
