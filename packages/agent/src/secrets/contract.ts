import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SecretStore, SecretWhere } from './port.ts';

export interface SecretWorld {
  readonly store: SecretStore;
  /** What there is: `OBJECT`; parameters `/app/a` ('one'; version 1 of it 'old') and `/app/b` ('two'); see `SECRET`. */
  readonly where: SecretWhere;
  /** Rights to nothing. */
  readonly stranger: SecretWhere;
  readonly arns: { readonly parameter: string; readonly secret: string };
  readonly close: () => Promise<void>;
}

/** An object whose key is not what a path is made of, and its text. */
export const OBJECT = { ask: { bucket: 'app-files', key: 'cfg/a b+ü/app.env' }, text: '# å\nA=1\n' };

/** The texts of secret `app/db`, before and now; `app/bytes` has bytes. */
export const SECRET = { previous: '{"password":"first"}', current: '{"password":"second"}' };

const signal = new AbortController().signal;

/** The port's promises, run on every adapter. */
export function secretStoreContract(name: string, open: () => Promise<SecretWorld>): void {
  describe(`secret store contract: ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      it(title, async () => {
        const world = await open();
        try {
          await run(world);
        } finally {
          await world.close();
        }
      });
    }
  });
}

const cases: Record<string, (world: SecretWorld) => Promise<void>> = {
  'answers by what was asked: names, ARNs, versions, labels': async ({ store, where, arns }) => {
    const names = ['/app/a', '/app/a:1', arns.parameter, `${arns.parameter}:1`, '/app/b'];
    const { values, invalid } = await store.parameters(names, where, signal);
    assert.deepEqual(Object.fromEntries(values), {
      '/app/a': 'one',
      '/app/a:1': 'old',
      [arns.parameter]: 'one',
      [`${arns.parameter}:1`]: 'old',
      '/app/b': 'two',
    });
    assert.deepEqual(invalid, []);
  },

  'tells the names nothing has': async ({ store, where }) => {
    const { values, invalid } = await store.parameters(['/app/none', '/app/b'], where, signal);
    assert.deepEqual([[...values], invalid], [[['/app/b', 'two']], ['/app/none']]);
  },

  'gives the current version of a secret, and any other by stage': async ({ store, where, arns }) => {
    assert.equal(await store.secret({ secretId: arns.secret }, where, signal), SECRET.current);
    assert.equal(await store.secret({ secretId: 'app/db' }, where, signal), SECRET.current);
    const before = { secretId: arns.secret, versionStage: 'AWSPREVIOUS' };
    assert.equal(await store.secret(before, where, signal), SECRET.previous);
  },

  'has no text for bytes': async ({ store, where }) => {
    assert.equal(await store.secret({ secretId: 'app/bytes' }, where, signal), undefined);
  },

  'says what is not there': async ({ store, where }) => {
    const absent = store.secret({ secretId: 'app/none' }, where, signal);
    await assert.rejects(absent, { name: 'LinkError', code: 'ResourceNotFoundException' });
    const elsewhere = { ...where, region: 'eu-west-1' };
    await assert.rejects(store.secret({ secretId: 'app/db' }, elsewhere, signal), {
      code: 'ResourceNotFoundException',
    });
    assert.deepEqual((await store.parameters(['/app/a'], elsewhere, signal)).invalid, ['/app/a']);
  },

  'gives the text of an object, in every region, and says what is not there': async ({ store, where }) => {
    assert.equal(await store.object(OBJECT.ask, where, signal), OBJECT.text);
    assert.equal(await store.object(OBJECT.ask, { ...where, region: 'eu-west-1' }, signal), OBJECT.text);
    const none = store.object({ ...OBJECT.ask, key: 'none.env' }, where, signal);
    await assert.rejects(none, { name: 'LinkError', code: 'NoSuchKey', message: 'The specified key does not exist.' });
  },

  'keeps out who has no right': async ({ store, stranger, arns }) => {
    const denied = { name: 'LinkError', code: 'AccessDeniedException' };
    await assert.rejects(store.parameters(['/app/a'], stranger, signal), denied);
    await assert.rejects(store.secret({ secretId: arns.secret }, stranger, signal), denied);
    await assert.rejects(store.object(OBJECT.ask, stranger, signal), { name: 'LinkError', code: 'AccessDenied' });
  },
};
