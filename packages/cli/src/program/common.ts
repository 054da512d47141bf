import type { Host } from '../host/port.ts';
import { usageError } from '../errors.ts';
import { parseDurationMs } from '../text/duration.ts';

/** Options that several commands have. */
export const DATA_DIR = ['--data-dir <dir>', 'where Gantry keeps its state (or GANTRY_DATA_DIR)'] as const;
export const CLUSTER = ['--cluster <name>', 'cluster', 'default'] as const;

export const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** Turns a command's work into commander's action, and keeps its exit code. */
export type Ends = <A extends unknown[]>(work: (...args: A) => Promise<number>) => (...given: A) => Promise<void>;

export const toldYes = (host: Host, yes: boolean | undefined): boolean => yes === true || host.env['CI'] === 'true';

/** `./gantry` from the launcher in a clone, `gantry` when it is on PATH. */
export const calledAs = (host: Host): string => host.env['GANTRY_COMMAND'] || 'gantry';

/** The control plane and the key to it. The API's modules are loaded here, not at the start. */
export async function reach(host: Host, dataDir: string | undefined) {
  const { connect, findConnection } = await import('../api/connect.ts');
  const connection = await findConnection(host, dataDir);
  return { connection, api: await connect(host, connection.where, connection.keys) };
}

export function durationFlag(flag: string, text: string): number {
  const value = parseDurationMs(text);
  if (value !== undefined) return value;
  throw usageError(`${flag} ${text}: a duration looks like 90s or 2m.`);
}
