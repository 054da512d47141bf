import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAccountId, parseRegion, type AccountId, type Region } from '@gantry/domain';
import { systemIds } from '@gantry/protocol';
import { objectStoreContract, textOf } from './contract.ts';
import { DiskObjectStore } from './disk.ts';

const account = parseAccountId('000000000000') as AccountId;
const region = parseRegion('us-east-1') as Region;
const temporary = (): string => mkdtempSync(join(tmpdir(), 'gantry-objects-'));
const namesIn = (folder: string): readonly string[] =>
  ['contents', 'incoming']
    .flatMap((name) => readdirSync(join(folder, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

objectStoreContract('disk', () => {
  const folder = temporary();
  const store = new DiskObjectStore({ folder, ids: systemIds });
  const close = (): void => {
    store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, contents: () => namesIn(folder).length, close };
});

test('a start finds what was put, and sweeps what a crash left between the bytes and the index', async (t) => {
  const folder = temporary();
  t.after(() => rmSync(folder, { recursive: true }));
  const first = new DiskObjectStore({ folder, ids: systemIds });
  first.createBucket({ name: 'box', account, region, createdAtMs: 1 });
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from('kept'));
  };
  const [kept, part, loose] = [await first.write(bytes()), await first.write(bytes()), await first.write(bytes())];
  first.put('box', { key: 'a', bytes: 4, etag: 'e', modifiedAtMs: 1, headers: {}, contents: [kept] });
  first.startUpload({ id: 'u', bucket: 'box', key: 'b', startedAtMs: 1, headers: {} });
  first.putPart('u', { number: 1, etag: 'e', modifiedAtMs: 1, content: part });
  first.close();
  mkdirSync(join(folder, 'incoming'), { recursive: true });
  writeFileSync(join(folder, 'incoming', 'half'), 'ha');
  const again = new DiskObjectStore({ folder, ids: systemIds });
  t.after(() => again.close());
  assert.deepEqual([...namesIn(folder)].toSorted(), [kept.id, part.id].toSorted());
  assert.ok(!namesIn(folder).includes(loose.id));
  assert.equal(await textOf(again.read(again.object('box', 'a')?.contents ?? [], 0, 4)), 'kept');
  assert.equal(again.parts('u').length, 1);
});
