import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CapacityProviderStrategyItem } from '@gantry/domain';
import { assignProviders } from '../../../controllers/scheduler/capacity.ts';

/** RunTask's view of the one allocation there is: every call starts from nothing. */
const allocateByStrategy = (
  items: readonly CapacityProviderStrategyItem[],
  count: number,
  existing: ReadonlyMap<string, number> = new Map(),
): readonly string[] => assignProviders(items, existing, count);

const item = (capacityProvider: string, base: number, weight: number): CapacityProviderStrategyItem => ({
  capacityProvider,
  base,
  weight,
});
const countOf = (names: readonly string[], name: string): number => names.filter((one) => one === name).length;

test('the reference example: base FARGATE 1, weights 1 to 4, six tasks', () => {
  const names = allocateByStrategy([item('FARGATE', 1, 1), item('FARGATE_SPOT', 0, 4)], 6);
  assert.deepEqual([countOf(names, 'FARGATE'), countOf(names, 'FARGATE_SPOT')], [2, 4]);
  assert.equal(names[0], 'FARGATE');
});

test('weight 0 gives nothing but the base', () => {
  assert.deepEqual(allocateByStrategy([item('FARGATE', 2, 0)], 5), ['FARGATE', 'FARGATE']);
  assert.deepEqual(allocateByStrategy([item('FARGATE', 0, 0), item('FARGATE_SPOT', 0, 1)], 2), [
    'FARGATE_SPOT',
    'FARGATE_SPOT',
  ]);
});

test('what runs already counts', () => {
  const items = [item('FARGATE', 1, 1), item('FARGATE_SPOT', 0, 1)];
  assert.deepEqual(allocateByStrategy(items, 1, new Map([['FARGATE', 1]])), ['FARGATE']);
  assert.deepEqual(allocateByStrategy(items, 1, new Map([['FARGATE', 2]])), ['FARGATE_SPOT']);
});

const strategy = fc
  .tuple(fc.nat(5), fc.integer({ min: 1, max: 9 }), fc.nat(9))
  .map(([base, weight, other]) => [item('FARGATE', base, weight), item('FARGATE_SPOT', 0, other)]);

test('law: the base comes first, then every task is placed within one of its ideal share', () => {
  fc.assert(
    fc.property(strategy, fc.nat(60), (items, count) => {
      const names = allocateByStrategy(items, count);
      assert.equal(names.length, count);
      const base = items[0]?.base ?? 0;
      assert.ok(names.slice(0, base).every((name) => name === 'FARGATE'));
      const beyond = names.slice(base);
      const weights = items.reduce((sum, one) => sum + (one.weight ?? 0), 0);
      for (const { capacityProvider = '', weight = 0 } of items) {
        const ideal = (beyond.length * weight) / weights;
        assert.ok(Math.abs(countOf(beyond, capacityProvider) - ideal) <= 1);
      }
    }),
  );
});

test('law: starting tasks one call at a time chooses as one call does', () => {
  fc.assert(
    fc.property(strategy, fc.nat(30), (items, count) => {
      const existing = new Map<string, number>();
      const single: string[] = [];
      for (let n = 0; n < count; n += 1) {
        const [name = ''] = allocateByStrategy(items, 1, existing);
        existing.set(name, (existing.get(name) ?? 0) + 1);
        single.push(name);
      }
      assert.deepEqual(single, allocateByStrategy(items, count));
    }),
  );
});
