import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { epochMs, parseAccountId, parseRegion, type AccountId, type Region } from '@gantry/domain';
import { piecesOf, type Bucket, type Content, type ObjectStore, type StoredObject, type Upload } from './port.ts';

export interface StoreWorld {
  readonly store: ObjectStore;
  /** How many contents there are, whoever names them. */
  readonly contents: () => number;
  readonly close: () => void;
}

const ACCOUNT = parseAccountId('000000000000') as AccountId;
const OTHER = parseAccountId('111111111111') as AccountId;
const REGION = parseRegion('us-east-1') as Region;
const AT = epochMs(1_700_000_000_000);

const bucket = (name: string, account = ACCOUNT): Bucket => ({ name, account, region: REGION, createdAtMs: AT });
const object = (key: string, contents: readonly Content[] = []): StoredObject => ({
  key,
  bytes: contents.reduce((sum, { bytes }) => sum + bytes, 0),
  etag: `etag of ${key}`,
  modifiedAtMs: AT,
  headers: { 'content-type': 'text/plain', 'x-amz-meta-who': 'ann' },
  contents,
});
const upload = (id: string, key = 'big'): Upload => ({ id, bucket: 'box', key, startedAtMs: AT, headers: {} });

async function* bytesOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

export async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The port's promises, run on every adapter. */
export function objectStoreContract(name: string, open: () => StoreWorld): void {
  describe(`object store contract: ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      it(title, async () => {
        const world = open();
        try {
          world.store.createBucket(bucket('box'));
          await run(world);
        } finally {
          world.close();
        }
      });
    }
  });
}

const all = { prefix: '', after: '', limit: 1000 };

const cases: Record<string, (world: StoreWorld) => Promise<void> | void> = {
  'a name is one bucket’s, whoever asks': ({ store }) => {
    assert.equal(store.createBucket(bucket('other', OTHER)), undefined);
    assert.deepEqual(store.createBucket(bucket('other')), bucket('other', OTHER));
    assert.deepEqual(store.bucket('box'), bucket('box'));
    assert.equal(store.bucket('none'), undefined);
    assert.deepEqual(
      store.buckets(ACCOUNT).map((each) => each.name),
      ['box'],
    );
  },

  'gives back what was put, and its bytes': async ({ store, contents }) => {
    const content = await store.write(bytesOf('hello, ', 'world'));
    assert.equal(content.bytes, 12);
    assert.equal(store.put('box', object('a', [content])), 'put');
    const found = store.object('box', 'a');
    assert.deepEqual(found, object('a', [content]));
    assert.equal(await textOf(store.read([content], 0, 12)), 'hello, world');
    assert.equal(await textOf(store.read([content], 7, 9)), 'wo');
    assert.equal(store.object('box', 'A'), undefined);
    assert.equal(contents(), 1);
  },

  'keeps empty objects': async ({ store }) => {
    const content = await store.write(bytesOf());
    store.put('box', object('empty', [content]));
    assert.equal(await textOf(store.read(store.object('box', 'empty')?.contents ?? [], 0, 0)), '');
  },

  'leaves nothing of bytes that broke off': async ({ store, contents }) => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield* bytesOf('half');
      throw new Error('the client went');
    };
    await assert.rejects(store.write(broken()), { message: 'the client went' });
    assert.equal(contents(), 0);
  },

  'a put replaces, and who reads the old one reads it to the end': async ({ store, contents }) => {
    const [first, second] = [await store.write(bytesOf('first')), await store.write(bytesOf('second'))];
    store.put('box', object('a', [first]));
    const reading = store.read([first], 0, 5);
    const never = store.read([first], 0, 5)[Symbol.asyncIterator]();
    store.put('box', object('a', [second]));
    assert.equal(await textOf(reading), 'first');
    await never.return?.();
    assert.equal(contents(), 1);
    assert.equal(await textOf(store.read(store.object('box', 'a')?.contents ?? [], 0, 6)), 'second');
    assert.deepEqual([store.remove('box', 'a'), store.remove('box', 'a')], [true, false]);
    assert.equal(contents(), 0);
  },

  'puts on a condition, in one step': async ({ store, contents }) => {
    const content = await store.write(bytesOf('x'));
    const absent = (now: StoredObject | undefined): boolean => now === undefined;
    assert.equal(store.put('box', object('a'), absent), 'put');
    assert.equal(store.put('box', object('a', [content]), absent), 'condition');
    assert.equal(store.put('none', object('a', [content])), 'no-bucket');
    assert.equal(contents(), 1, 'what was not put is still the caller’s');
    store.discard([content]);
    assert.equal(contents(), 0);
  },

  'lists keys in the order of their bytes, by prefix and from a place': ({ store }) => {
    // In UTF-16 the last two stand the other way round.
    const keys = ['a', 'a/', 'a/b', 'a/c', 'a0', 'b', '\u{ff5e}', '\u{1f600}'];
    for (const key of keys.toReversed()) store.put('box', object(key));
    const listed = (query: Partial<typeof all>): readonly string[] =>
      store.list('box', { ...all, ...query }).map(({ key }) => key);
    assert.deepEqual(listed({}), keys);
    assert.deepEqual(listed({ prefix: 'a/' }), ['a/', 'a/b', 'a/c']);
    assert.deepEqual(listed({ prefix: 'a/', after: 'a/b' }), ['a/c']);
    assert.deepEqual(listed({ after: 'a/', limit: 2 }), ['a/b', 'a/c']);
    assert.deepEqual(listed({ prefix: '%' }), []);
    assert.deepEqual(store.list('none', all), []);
  },

  'a bucket with an object stays; uploads go with it': async ({ store, contents }) => {
    store.put('box', object('a'));
    assert.equal(store.deleteBucket('box'), 'not-empty');
    store.remove('box', 'a');
    store.startUpload(upload('u1'));
    const content = await store.write(bytesOf('part'));
    store.putPart('u1', { number: 1, etag: 'e', modifiedAtMs: AT, content });
    assert.equal(store.deleteBucket('box'), 'deleted');
    assert.equal(store.deleteBucket('box'), 'absent');
    assert.equal(store.upload('u1'), undefined);
    assert.equal(contents(), 0);
  },

  'an upload becomes an object of the parts it names': async ({ store, contents }) => {
    store.startUpload(upload('u1'));
    store.startUpload(upload('u0', 'aaa'));
    assert.deepEqual(
      store.uploads('box').map(({ id }) => id),
      ['u0', 'u1'],
    );
    const put = async (number: number, text: string): Promise<boolean> => {
      const content = await store.write(bytesOf(text));
      return store.putPart('u1', { number, etag: text, modifiedAtMs: AT, content });
    };
    await put(10, 'ten');
    await put(2, 'old');
    await put(2, 'two');
    await put(3, 'spare');
    const parts = store.parts('u1');
    assert.deepEqual(
      parts.map(({ number, etag }) => [number, etag]),
      [
        [2, 'two'],
        [3, 'spare'],
        [10, 'ten'],
      ],
    );
    const named = parts.filter(({ number }) => number !== 3).map(({ content }) => content);
    assert.equal(contents(), 3);
    assert.equal(
      store.completeUpload(upload('u1'), object('big', named), () => false),
      'condition',
    );
    assert.equal(store.completeUpload(upload('u1'), object('big', named)), 'put');
    assert.equal(contents(), 2);
    assert.equal(await textOf(store.read(store.object('box', 'big')?.contents ?? [], 2, 5)), 'ote');
    assert.deepEqual([store.upload('u1'), store.parts('u1')], [undefined, []]);
    const late = await store.write(bytesOf('late'));
    assert.equal(store.putPart('u1', { number: 1, etag: 'x', modifiedAtMs: AT, content: late }), false);
    store.discard([late]);
    assert.deepEqual([store.abortUpload('u0'), store.abortUpload('u0')], [true, false]);
    assert.equal(contents(), 2);
  },

  'pieces of contents are the bytes between': () => {
    const contents = [3, 0, 4].map((bytes, n) => ({ id: String(n), bytes }));
    assert.deepEqual(piecesOf(contents, 0, 7), [
      { id: '0', from: 0, to: 3 },
      { id: '2', from: 0, to: 4 },
    ]);
    assert.deepEqual(piecesOf(contents, 2, 4), [
      { id: '0', from: 2, to: 3 },
      { id: '2', from: 0, to: 1 },
    ]);
    assert.deepEqual(piecesOf(contents, 7, 7), []);
  },
};
