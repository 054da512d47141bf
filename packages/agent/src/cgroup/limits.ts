import { readFile, rmdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

export interface TaskLimits {
  readonly cpuVcpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
}

export const PERIOD_US = 100_000;
/** The kernel takes no quota below this. */
const LEAST_QUOTA_US = 1_000;

/** CPU time a period of 100 ms; undefined: no limit. */
export function quotaUs({ cpuVcpus }: TaskLimits): number | undefined {
  if (cpuVcpus === undefined || cpuVcpus <= 0) return undefined;
  return Math.max(LEAST_QUOTA_US, Math.round(cpuVcpus * PERIOD_US));
}

/** undefined: no limit. */
export function limitBytes({ memoryMiB }: TaskLimits): number | undefined {
  return memoryMiB === undefined || memoryMiB <= 0 ? undefined : Math.floor(memoryMiB * 1_048_576);
}

/** A task id becomes a part of paths: nothing but an id may pass. */
export function checkTaskId(taskId: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(taskId)) throw new Error(`Not the id of a task: ${JSON.stringify(taskId)}`);
  return taskId;
}

const TRIES = 20;
const PAUSE_MS = 25;

/** Removes a cgroup. The kernel calls it busy for a moment after its last process has ended. */
export async function removeCgroup(path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await rmdir(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || tries === TRIES) throw error;
      await wait(PAUSE_MS);
    }
  }
}

/** For a cgroup that others may be using: it stays if they do. */
export async function removeIfEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(code)) throw error;
  }
}

export async function readNumber(path: string): Promise<number> {
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^\d+$/.test(text)) throw new Error(`${path} holds no number: ${text.slice(0, 40)}`);
  return Number(text);
}

/** One value of a file of lines `key value`. */
export async function readField(path: string, key: string): Promise<number> {
  const line = (await readFile(path, 'utf8')).split('\n').find((one) => one.startsWith(`${key} `));
  if (line === undefined) throw new Error(`${path} has no ${key}`);
  return Number(line.slice(key.length + 1));
}
