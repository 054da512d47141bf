import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import fc from 'fast-check';
import { EngineError } from '../engine/port.ts';
import { aContainer, aTask, eni, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { highestBlock, HostPorts, linuxPorts, localPorts, NoBlock } from './host-ports.ts';
import { foldRanges, readRange, singlePorts } from './port-ranges.ts';

const ranged = (...ranges: readonly string[]) =>
  ranges.map((containerPortRange) => ({ containerPortRange, protocol: 'tcp' as const }));

describe('ranges of ports', () => {
  it('are two ports, the lower one first', () => {
    assert.deepEqual(readRange('8000-8003'), { first: 8000, count: 4 });
    assert.deepEqual(readRange('65535-65535'), { first: 65_535, count: 1 });
    for (const bad of ['', '8000', '8003-8000', '0-5', '1-65536', 'a-b', '1-2-3'])
      assert.equal(readRange(bad), undefined);
  });

  it('law: what is bound to a block is told as one binding, whatever else is bound', () => {
    const cases = fc.record({
      first: fc.integer({ min: 1000, max: 2000 }),
      count: fc.integer({ min: 1, max: 30 }),
      block: fc.integer({ min: 32_768, max: 60_000 }),
      single: fc.integer({ min: 3000, max: 4000 }),
    });
    fc.assert(
      fc.property(cases, ({ first, count, block, single }) => {
        const range = `${first}-${first + count - 1}`;
        const mappings = [{ containerPort: single, hostPort: 80, protocol: 'tcp' as const }, ...ranged(range)];
        const ports = singlePorts(mappings, new Map([[`${range}/tcp`, block]]));
        assert.equal(ports.length, count + 1);
        const told = foldRanges(
          mappings,
          ports.map((port) => ({ bindIP: '0.0.0.0', ...port })),
        );
        assert.deepEqual(told, [
          { bindIP: '0.0.0.0', containerPort: single, hostPort: 80, protocol: 'tcp' },
          {
            bindIP: '0.0.0.0',
            containerPortRange: range,
            hostPortRange: `${block}-${block + count - 1}`,
            protocol: 'tcp',
          },
        ]);
      }),
    );
  });
});

describe("blocks of the host's ports", () => {
  it('law: are free from end to end, and the highest there is', () => {
    const ports = fc.integer({ min: 100, max: 160 });
    fc.assert(
      fc.property(fc.uniqueArray(ports, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (used, count) => {
        const isFree = (port: number): boolean => !used.includes(port);
        const fits = (start: number): boolean =>
          start + count - 1 <= 160 && Array.from({ length: count }, (_, n) => start + n).every(isFree);
        const all = Array.from({ length: 61 }, (_, n) => 100 + n).filter(fits);
        assert.equal(highestBlock(count, [100, 160], isFree), all.at(-1));
      }),
    );
  });

  it('are given to one at a time, and again when nobody took them', async () => {
    const clock = new FakeClock();
    const host = {
      dynamicRange: () => Promise.resolve([100, 109] as const),
      inUse: () => Promise.resolve(new Set([105])),
    };
    const ports = new HostPorts(host, clock);
    assert.deepEqual(await Promise.all([ports.take(4, 'tcp'), ports.take(4, 'udp')]), [106, 106]);
    assert.equal(await ports.take(4, 'tcp'), 101);
    await assert.rejects(ports.take(4, 'tcp'), NoBlock);
    await clock.turn(60_001);
    assert.equal(await ports.take(4, 'tcp'), 106);
  });

  it('are those the kernel says', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const used = await linuxPorts.inUse('tcp');
    const [first, last] = await linuxPorts.dynamicRange();
    server.close();
    assert.ok(used.has(port), `${port} is listened on`);
    assert.ok(first < last && last <= 65_535);
    const row = '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0';
    assert.deepEqual(localPorts(`  sl  local_address rem_address   st\n${row}\n`), [8080]);
  });
});

describe('a container with a port range', () => {
  const boundTo = (world: AgentWorld): unknown =>
    world.plane.reports.at(-1)?.containers?.map(({ networkBindings = [] }) => networkBindings);

  it('has a block of host ports in bridge mode, told as a range', async () => {
    const world = new AgentWorld();
    await world.start();
    const portMappings = [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' as const }, ...ranged('7000-7003')];
    world.plane.payload(aTask(1, [aContainer('web', { portMappings })]));
    world.plane.payload(aTask(2, [aContainer('web', { portMappings: ranged('7000-7003') })]));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    const range = (hostPortRange: string) => ({
      bindIP: '0.0.0.0',
      containerPortRange: '7000-7003',
      hostPortRange,
      protocol: 'tcp',
    });
    const all = world.plane.reports.map(({ containers = [] }) => containers[0]?.networkBindings?.at(-1));
    assert.deepEqual(all, [range('40006-40009'), range('40002-40005')]);
    world.plane.payload(aTask(3, [aContainer('web', { portMappings: ranged('7000-7003') })]));
    await world.settle();
    assert.equal(
      world.plane.reports.at(-1)?.containers?.[0]?.reason,
      'CannotCreateContainerError: 4 contiguous host ports unavailable for tcp within 40000-40009',
    );
    await world.kill();
  });

  it('is told the same when the answer to its start was lost', async () => {
    const world = new AgentWorld();
    await world.start();
    world.engine.failNext('startContainer', new EngineError('failed', 'a bad moment'), { afterEffect: true });
    world.plane.payload(aTask(1, [aContainer('web', { portMappings: ranged('7000-7003') })]));
    await world.clock.turn(10_000);
    const [bound] = boundTo(world) as Record<string, string>[][];
    assert.deepEqual(
      bound?.map(({ hostPortRange }) => hostPortRange),
      ['40006-40009'],
    );
    await world.kill();
  });

  it('needs none where it has an address of its own', async () => {
    const world = new AgentWorld();
    await world.start();
    const container = aContainer('web', { portMappings: ranged('1-65535') });
    world.plane.payload(aTask(1, [container], { networkMode: 'awsvpc', elasticNetworkInterfaces: [eni()] }));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    assert.deepEqual(boundTo(world), [[]]);
    await world.kill();
  });
});
