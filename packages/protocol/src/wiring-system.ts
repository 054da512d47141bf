import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { epochMs, type Clock, type Ids } from '@gantry/domain';

/** Node's timers take no more; a longer sleep wakes early: whoever waits for a moment looks at the clock again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real clock, for every process of ours. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** Real chance. */
export const systemIds: Ids = {
  hex32: () => randomBytes(16).toString('hex'),
  uuid: () => randomUUID(),
  digits19: () => String(10n ** 18n + (randomBytes(8).readBigUInt64BE() % (9n * 10n ** 18n))),
  random: () => Math.random(),
};

/** Tells a process from a later one that got the same pid; `undefined` when there is none. */
export async function processIdentity(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold anything
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()}:${fields[19] ?? ''}`;
}
