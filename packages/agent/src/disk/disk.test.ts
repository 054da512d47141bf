import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aContainer, aTask, taskArn } from '../testing/payloads.ts';
import { AgentWorld, CONFIG } from '../testing/world.ts';
import { DISK_CONTRACT } from './contract.ts';
import { exceeded, isLookDue } from './decide.ts';
import { FakeDisk } from './fake.ts';
import { LinuxDisk } from './linux.ts';

const GIB = 1024 ** 3;

describe('a fake disk', () => {
  for (const [name, check] of Object.entries(DISK_CONTRACT))
    it(name, async () => {
      const disk = new FakeDisk();
      await check({ disk, path: (path) => path, write: async (path, bytes) => void disk.sizes.set(path, bytes) });
    });
});

describe('the disk of this host', () => {
  let base: string;
  let disk: LinuxDisk;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'gantry-disk-'));
    await mkdir(join(base, 'volumes'));
    disk = (await LinuxDisk.open(base)) ?? assert.fail('it cannot be seen');
  });
  afterEach(() => rm(base, { recursive: true }));
  const path = (name: string): string => join(base, name);
  const write = (file: string, bytes: number): Promise<void> =>
    writeFile(file, Buffer.alloc(bytes, 'x'), { flush: true });

  for (const [name, check] of Object.entries(DISK_CONTRACT)) it(name, () => check({ disk, path, write }));

  it('follows no link, and takes a name for what it is', async () => {
    await mkdir(path('a\nb -x'));
    await write(path('a\nb -x/file'), 5_000_000);
    await mkdir(path('other'));
    await symlink(path('a\nb -x'), path('other/link'));
    const sizes = await disk.measure([path('a\nb -x'), path('other')]);
    assert.ok((sizes.get(path('a\nb -x')) ?? 0) >= 5_000_000);
    assert.ok((sizes.get(path('other')) ?? 0) < 100_000);
  });

  it('is not there when the engine is elsewhere', async () => {
    assert.equal(await LinuxDisk.open('/nowhere/docker'), undefined);
    assert.equal(await LinuxDisk.open(undefined), undefined);
  });
});

describe('a look at the disk', () => {
  const last = { atMs: 0, freeBytes: 100 * GIB, leastLeftBytes: 20 * GIB };
  const cases: readonly (readonly [string, Parameters<typeof isLookDue>, boolean])[] = [
    ['the first', [undefined, 0, 0], true],
    ['nothing was written', [last, 1000, 100 * GIB], false],
    ['less was written than any task has left', [last, 1000, 91 * GIB], false],
    ['so much was written that a task may be near its end', [last, 1000, 90 * GIB], true],
    [
      'a task is at its end, and hardly anything was written',
      [{ ...last, leastLeftBytes: 0 }, 1000, 100 * GIB - 1e6],
      false,
    ],
    ['something was freed', [last, 1000, 200 * GIB], false],
    ['a minute has passed', [last, 60_000, 100 * GIB], true],
    ['nobody has a share', [{ ...last, leastLeftBytes: Infinity }, 1000, 0], false],
  ];
  for (const [name, given, due] of cases) it(name, () => assert.equal(isLookDue(...given), due));

  it('tells what is over the share alone', () => {
    assert.equal(exceeded(20 * GIB, 20), undefined);
    assert.match(
      exceeded(20.5 * GIB, 20) ?? '',
      /^Task stopped: ephemeral storage exceeded: it uses 20\.5 GiB, and its share is 20 GiB/,
    );
  });
});

describe('a task with a share of the disk', () => {
  const fargate = { config: { identity: { ...CONFIG.identity, pool: 'fargate' as const } } };

  it('stops with the reason when it takes more, and within seconds', async () => {
    const disk = new FakeDisk();
    const world = new AgentWorld({ ...fargate, disk });
    await world.start();
    const share = { launchType: 'FARGATE', ephemeralStorageGiB: 21, volumes: [{ name: 'data', host: {} }] } as const;
    const mountPoints = [{ sourceVolume: 'data', containerPath: '/data', readOnly: false }];
    world.plane.payload(aTask(1, [aContainer('web', { mountPoints })], share));
    world.plane.payload(aTask(2, [aContainer('web')], { ...share, volumes: [] }));
    await world.clock.turn(5_000);
    const [layer = ''] = world.engine.containers().map((container) => container.writableLayer ?? '');
    const [volume = ''] = world.engine.volumes();
    assert.notEqual(layer, '');
    disk.sizes.set(layer, 15 * GIB);
    await world.clock.turn(5_000);
    assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^RUNNING/);
    disk.sizes.set(`/volumes/${volume}`, 7 * GIB);
    await world.clock.turn(5_000);
    assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
    const report = world.plane.reports.find(({ task, status }) => task === taskArn(1) && status === 'STOPPED');
    assert.match(report?.reason ?? '', /ephemeral storage exceeded: it uses 22\.0 GiB, and its share is 21 GiB/);
    assert.match(world.plane.told(taskArn(2)).at(-1) ?? '', /^RUNNING/, 'the other has taken nothing');
    await world.kill();
  });

  it('is not looked at while nothing is written', async () => {
    const disk = new FakeDisk();
    const world = new AgentWorld({ ...fargate, disk });
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')], { launchType: 'FARGATE', ephemeralStorageGiB: 20 }));
    await world.clock.turn(50_000);
    assert.equal(disk.measured, 1);
    await world.kill();
  });
});
