import assert from 'node:assert/strict';
import { SharedDirectoryError, type SharedDirectories, type SharedDirectory } from './port.ts';

export interface DirectoriesWorld {
  readonly directories: SharedDirectories;
  /** A folder of this host, with a directory `/app` in it. */
  readonly folder: SharedDirectory;
}

const of = { taskId: 't1', volume: 'data' };

export const DIRECTORIES_CONTRACT: Readonly<Record<string, (world: DirectoriesWorld) => Promise<void>>> = {
  'binds the folder itself, and prepares nothing for it': async ({ directories, folder }) => {
    await directories.prepare(of, folder);
    assert.equal(directories.pathOf(of, folder), folder.path);
    assert.deepEqual(await directories.prepared(), []);
  },

  'prepares a directory in it as often as it is asked, and gives it back': async ({ directories, folder }) => {
    const app = { ...folder, rootDirectory: '/app' };
    await directories.prepare(of, app);
    await directories.prepare(of, app);
    assert.notEqual(directories.pathOf(of, app), directories.pathOf({ ...of, volume: 'other' }, app));
    assert.deepEqual(await directories.prepared(), ['t1']);
    await directories.release('t1');
    await directories.release('t1');
    assert.deepEqual(await directories.prepared(), []);
  },

  'refuses a folder of another host': async ({ directories, folder }) => {
    await assert.rejects(directories.prepare(of, { ...folder, mark: 'elsewhere' }), SharedDirectoryError);
  },
};
