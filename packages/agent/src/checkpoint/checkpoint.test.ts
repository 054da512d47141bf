import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkpointContract } from './contract.ts';
import { FileCheckpoint, readCheckpoint } from './file.ts';
import { MemoryCheckpoint, MemoryDisk } from './memory.ts';

checkpointContract('memory', () => {
  const disk = new MemoryDisk();
  return Promise.resolve({
    open: () => new MemoryCheckpoint(disk),
    crash: (checkpoint) => Promise.resolve((checkpoint as MemoryCheckpoint).drop()),
    remove: () => Promise.resolve(),
  });
});

checkpointContract('file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-checkpoint-'));
  const opened: FileCheckpoint[] = [];
  return {
    open: () => {
      const checkpoint = new FileCheckpoint(join(folder, 'deep', 'checkpoint.jsonl'));
      opened.push(checkpoint);
      return checkpoint;
    },
    // The file stays as it is; what the process held is gone with it.
    crash: () => Promise.resolve(),
    remove: async () => {
      for (const checkpoint of opened) await checkpoint.close().catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
});

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-checkpoint-'));
  try {
    await body(join(folder, 'checkpoint.jsonl'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a line cut short by a crash is dropped, and nothing is glued to it', () =>
  inFolder(async (path) => {
    await writeFile(path, '["a",1]\n["b",{"half":');
    const first = new FileCheckpoint(path);
    assert.deepEqual(Object.fromEntries(await first.load()), { a: 1 });
    first.put('c', 3);
    await first.close();
    await appendFile(path, '["d"');
    const second = new FileCheckpoint(path);
    assert.deepEqual(Object.fromEntries(await second.load()), { a: 1, c: 3 });
    await second.close();
  }));

test('the file is readable by its owner alone and does not grow for ever', () =>
  inFolder(async (path) => {
    const checkpoint = new FileCheckpoint(path);
    await checkpoint.load();
    const text = 'x'.repeat(100_000);
    for (let i = 0; i < 200; i += 1) {
      checkpoint.put(`task/${i % 3}`, { text, i });
      await checkpoint.flush();
    }
    const { size, mode } = await stat(path);
    assert.ok(size < 6_000_000, `it has ${size} bytes`);
    assert.equal(mode & 0o777, 0o600);
    await checkpoint.close();
    const again = new FileCheckpoint(path);
    const documents = await again.load();
    assert.deepEqual(
      [...documents.values()].map((value) => (value as { i: number }).i).toSorted((a, b) => a - b),
      [197, 198, 199],
    );
    await again.close();
    assert.equal((await readFile(path, 'utf8')).trim().split('\n').length, 3);
  }));

test('a file that cannot be written calls nothing durable', () =>
  inFolder(async (path) => {
    const checkpoint = new FileCheckpoint(path);
    checkpoint.put('a', 1);
    await assert.rejects(checkpoint.flush(), /not open/);
  }));

const needsRoot = process.getuid?.() === 0 ? false : 'SKIPPED: a disk of a few KiB is mounted, and that needs root';

test('a full disk: nothing is called durable, and all of it is once there is room', { skip: needsRoot }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-checkpoint-'));
  const run = (file: string, ...args: string[]): void =>
    assert.equal(spawnSync(file, args).status, 0, `${file} ${args.join(' ')}`);
  run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
  try {
    const path = join(folder, 'checkpoint.jsonl');
    const checkpoint = new FileCheckpoint(path);
    await checkpoint.load();
    checkpoint.put('before', 'kept');
    await checkpoint.flush();
    checkpoint.put('large', 'x'.repeat(80_000));
    await assert.rejects(checkpoint.flush(), { code: 'ENOSPC' });
    checkpoint.put('during', 'kept');
    await assert.rejects(checkpoint.flush(), { code: 'ENOSPC' });
    const meanwhile = new Map(await readCheckpoint(path));
    assert.deepEqual(Object.fromEntries(meanwhile), { before: 'kept' }, 'what a crash would find now');
    checkpoint.delete('large');
    checkpoint.put('after', 'kept');
    await checkpoint.flush();
    assert.deepEqual(Object.fromEntries(await readCheckpoint(path)), { before: 'kept', during: 'kept', after: 'kept' });
    await checkpoint.close();
  } finally {
    run('umount', '--lazy', folder);
    await rm(folder, { recursive: true });
  }
});
