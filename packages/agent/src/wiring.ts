import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { epochMs, type Clock, type Ids } from '@gantry/domain';
import type { Credentials } from '@gantry/protocol';
import { LOG_LEVELS } from './config.ts';
import type { Log, LogLevel } from './log.ts';

/** Node's timers take no more; whoever waits for a moment looks at the clock when it wakes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const CREDENTIALS_MS = 30_000;

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

/** One line of JSON for each entry of at least this level. */
export function jsonLog(
  least: LogLevel,
  write: (line: string) => void,
  fields: Readonly<Record<string, string>> = {},
): Log {
  const lowest = LOG_LEVELS.indexOf(least);
  return (level, message) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`);
  };
}

/** The agent's key from `credentials.json`, read again now and then: it may be rotated, or not be there yet. */
export function credentialsFrom(path: string, clock: Clock): () => Credentials {
  let known: { readonly credentials: Credentials; readonly atMs: number } | undefined;
  return () => {
    if (known !== undefined && clock.now() - known.atMs < CREDENTIALS_MS) return known.credentials;
    const { agent } = JSON.parse(readFileSync(path, 'utf8')) as { readonly agent?: Partial<Credentials> };
    if (agent?.accessKeyId === undefined || agent.secretAccessKey === undefined) {
      throw new Error(
        `${path} has no agent.accessKeyId and agent.secretAccessKey. The control plane writes it at its first start.`,
      );
    }
    const { accessKeyId, secretAccessKey, sessionToken } = agent;
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    known = { credentials, atMs: clock.now() };
    return credentials;
  };
}
