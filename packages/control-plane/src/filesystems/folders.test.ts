import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FOLDERS_CONTRACT } from './contract.ts';
import { DirectoryFolders } from './directory.ts';
import { MemoryFolders } from './memory.ts';

describe('folders in memory', () => {
  for (const [name, check] of Object.entries(FOLDERS_CONTRACT))
    it(name, async () => {
      const folders = new MemoryFolders();
      await check({ folders, write: async (id, bytes) => void folders.folders.set(id, bytes) });
    });
});

describe('folders on the disk', () => {
  let base: string;
  let folders: DirectoryFolders;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'gantry-efs-'));
    folders = DirectoryFolders.open(join(base, 'efs'), () => 'mark-1');
  });
  afterEach(() => rm(base, { recursive: true, force: true }));
  const write = (id: string, bytes: number): Promise<void> =>
    writeFile(join(folders.placeOf(id).path, 'file'), Buffer.alloc(bytes, 'x'));

  for (const [name, check] of Object.entries(FOLDERS_CONTRACT)) it(name, () => check({ folders, write }));

  it('may be entered by everybody who mounts them, whatever our umask is', async () => {
    const before = process.umask(0o077);
    try {
      await folders.create('fs-1');
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(folders.placeOf('fs-1').path).mode & 0o777, 0o755);
    assert.equal(statSync(join(base, 'efs')).mode & 0o777, 0o700);
  });

  it('keep their mark over restarts', () => {
    const again = DirectoryFolders.open(join(base, 'efs'), () => 'mark-2');
    const { mark, markFile } = again.placeOf('fs-1');
    assert.deepEqual([mark, readFileSync(markFile, 'utf8')], ['mark-1', 'mark-1']);
  });

  it('do not count or remove what a link leads to', async () => {
    await folders.create('fs-1');
    await writeFile(join(base, 'outside'), Buffer.alloc(1_000_000, 'x'));
    await symlink(base, join(folders.placeOf('fs-1').path, 'link'));
    assert.ok((await folders.sizeBytes('fs-1')) < 1_000_000);
    await folders.remove('fs-1');
    assert.equal(readFileSync(join(base, 'outside')).length, 1_000_000);
  });
});
