import type { Host } from '../host/port.ts';
import type { Paths, ProcessName } from '../paths.ts';

/** What a `run/<name>.pid` file holds. */
export interface ProcessRecord {
  readonly pid: number;
  /** Host.processIdentity at the start: another process that got the same pid has another one. */
  readonly identity: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Size of the log when it started: what follows is its own output. */
  readonly logOffset: number;
}

export function parseRecord(text: string | undefined): ProcessRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<ProcessRecord>;
    if (!Number.isInteger(value.pid) || (value.pid as number) <= 1 || typeof value.identity !== 'string')
      return undefined;
    return {
      pid: value.pid as number,
      identity: value.identity,
      startedAt: typeof value.startedAt === 'string' ? value.startedAt : '',
      logOffset: typeof value.logOffset === 'number' ? value.logOffset : 0,
    };
  } catch {
    return undefined;
  }
}

/** The process of that name if it lives; a record of a dead one, or of a stranger with its pid, is `undefined`. */
export async function findProcess(host: Host, paths: Paths, name: ProcessName): Promise<ProcessRecord | undefined> {
  const record = parseRecord(await host.readFile(paths.pid(name)));
  if (record === undefined) return undefined;
  return (await host.processIdentity(record.pid)) === record.identity ? record : undefined;
}

const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

export interface Launch {
  readonly name: ProcessName;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it and writes its record. An overgrown log is put aside first (one old one is kept). */
export async function startProcess(host: Host, paths: Paths, launch: Launch): Promise<ProcessRecord> {
  const logFile = paths.log(launch.name);
  if ((await host.fileSize(logFile)) > LARGEST_LOG_BYTES) await host.renameFile(logFile, `${logFile}.1`);
  const logOffset = await host.fileSize(logFile);
  const { pid } = await host.start({
    command: launch.command,
    args: launch.args,
    logFile,
    ...(launch.env === undefined ? {} : { env: launch.env }),
  });
  const identity = (await host.processIdentity(pid)) ?? 'gone';
  const record = { pid, identity, startedAt: new Date(host.clock.now()).toISOString(), logOffset };
  await host.writeFile(paths.pid(launch.name), `${JSON.stringify(record)}\n`, 0o600);
  return record;
}

const POLL_MS = 50;

/** SIGTERM, then SIGKILL after the grace. @returns whether there was one to stop */
export async function stopProcess(host: Host, paths: Paths, name: ProcessName, graceMs: number): Promise<boolean> {
  const record = await findProcess(host, paths, name);
  if (record !== undefined) {
    const gone = async (): Promise<boolean> => (await host.processIdentity(record.pid)) !== record.identity;
    host.kill(record.pid, 'SIGTERM');
    const killAt = host.clock.now() + graceMs;
    while (!(await gone()) && host.clock.now() < killAt) await host.clock.sleep(POLL_MS);
    if (!(await gone())) {
      host.kill(record.pid, 'SIGKILL');
      while (!(await gone()) && host.clock.now() < killAt + 5_000) await host.clock.sleep(POLL_MS);
    }
  }
  await host.removeFile(paths.pid(name));
  return record !== undefined;
}

/** The last lines of what it has written since its start. */
export async function logTail(host: Host, paths: Paths, name: ProcessName, lines: number): Promise<readonly string[]> {
  const record = parseRecord(await host.readFile(paths.pid(name)));
  const size = await host.fileSize(paths.log(name));
  const from = Math.max(record?.logOffset ?? 0, size - 64 * 1024);
  const { text } = await host.readFrom(paths.log(name), from);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-lines);
}
