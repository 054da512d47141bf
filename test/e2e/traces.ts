import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, type World } from './world.ts';

/** What of this world is on the machine, by kind. Nothing of other worlds is in it. */
export interface Traces {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  /** Those that hold addresses, or are kept to. */
  readonly pauses: readonly string[];
  readonly interfaces: readonly string[];
  readonly rules: readonly string[];
  readonly cgroups: readonly string[];
  readonly claims: readonly string[];
  readonly processes: readonly string[];
}

export const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
export const docker = async (...args: string[]): Promise<readonly string[]> => lines(await command('docker', args));
export const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** Labels of the two agents' containers, from their checkpoints. What the machine itself remembers has no owner. */
export function owners(world: World): readonly string[] {
  return globSync(join(world.dataDir, 'agent', '*', 'checkpoint.jsonl')).flatMap((file) => {
    const line = lines(readFileSync(file, 'utf8')).find((text) => text.startsWith('["agent",'));
    return line === undefined ? [] : [(JSON.parse(line) as [string, { agentId: string }])[1].agentId];
  });
}

/** `taskIds`: cgroups are told by these; `pauseIds`: and wires by these. */
export async function traces(
  world: World,
  taskIds: readonly string[],
  pauseIds: readonly string[] = [],
): Promise<Traces> {
  const { bridge } = json<{ bridge: string }>(join(world.dataDir, 'network.json'));
  const labels = owners(world).map((id) => `label=gantry.agent=${id}`);
  const containers = labels.map((label) => docker('ps', '-a', '--filter', label, '--format', '{{.Names}}'));
  const volumes = labels.map((label) => docker('volume', 'ls', '-q', '--filter', label));
  const rules = await Promise.all([command('iptables', ['-S']), command('iptables', ['-t', 'nat', '-S'])]);
  const metadata = lines(await command('nft', ['list', 'tables'])).filter((t) => t.endsWith(`gantrymeta-${bridge}`));
  const wires = pauseIds.map((id) => `gv${id.slice(0, 12)}`);
  const claim = `/run/gantry/networks/${bridge}`;
  return {
    containers: (await Promise.all(containers)).flat(),
    volumes: (await Promise.all(volumes)).flat(),
    pauses: await docker('ps', '-a', '--filter', `label=gantry.network=${bridge}`, '--format', '{{.Names}}'),
    interfaces: [bridge, ...wires].filter((name) => existsSync(`/sys/class/net/${name}`)),
    rules: [
      ...metadata,
      ...rules.flatMap(lines).filter((rule) => new RegExp(`\\bGANTRY-\\w+-${bridge}\\b`).test(rule)),
    ],
    cgroups: taskIds.flatMap((id) => globSync(`/sys/fs/cgroup/{ecs,*/ecs,ecstasks.slice}/*${id}*`)),
    claims: existsSync(claim) && readFileSync(claim, 'utf8') === world.dataDir ? [claim] : [],
    processes: globSync('/proc/[0-9]*/cmdline').filter((path) => isOf(world, path)),
  };
}

function isOf(world: World, path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(world.dataDir);
  } catch {
    return false; // it has ended meanwhile
  }
}

export const NOTHING: Traces = {
  containers: [],
  volumes: [],
  pauses: [],
  interfaces: [],
  rules: [],
  cgroups: [],
  claims: [],
  processes: [],
};
