import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ParameterValue } from '@gantry/domain';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { State } from '../state/state.ts';
import { MemoryJournal } from '../store/memory.ts';
import { aesGcmSeal } from './aes-gcm.ts';
import { sealedWith } from './port.ts';
import { ensureSealed, sealedKind } from './sealed-documents.ts';

const COUNT = 450;
const [one, two] = [randomBytes(32), randomBytes(32)];
const sealOf = (...keys: Buffer[]) => aesGcmSeal({ keys, random: randomBytes, source: '/etc/seal.key' });
const KINDS = [
  sealedKind(
    (tables) => tables.parameterValues,
    (key, value: ParameterValue, change) => ({ ...value, sealedValue: change(value.sealedValue, key) }),
  ),
];

/** A state with values that the first key sealed. */
async function aState() {
  const journal = new MemoryJournal();
  const state = await State.open({ journal, clock: new FakeClock(), schedule: queueMicrotask });
  const seal = sealOf(one);
  await state.transact((tx) => {
    for (let n = 0; n < COUNT; n += 1) {
      const value = { sealedValue: seal.seal(`value ${n}`, `key ${n}`) } as ParameterValue;
      tx.put(tx.tables.parameterValues, `key ${n}`, value);
    }
  });
  const logged: unknown[] = [];
  const start = (...keys: Buffer[]): Promise<void> => {
    const log = (_level: string, message: string, fields: unknown): void => void logged.push([message, fields]);
    return ensureSealed({ state, seal: sealOf(...keys), log }, KINDS);
  };
  const values = (): string[] => [...state.tables.parameterValues.values()].map(({ sealedValue }) => sealedValue);
  return { state, start, logged, values };
}

describe('sealed documents', () => {
  it('that open with the current key are left alone', async () => {
    const { start, logged, values } = await aState();
    const before = values();
    await start(one);
    await start(one, two);
    assert.deepEqual(values(), before);
    assert.deepEqual(logged, []);
  });

  it('are sealed anew with a new key, once, when an older line opens them', async () => {
    const { state, start, logged, values } = await aState();
    await start(two, one);
    const { keyId } = sealOf(two);
    assert.deepEqual(logged, [['secrets sealed anew', { documents: COUNT, keyId, keyFile: '/etc/seal.key' }]]);
    assert.ok(values().every((text) => sealedWith(text) === keyId));
    const opened = sealOf(two).open(state.tables.parameterValues.get('key 7')?.sealedValue ?? '', 'key 7');
    assert.equal(opened.toString(), 'value 7');
    await start(two);
    assert.equal(logged.length, 1);
  });

  it('stop the start when their key is not there, and nothing is changed', async () => {
    const { start, values } = await aState();
    const before = values();
    const ids = [sealOf(one).keyId, sealOf(two).keyId];
    await assert.rejects(start(two), (error: Error) => {
      assert.match(error.message, /do not open with the key file \/etc\/seal\.key/);
      assert.ok(error.message.includes(`${COUNT} with the key ${ids[0]}; the file holds ${ids[1]}.`), error.message);
      return true;
    });
    assert.deepEqual(values(), before);
  });

  it('that were not sealed at all are told from those of another key', async () => {
    const { state, start } = await aState();
    await state.transact((tx) => tx.put(tx.tables.parameterValues, 'odd', { sealedValue: 'plain' } as ParameterValue));
    await assert.rejects(start(one), /1 with the key unknown/);
  });
});
