import assert from 'node:assert/strict';
import type { SharedFolders } from './port.ts';

/** A world to try an adapter in; `write` puts a file of that many bytes into the folder. */
export interface FoldersWorld {
  readonly folders: SharedFolders;
  readonly write: (fileSystemId: string, bytes: number) => Promise<void>;
}

export const FOLDERS_CONTRACT: Readonly<Record<string, (world: FoldersWorld) => Promise<void>>> = {
  'keeps what is in a folder that is made again': async ({ folders, write }) => {
    await folders.create('fs-1');
    await write('fs-1', 100_000);
    await folders.create('fs-1');
    assert.ok((await folders.sizeBytes('fs-1')) >= 100_000);
  },

  'removes a folder with all that is in it, and again': async ({ folders, write }) => {
    await folders.create('fs-1');
    await write('fs-1', 100_000);
    await folders.remove('fs-1');
    assert.equal(await folders.sizeBytes('fs-1'), 0);
    await folders.remove('fs-1');
    await folders.create('fs-1');
    assert.ok((await folders.sizeBytes('fs-1')) < 100_000);
  },

  'keeps folders apart, and says where they are': async ({ folders, write }) => {
    await folders.create('fs-1');
    await folders.create('fs-2');
    await write('fs-1', 100_000);
    assert.equal(await folders.sizeBytes('fs-2'), 0);
    const [one, two] = [folders.placeOf('fs-1'), folders.placeOf('fs-2')];
    assert.notEqual(one.path, two.path);
    assert.equal(one.mark, two.mark);
    assert.notEqual(one.mark, '');
  },
};
