import { randomBytes, randomUUID } from 'node:crypto';
import { epochMs, type Clock, type Ids } from '@gantry/domain';
import { LOG_LEVELS, type LogLevel } from './config.ts';
import type { Platform } from './platform.ts';

/** Node's timers take no more; a longer sleep wakes early and is asked again by whoever waits for a moment. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
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

export const systemIds: Ids = {
  hex32: () => randomBytes(16).toString('hex'),
  uuid: () => randomUUID(),
  digits19: () => String(10n ** 18n + (randomBytes(8).readBigUInt64BE() % (9n * 10n ** 18n))),
  random: () => Math.random(),
};

/** All requests of one turn of the event loop share a commit. */
export const nextTurn = (run: () => void): void => void setImmediate(run);

/** One line of JSON to stdout for each entry of at least this level. */
export function jsonLog(least: LogLevel, write: (line: string) => void): Platform['log'] {
  const lowest = LOG_LEVELS.indexOf(least);
  return (level, message, fields) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`);
  };
}
