import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { CommandError, type RunCommand } from '../network/command.ts';
import { gpuContract, TWO_GPUS } from './contract.ts';
import { FakeGpus } from './fake.ts';
import { NvidiaGpus } from './nvidia.ts';
import { shareGpus } from './share.ts';

const made: string[] = [];
after(() => Promise.all(made.map((path) => rm(path, { recursive: true }))));

/** What the driver shows, as it shows it. `?` for an id: nobody has opened the device yet. */
async function procTree(ids: readonly string[], more: readonly string[] = []): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-gpu-'));
  made.push(root);
  await mkdir(join(root, 'gpus'));
  const version = 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023';
  await writeFile(join(root, 'version'), `${version}\nGCC version:  gcc version 11.4.0\n`);
  for (const [index, id] of ids.entries()) {
    const place = `0000:00:${(0x1e + index).toString(16)}.0`;
    const lines = ['Model: \t\t Tesla T4', `GPU UUID: \t ${id}`, `Bus Location: \t ${place}`, ...more];
    await mkdir(join(root, 'gpus', place));
    await writeFile(join(root, 'gpus', place, 'information'), `${lines.join('\n')}\n`);
  }
  return root;
}

const absent = (program: string): Promise<never> =>
  Promise.reject(new CommandError(`Cannot run ${program}: ENOENT`, undefined));
/** Has the toolkit's hook, which does not know `--version`. */
const withHook: RunCommand = (program) =>
  program === 'nvidia-container-runtime-hook' ? Promise.reject(new CommandError('usage', 2)) : absent(program);

gpuContract('fake', (ids) => Promise.resolve(new FakeGpus(ids)));
gpuContract("NVIDIA's driver", async (ids) => {
  const proc = ids === undefined ? '/nonexistent/nvidia' : await procTree(ids);
  return new NvidiaGpus({ proc, run: withHook });
});

describe("NVIDIA's driver", () => {
  const NOT_YET = 'GPU-????????-????-????-????-????????????';

  test('this machine is asked without an error, whatever it has', async () => {
    const found = await new NvidiaGpus().find();
    assert.ok(found === undefined || Array.isArray(found.ids));
  });

  test('a device that nobody has opened has its id from nvidia-smi', async () => {
    const [first = '', second = ''] = TWO_GPUS;
    const proc = await procTree([first, NOT_YET]);
    const run: RunCommand = (program) =>
      program === 'nvidia-smi'
        ? Promise.resolve(`00000000:00:1E.0, ${first}\n00000000:00:1F.0, ${second}\n`)
        : withHook(program, []);
    assert.deepEqual((await new NvidiaGpus({ proc, run }).find())?.ids, TWO_GPUS);
  });

  test('without nvidia-smi it is left out, and said so', async () => {
    const proc = await procTree([TWO_GPUS[0] ?? '', NOT_YET]);
    const found = await new NvidiaGpus({ proc, run: withHook }).find();
    assert.deepEqual(found?.ids, TWO_GPUS.slice(0, 1));
    assert.match(found?.problems.join() ?? '', /1 of 2 GPUs have no id yet/);
  });

  test('a device that the administrator excluded is left out', async () => {
    const proc = await procTree(TWO_GPUS, ['GPU Excluded:\t Yes']);
    assert.deepEqual((await new NvidiaGpus({ proc, run: withHook }).find())?.ids, []);
  });

  test('what the engine cannot hand out is not offered, unless forced', async () => {
    const proc = await procTree(TWO_GPUS);
    const found = await new NvidiaGpus({ proc, run: absent }).find();
    assert.deepEqual(found?.ids, []);
    assert.match(found?.problems.join() ?? '', /install the NVIDIA Container Toolkit/);
    assert.deepEqual((await new NvidiaGpus({ proc, run: absent, force: true }).find())?.ids, TWO_GPUS);
  });

  test('the open kernel module names its version later in the line', async () => {
    const proc = await procTree(TWO_GPUS);
    const line = 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build  (builder@host)';
    await writeFile(join(proc, 'version'), line);
    assert.equal((await new NvidiaGpus({ proc, run: withHook }).find())?.driverVersion, '550.54.14');
  });
});

describe('GPUs of a machine with several instances', () => {
  const inventory = { driverVersion: '1.2', ids: ['a', 'b', 'c'] };
  const ec2 = (name: string, gpuIds?: readonly string[]) => ({ name, pool: 'ec2' as const, gpuIds });
  const pool = { name: 'pool', pool: 'fargate' as const, gpuIds: undefined };
  const shared = (instances: Parameters<typeof shareGpus>[0]) => {
    const { byName, problems } = shareGpus(instances, inventory);
    return { has: Object.fromEntries([...byName].map(([name, { ids }]) => [name, ids])), problems };
  };

  test('the first that is not of the Fargate pool has them', () => {
    assert.deepEqual(shared([pool, ec2('one'), ec2('two')]), { has: { one: ['a', 'b', 'c'] }, problems: [] });
  });

  test('those that list theirs have these, the rest is the first other’s', () => {
    assert.deepEqual(shared([ec2('one'), ec2('two', ['b']), ec2('three', [])]).has, { one: ['a', 'c'], two: ['b'] });
  });

  test('nobody has one that is another’s, or not there; the pool has none', () => {
    const { has, problems } = shared([ec2('one', ['a', 'a']), ec2('two', ['a', 'z', 'b']), { ...pool, gpuIds: ['c'] }]);
    assert.deepEqual(has, { one: ['a'], two: ['b'] });
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? '', /instance two: a, z is not here, or another instance's/);
  });
});
