import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Clock } from '@gantry/domain';
import type { Credentials } from '@gantry/protocol';
import { LOG_LEVELS } from './config.ts';
import type { Log, LogLevel } from './log.ts';

/**
 * Tasks bring regular expressions (awslogs-multiline-pattern). One that goes back and forth too often is matched by the engine that takes linear
 * time: nobody's pattern holds up the agent.
 */
export function boundRegExps(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
}

const CREDENTIALS_MS = 30_000;

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
    if (known !== undefined && clock.elapsedMs() - known.atMs < CREDENTIALS_MS) return known.credentials;
    const { agent } = JSON.parse(readFileSync(path, 'utf8')) as { readonly agent?: Partial<Credentials> };
    if (agent?.accessKeyId === undefined || agent.secretAccessKey === undefined) {
      throw new Error(
        `${path} has no agent.accessKeyId and agent.secretAccessKey. The control plane writes it at its first start.`,
      );
    }
    const { accessKeyId, secretAccessKey, sessionToken } = agent;
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    known = { credentials, atMs: clock.elapsedMs() };
    return credentials;
  };
}
