import { test } from 'node:test';
import { simulateEvents } from '@gantry/testkit/sim/events.ts';

for (let seed = 1; seed <= 4; seed += 1) {
  test(`500 events of engines, lost, doubled and late, seed ${seed}`, async () => {
    await simulateEvents(seed, 500);
  });
}
