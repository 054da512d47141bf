import { LOG_LEVELS, type LogLevel } from './config.ts';
import type { Platform } from './platform.ts';

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
