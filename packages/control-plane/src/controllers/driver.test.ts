import { FakeClock, turnOfPromises } from '@gantry/testkit/fake-clock.ts';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Driver, SETTLED, type Controller, type Outcome } from './driver.ts';

/** A controller that does as it is told, and writes down what it was asked. */
class Told implements Controller {
  readonly name = 'told';
  readonly asked: string[] = [];
  readonly known: string[] = [];
  answer: (key: string) => Promise<Outcome> = () => Promise.resolve(SETTLED);
  keys(): readonly string[] {
    return this.known;
  }
  wakes(change: { readonly key: string }): readonly string[] {
    return [change.key];
  }
  reconcile(key: string): Promise<Outcome> {
    this.asked.push(key);
    return this.answer(key);
  }
}

function play() {
  const clock = new FakeClock();
  const controller = new Told();
  const failures: number[] = [];
  const onError = (_error: unknown, _name: string, _key: string, count: number) => (failures.push(count), count * 100);
  const driver = new Driver(controller, clock, { rescanMs: 10_000, onError });
  const stop = new AbortController();
  const done = driver.run(stop.signal);
  const end = async () => (stop.abort(), await done);
  return { clock, controller, failures, driver, end };
}
const change = (key: string) => ({ kind: 'x', key, before: undefined, after: undefined });

it('looks at everything when it starts and at every rescan', async () => {
  const { clock, controller, end } = play();
  controller.known.push('a', 'b');
  await clock.turn(25_000);
  assert.deepEqual(controller.asked, ['a', 'b', 'a', 'b']);
  await end();
});

it('wakes at once, once for many wake-ups, and again after a while when told so', async () => {
  const { clock, controller, driver, end } = play();
  await turnOfPromises();
  controller.answer = () => Promise.resolve(controller.asked.length < 3 ? { kind: 'again', afterMs: 500 } : SETTLED);
  driver.observe([change('a'), change('a')]);
  await driver.whenIdle();
  assert.deepEqual(controller.asked, ['a']);
  await clock.turn(499);
  assert.deepEqual(controller.asked, ['a']);
  await clock.turn(1000);
  assert.deepEqual(controller.asked, ['a', 'a', 'a']);
  await end();
});

it('keeps a wake-up that arrives while the key is looked at', async () => {
  const { controller, driver, end } = play();
  await turnOfPromises();
  controller.answer = async () => {
    if (controller.asked.length === 1) driver.wake('a');
    await Promise.resolve();
    return SETTLED;
  };
  driver.wake('a');
  await driver.whenIdle();
  assert.deepEqual(controller.asked, ['a', 'a']);
  await end();
});

it('tries again after a failure, later each time, and forgets failures after a success', async () => {
  const { clock, controller, failures, driver, end } = play();
  await turnOfPromises();
  controller.answer = () => (controller.asked.length < 3 ? Promise.reject(new Error('no')) : Promise.resolve(SETTLED));
  driver.wake('a');
  await clock.turn(1000);
  assert.deepEqual(failures, [1, 2]);
  assert.equal(controller.asked.length, 3);
  assert.ok(driver.idle);
  await end();
});
