import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DIRECTORIES_CONTRACT, type DirectoriesWorld } from './contract.ts';
import { FakeSharedDirectories } from './fake.ts';
import { LinuxSharedDirectories } from './linux.ts';
import type { SharedDirectory } from './port.ts';

const isRoot = process.getuid?.() === 0;

describe('directories of a fake machine', () => {
  const folder: SharedDirectory = {
    kind: 'directory',
    path: '/fs-1',
    markFile: '/m',
    mark: 'here',
    rootDirectory: '/',
  };
  for (const [name, check] of Object.entries(DIRECTORIES_CONTRACT))
    it(name, () => check({ directories: new FakeSharedDirectories(), folder }));
});

describe('directories of this host', { skip: isRoot ? false : 'mounting needs root' }, () => {
  let base: string;
  let world: DirectoriesWorld;
  const of = { taskId: 't1', volume: 'data' };

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'gantry shared-'));
    await mkdir(join(base, 'fs-1', 'app'), { recursive: true });
    await writeFile(join(base, 'fs-1', 'app', 'file'), 'in app');
    await writeFile(join(base, '.host'), 'here');
    const folder = { path: join(base, 'fs-1'), markFile: join(base, '.host'), mark: 'here', rootDirectory: '/' };
    world = {
      directories: new LinuxSharedDirectories(join(base, 'places')),
      folder: { kind: 'directory', ...folder },
    };
  });
  afterEach(async () => {
    for (const taskId of await world.directories.prepared()) await world.directories.release(taskId);
    await rm(base, { recursive: true });
  });

  for (const [name, check] of Object.entries(DIRECTORIES_CONTRACT)) it(name, () => check(world));

  const below = (rootDirectory: string, creation?: SharedDirectory['creation']): SharedDirectory => ({
    ...world.folder,
    rootDirectory,
    ...(creation === undefined ? {} : { creation }),
  });
  const bound = (directory: SharedDirectory): string => world.directories.pathOf(of, directory);

  it('shows what is in the directory, and leaves it there', async () => {
    const app = below('/app');
    await world.directories.prepare(of, app);
    assert.equal(await readFile(join(bound(app), 'file'), 'utf8'), 'in app');
    await writeFile(join(bound(app), 'new'), 'new');
    await world.directories.release('t1');
    assert.equal(existsSync(bound(app)), false);
    assert.equal(await readFile(join(base, 'fs-1', 'app', 'new'), 'utf8'), 'new');
  });

  it('goes on showing it when a link is put in its place', async () => {
    const app = below('/app');
    await world.directories.prepare(of, app);
    await rename(join(base, 'fs-1', 'app'), join(base, 'fs-1', 'moved'));
    await symlink('/etc', join(base, 'fs-1', 'app'));
    assert.equal(await readFile(join(bound(app), 'file'), 'utf8'), 'in app');
    assert.equal(existsSync(join(bound(app), 'passwd')), false);
  });

  it('follows no link out of the file system, at no step', async () => {
    await symlink('/etc', join(base, 'fs-1', 'out'));
    await symlink('app', join(base, 'fs-1', 'in'));
    await mkdir(join(base, 'elsewhere', 'deep'), { recursive: true });
    await symlink(join(base, 'elsewhere'), join(base, 'fs-1', 'app', 'link'));
    const creation = { uid: 0, gid: 0, permissions: '777' };
    for (const directory of [below('/out'), below('/in'), below('/app/link/deep'), below('/app/link/new', creation)]) {
      await assert.rejects(world.directories.prepare(of, directory), /links are not followed/);
    }
    assert.equal(existsSync(join(base, 'elsewhere', 'new')), false);
    assert.deepEqual(await world.directories.prepared(), []);
  });

  it('refuses one that is not there, and makes one as its access point says', async () => {
    await assert.rejects(
      world.directories.prepare(of, below('/a/b')),
      /reason given by server: No such file or directory/,
    );
    const point = below('/a/b', { uid: 1234, gid: 5678, permissions: '0750' });
    await world.directories.prepare(of, point);
    const { uid, gid, mode } = await stat(bound(point));
    assert.deepEqual([uid, gid, mode & 0o7777], [1234, 5678, 0o750]);
    await world.directories.release('t1');
    // One that is there keeps its owner.
    await world.directories.prepare(of, below('/a/b', { uid: 1, gid: 1, permissions: '777' }));
    assert.equal((await stat(bound(point))).uid, 1234);
  });

  it('takes up what an earlier process left half done, and gives it back', async () => {
    let calls = 0;
    const { runCommand } = await import('../network/command.ts');
    const dying = new LinuxSharedDirectories(join(base, 'places'), async (...given) => {
      calls += 1;
      if (calls === 2) throw new Error('killed');
      return await runCommand(...given);
    });
    const app = below('/app');
    await assert.rejects(dying.prepare(of, app), /killed/);
    await world.directories.prepare(of, app);
    assert.equal(await readFile(join(bound(app), 'file'), 'utf8'), 'in app');
    await world.directories.release('t1');
    await assert.rejects(
      dying.release('t1').then(() => Promise.reject(new Error('nothing left'))),
      /nothing left/,
    );
    assert.deepEqual(await world.directories.prepared(), []);
  });
});
