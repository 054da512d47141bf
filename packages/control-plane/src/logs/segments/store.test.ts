import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { logStoreContract, type LogStoreUnderTest } from '../contract.ts';
import type { LogRead, LogStore } from '../port.ts';
import type { SegmentLimits } from './group.ts';
import { SegmentLogStore } from './store.ts';

const EVERYTHING: LogRead = {
  fromMs: 0,
  toMs: Infinity,
  order: 'oldest-first',
  limit: 1e6,
  maxBytes: 1e9,
  maxScanned: 1e9,
};

interface OnDisk extends LogStoreUnderTest {
  readonly folder: string;
}

async function open(limits: Partial<SegmentLimits> = {}): Promise<OnDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-logs-'));
  const make = (): LogStore =>
    new SegmentLogStore({
      folder,
      limits,
      onError: (message, error) => {
        throw new Error(message, { cause: error });
      },
    });
  let current = make();
  return {
    folder,
    store: current,
    reopen: async () => {
      await current.close();
      return (current = make());
    },
    dispose: async () => {
      await current.close();
      rmSync(folder, { recursive: true });
    },
  };
}

logStoreContract('SegmentLogStore', () => open());
// Sealing after every second append: the same promises over sealed segments.
logStoreContract('SegmentLogStore of many segments', () => open({ frames: 2 }));

const segmentsOf = ({ folder }: OnDisk): string[] =>
  readdirSync(folder).flatMap((group) =>
    readdirSync(join(folder, group))
      .toSorted((a, b) => (a < b ? -1 : 1))
      .filter((name) => name !== 'group.json')
      .map((name) => join(folder, group, name)),
  );
const messages = async (store: LogStore): Promise<string[]> =>
  (await store.read('g', EVERYTHING)).events.map((event) => event.message);

describe('SegmentLogStore', () => {
  it('cuts off a torn tail, wherever it was torn, and goes on', async () => {
    const under = await open();
    await under.store.append('g', 's', [{ timestamp: 1, message: 'whole' }], 1);
    const [path = ''] = segmentsOf(under);
    const whole = readFileSync(path);
    await under.store.append('g', 's', [{ timestamp: 2, message: 'torn' }], 2);
    const both = readFileSync(path);
    for (let size = whole.length; size < both.length; size += 1) {
      writeFileSync(path, both.subarray(0, size));
      const store = await under.reopen();
      assert.deepEqual(await messages(store), ['whole']);
      assert.equal(readFileSync(path).length, whole.length);
      await store.append('g', 's', [{ timestamp: 3, message: 'next' }], 3);
      assert.deepEqual(await messages(await under.reopen()), ['whole', 'next']);
      truncateSync(path, whole.length);
    }
    await under.dispose();
  });

  it('does not take rubbish or a wrong checksum for a frame', async () => {
    const under = await open();
    await under.store.append('g', 's', [{ timestamp: 1, message: 'good' }], 1);
    const [path = ''] = segmentsOf(under);
    const rubbish = ['{}\n\n', 'null\n', '{"s":"s","q":9,"i":1,"n":11,"c":1}\n[[5,"bad"]]\n', '\u0000'.repeat(99)];
    for (const text of rubbish) {
      appendFileSync(path, text);
      assert.deepEqual(await messages(await under.reopen()), ['good']);
    }
    await under.dispose();
  });

  it('seals compressed segments, and keeps one of two that a crash left', async () => {
    const under = await open({ bytes: 20_000 });
    const line = { timestamp: 1, message: 'the same line again and again' };
    await under.store.append(
      'g',
      's',
      Array.from({ length: 1_000 }, () => line),
      1,
    );
    await under.store.append('g', 's', [{ timestamp: 2, message: 'next' }], 2);
    const [sealed = '', opened = ''] = segmentsOf(under);
    assert.match(sealed, /00000001\.sealed$/);
    assert.match(opened, /00000002\.open$/);
    assert.ok(readFileSync(sealed).length < 10_000);
    // A crash after the sealed file got its name and before the open one went, and one during sealing.
    writeFileSync(sealed.replace('.sealed', '.open'), 'left over');
    writeFileSync(sealed.replace('1.sealed', '2.sealed.tmp'), 'half');
    assert.equal((await messages(await under.reopen())).length, 1_001);
    assert.deepEqual(segmentsOf(under), [sealed, opened]);
    await under.dispose();
  });

  it('keeps a deleted stream hidden when the segment of its tombstone expires', async () => {
    const under = await open({ frames: 1 });
    await under.store.append('g', 'a', [{ timestamp: 900, message: 'hidden' }], 900);
    await under.store.append('g', 'b', [{ timestamp: 1, message: 'old' }], 901);
    await under.store.deleteStream('g', 'a');
    await under.store.append('g', 'b', [{ timestamp: 2, message: 'old too' }], 902);
    await under.store.expire('g', 500);
    assert.deepEqual(await messages(under.store), []);
    assert.deepEqual(await messages(await under.reopen()), []);
    await under.dispose();
  });

  it('leaves a damaged segment out, says which, and goes on', async () => {
    const under = await open({ frames: 1 });
    await under.store.append('g', 's', [{ timestamp: 1, message: 'lost' }], 1);
    await under.store.append('g', 's', [{ timestamp: 2, message: 'kept' }], 2);
    await under.store.close();
    const [path = ''] = segmentsOf(under);
    truncateSync(path, readFileSync(path).length - 3);
    const told: string[] = [];
    const store = new SegmentLogStore({ folder: under.folder, onError: (text) => told.push(text) });
    assert.deepEqual(await messages(store), ['kept']);
    assert.match(told.join(), /00000001\.sealed cannot be read\. It is left out of log group g\./);
    await store.append('g', 's', [{ timestamp: 3, message: 'next' }], 3);
    assert.deepEqual(await messages(store), ['kept', 'next']);
    await under.dispose();
  });
});
