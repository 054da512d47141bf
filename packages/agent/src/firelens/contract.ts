import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouterFiles } from './port.ts';

/** `read`: the text of a file of the port's, undefined when there is none. */
export function routerFilesContract(
  name: string,
  open: () => Promise<{ readonly files: RouterFiles; readonly read: (path: string) => Promise<string | undefined> }>,
): void {
  const ID = 'a'.repeat(32);
  test(`${name} writes a configuration, again too, and removes it`, async () => {
    const { files, read } = await open();
    const { config, included } = files.pathsOf(ID);
    assert.equal(await read(config), undefined);
    await files.make(ID, 'one\n');
    await files.make(ID, 'two\n', 'rest\n');
    assert.equal(await read(config), 'two\n');
    assert.equal(await read(included), 'rest\n');
    await files.remove(ID);
    assert.deepEqual([await read(config), await read(included)], [undefined, undefined]);
    await files.remove(ID);
  });

  test(`${name} keeps tasks apart, and the socket below its directory`, async () => {
    const { files, read } = await open();
    const other = 'b'.repeat(32);
    await files.make(ID, 'one\n');
    await files.make(other, 'two\n');
    await files.remove(ID);
    assert.equal(await read(files.pathsOf(other).config), 'two\n');
    const { socket, socketDir, config } = files.pathsOf(other);
    assert.ok(socket.startsWith(`${socketDir}/`));
    assert.ok(!config.startsWith(`${socketDir}/`), 'the router cannot write its configuration');
    await files.removeAll();
    assert.equal(await read(config), undefined);
  });
}
