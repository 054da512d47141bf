import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { docker, json, lines, owners } from './traces.ts';
import { command, until, type World } from './world.ts';

/** How much of a world there is, by kind. Two of a world at rest differ by what leaked between them. */
export interface Census {
  readonly containers: number;
  readonly volumes: number;
  /** Namespaces: those kept ready and those in use. */
  readonly pauses: number;
  /** Wires at the task network's bridge. */
  readonly wires: number;
  /** Of iptables and nftables that name the bridge. */
  readonly rules: number;
  readonly cgroups: number;
  /** Mounts on the host below the data directory. */
  readonly mounts: number;
  readonly children: number;
  readonly files: number;
  readonly controlPlaneFds: number;
  readonly agentFds: number;
}

/** What may differ for a good reason: it is printed, and bounded by who asks. */
export interface Weights {
  readonly controlPlaneMiB: number;
  readonly agentMiB: number;
  readonly checkpointKiB: number;
}

/** `taskIds`: all that were ever started; cgroups are told by them. */
export async function censusOf(world: World, taskIds: ReadonlySet<string>): Promise<Census> {
  const { bridge } = json<{ bridge: string }>(join(world.dataDir, 'network.json'));
  const labels = owners(world).map((id) => `label=gantry.agent=${id}`);
  const counted = async (what: readonly string[]): Promise<number> =>
    (await Promise.all(labels.map((label) => docker(...what, '--filter', label)))).flat().length;
  const ruleset = await Promise.all([
    command('iptables', ['-S']),
    command('iptables', ['-t', 'nat', '-S']),
    command('nft', ['list', 'ruleset']),
  ]);
  const cgroups = globSync('/sys/fs/cgroup/{ecs,*/ecs,ecstasks.slice}/*');
  const mounts = lines(readFileSync('/proc/self/mountinfo', 'utf8'));
  return {
    containers: await counted(['ps', '-aq']),
    volumes: await counted(['volume', 'ls', '-q']),
    pauses: (await docker('ps', '-aq', '--filter', `label=gantry.network=${bridge}`)).length,
    wires: readdirSync(`/sys/class/net/${bridge}/brif`).length,
    rules: ruleset.flatMap(lines).filter((rule) => rule.includes(bridge)).length,
    cgroups: cgroups.filter((path) => taskIds.has(/[0-9a-f]{32}/.exec(basename(path))?.[0] ?? '')).length,
    mounts: mounts.filter((line) => line.includes(world.dataDir)).length,
    children: children(world.pid('agent')) + children(world.pid('control-plane')),
    files: filesBelow(world.dataDir),
    controlPlaneFds: readdirSync(`/proc/${world.pid('control-plane')}/fd`).length,
    agentFds: readdirSync(`/proc/${world.pid('agent')}/fd`).length,
  };
}

/** Namespaces that an agent keeps ready; each has a wire. */
const KEPT_READY = 4;

/** The census when nothing of any task is left; rejects when that does not come. */
export function atRest(world: World, taskIds: ReadonlySet<string>): Promise<Census> {
  return until('all tasks are cleaned up', async () => {
    const census = await censusOf(world, taskIds);
    const { containers, volumes, cgroups, wires, pauses } = census;
    const none = { containers: 0, volumes: 0, cgroups: 0 };
    assert.deepEqual(
      { containers, volumes, cgroups, wires, pauses },
      { ...none, wires: KEPT_READY, pauses: KEPT_READY },
    );
    return census;
  });
}

/** Connections to the engine and the control plane are kept for the next call, up to two dozen. */
const FD_SLACK = 24;

/** What there is more of, in words. */
export function leaksBetween(before: Census, after: Census): readonly string[] {
  return (Object.keys(after) as (keyof Census)[]).flatMap((kind) => {
    const slack = kind.endsWith('Fds') ? FD_SLACK : 0;
    return after[kind] <= before[kind] + slack ? [] : [`${kind}: ${before[kind]} before, ${after[kind]} now`];
  });
}

export function weightsOf(world: World): Weights {
  const checkpoints = globSync(join(world.dataDir, 'agent', '*', 'checkpoint.jsonl')).map(
    (path) => statSync(path).size,
  );
  return {
    controlPlaneMiB: residentMiB(world.pid('control-plane')),
    agentMiB: residentMiB(world.pid('agent')),
    checkpointKiB: checkpoints.reduce((sum, bytes) => sum + bytes, 0) / 1024,
  };
}

function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function children(pid: number): number {
  return lines(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().replaceAll(' ', '\n')).length;
}

/** Logs and the audit trail grow by design: segments and their like are left out. */
function filesBelow(folder: string): number {
  const grows = ['logs', 'audit'].map((name) => join(folder, name)).filter((path) => existsSync(path));
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !grows.some((path) => entry.parentPath.startsWith(path)),
  ).length;
}
