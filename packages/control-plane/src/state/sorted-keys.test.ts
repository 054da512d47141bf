import fc from 'fast-check';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SortedKeys } from './sorted-keys.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function agree(keys: SortedKeys, model: ReadonlySet<string>, probes: readonly string[]): void {
  const sorted = [...model].sort(byText);
  assert.equal(keys.size, sorted.length);
  assert.deepEqual([...keys], sorted);
  for (const probe of probes) {
    const expected = sorted.findIndex((key) => key >= probe);
    assert.equal(keys.firstNotBefore(probe), expected < 0 ? sorted.length : expected);
  }
  for (const at of [-1, 0, Math.floor(sorted.length / 2), 3, sorted.length - 1, sorted.length])
    assert.equal(keys.at(at), sorted[at]);
}

it('is a sorted set, whatever comes and goes', () => {
  const step = fc.record({ add: fc.boolean(), key: fc.string({ maxLength: 2 }) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.array(fc.string({ maxLength: 2 }), { maxLength: 5 }),
      (steps, probes) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const { add, key } of steps) {
          if (add) keys.add(key);
          else keys.delete(key);
          if (add) model.add(key);
          else model.delete(key);
        }
        agree(keys, model, probes);
      },
    ),
  );
});

it('keeps its order over many chunks', () => {
  const keys = new SortedKeys();
  const model = new Set<string>();
  let state = 1;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  for (let n = 0; n < 20_000; n += 1) {
    const key = String(next() % 9000).padStart(5, '0');
    if (next() % 3 === 0) {
      keys.delete(key);
      model.delete(key);
    } else {
      keys.add(key);
      model.add(key);
    }
  }
  agree(keys, model, ['', '00100', '04500', '99999']);
  const walked = Array.from({ length: keys.size }, (_, at) => keys.at(at));
  assert.deepEqual(walked, [...model].sort(byText));
  for (const key of model) keys.delete(key);
  agree(keys, new Set(), ['', 'x']);
});
