import { readFile } from 'node:fs/promises';
import type { EngineInfo } from '../engine/port.ts';
import { runCommand } from '../network/command.ts';
import { NoCgroups } from './none.ts';
import type { TaskCgroups } from './port.ts';
import { CgroupsV1, type Hierarchies } from './v1.ts';
import { CgroupsV2, CgroupsV2Systemd } from './v2.ts';

export interface Detected {
  readonly cgroups: TaskCgroups;
  readonly kind: 'v1' | 'v2' | 'v2-systemd' | 'none';
  /** Why limits of whole tasks cannot be kept here, with the way out. */
  readonly missing?: string;
}

export interface Host {
  readonly isRoot: boolean;
  /** Text of /proc/self/mounts. */
  readonly mounts: string;
}

/** The adapter for this host and its engine. Never rejects: without one, `missing` says what is lost. */
export async function detectTaskCgroups(
  info: Pick<EngineInfo, 'cgroupVersion' | 'cgroupDriver'>,
  host?: Host,
): Promise<Detected> {
  const { isRoot, mounts } = host ?? {
    isRoot: process.getuid?.() === 0,
    mounts: await readFile('/proc/self/mounts', 'utf8').catch(() => ''),
  };
  if (info.cgroupVersion === '1') return detectV1(info.cgroupDriver, isRoot, parseHierarchies(mounts));
  const root = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  if (root === undefined) return none('cgroup v2 is not mounted, though the engine uses it.');
  const systemd = info.cgroupDriver === 'systemd';
  const cgroups = systemd ? new CgroupsV2Systemd(runCommand, root) : new CgroupsV2(root);
  if (!isRoot) return none('Making cgroups needs root. Run Gantry as root.', cgroups);
  return { cgroups, kind: systemd ? 'v2-systemd' : 'v2' };
}

function detectV1(driver: EngineInfo['cgroupDriver'], isRoot: boolean, hierarchies: Hierarchies): Detected {
  const absent = ['cpu', 'cpuacct', 'memory'].filter((controller) => !hierarchies.has(controller));
  if (absent.length > 0) return none(`The cgroup controllers ${absent.join(', ')} are not mounted.`);
  const cgroups = new CgroupsV1(hierarchies);
  if (driver === 'systemd') {
    return none(
      'The engine uses the systemd driver on cgroup v1. Start it with the cgroupfs driver, or the kernel with cgroup v2.',
    );
  }
  return isRoot ? { cgroups, kind: 'v1' } : none('Making cgroups needs root. Run Gantry as root.', cgroups);
}

function none(reason: string, readings?: TaskCgroups): Detected {
  const missing = `CPU and memory limits of whole tasks are not kept (those of containers are): ${reason}`;
  return { cgroups: new NoCgroups(readings), kind: 'none', missing };
}

/**
 * The mounts of cgroup v1, by controller, from the text of /proc/self/mounts. Where v2 is mounted beside them it is
 * `unified`: without controllers there, but the runtime makes its parents there, too.
 */
export function parseHierarchies(mounts: string): Hierarchies {
  const found = new Map<string, string>();
  for (const line of mounts.split('\n')) {
    const [, path = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup2') found.set('unified', path);
    if (type !== 'cgroup') continue;
    for (const option of options.split(','))
      if (!/^(rw|ro|relatime|nosuid|nodev|noexec|xattr|release_agent=.*)$/.test(option)) found.set(option, path);
  }
  return found;
}
