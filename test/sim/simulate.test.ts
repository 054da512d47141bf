import { test } from 'node:test';
import { simulate } from '@gantry/testkit/sim/simulate.ts';

for (let seed = 1; seed <= 80; seed += 1) {
  test(`seed ${seed}`, async () => {
    await simulate(seed, 10);
  });
}
