import type { Target, TargetGroup } from '@gantry/domain';
import { cookieKey, probeLine, probeOf, serverLine, serverOf, usesCookie } from './render.ts';
import type { ServerStat } from './stats.ts';
import { backendOf, type BalancingView } from './view.ts';

export interface ProxyView {
  readonly view: BalancingView;
  readonly servers: readonly ServerStat[];
  /** Workers of before a reload still finish requests: of those nothing is known. */
  readonly oldWorkers: number;
  readonly now: number;
}

/** What the documents are to say. */
export type TargetChange =
  | { readonly kind: 'state'; readonly target: Target; readonly to: Pick<Target, 'state' | 'reason' | 'description'> }
  /** Drained, or its time is over. */
  | { readonly kind: 'gone'; readonly target: Target };

export interface ProxyPlan {
  /** Commands of HAProxy's runtime API, in order. */
  readonly commands: readonly string[];
  readonly changes: readonly TargetChange[];
}

/** Brings the proxy's servers to what the documents say, and the documents to what the health checks say. Pure. */
export function decideBalancing({ view, servers, oldWorkers, now }: ProxyView): ProxyPlan {
  const live = new Map(servers.map((each) => [`${each.backend}/${each.server}`, each]));
  const commands: string[] = [];
  const changes: TargetChange[] = [];
  const wanted = new Set<string>();
  for (const { group, targets } of view.groups) {
    for (const target of targets) {
      const backend = backendOf(group.arn);
      const names = { server: `${backend}/${serverOf(target)}`, probe: `${backend}/${probeOf(target)}` };
      const there = { server: live.get(names.server), probe: live.get(names.probe) };
      const plan = decideTarget({ group, target, names, there, oldWorkers, now });
      commands.push(...plan.commands);
      changes.push(...plan.changes);
      for (const name of plan.keep) wanted.add(name);
    }
  }
  const stray = [...live.keys()].filter((name) => !wanted.has(name));
  return { commands: [...commands, ...stray.flatMap((name) => removal(name))], changes };
}

interface TargetView {
  readonly group: TargetGroup;
  readonly target: Target;
  readonly names: { readonly server: string; readonly probe: string };
  readonly there: { readonly server: ServerStat | undefined; readonly probe: ServerStat | undefined };
  readonly oldWorkers: number;
  readonly now: number;
}
type TargetPlan = ProxyPlan & { readonly keep: readonly string[] };

function decideTarget(view: TargetView): TargetPlan {
  const { group, target, names, there } = view;
  if (target.state === 'draining') return decideDraining(view);
  if (there.server !== undefined) {
    if (there.server.inMaintenance)
      return { commands: [`set server ${names.server} state ready`], changes: [], keep: [names.server] };
    return { commands: [], changes: verdict(target, there.server), keep: [names.server] };
  }
  if (target.state === 'healthy' || there.probe?.check?.passed === true)
    return { commands: serving(group, target, names.server), changes: become(target, HEALTHY), keep: [names.server] };
  if (there.probe === undefined) {
    const started = target.state === 'initial' ? become(target, CHECKING) : [];
    return { commands: probing(group, target, names.probe), changes: started, keep: [names.probe] };
  }
  return { commands: [], changes: failing(view, there.probe), keep: [names.probe] };
}

/** Out of maintenance nothing new comes, sticky clients neither; requests in flight go on. */
function decideDraining({ target, names, there: { server }, oldWorkers, now }: TargetView): TargetPlan {
  const isOver = now >= (target.drainUntil ?? 0);
  const isQuiet = oldWorkers === 0 && (server === undefined || (server.inMaintenance && server.sessions === 0));
  if (isOver || isQuiet) return { commands: [], changes: [{ kind: 'gone', target }], keep: [] };
  if (server === undefined) return { commands: [], changes: [], keep: [] };
  const commands = server.inMaintenance ? [] : [`set server ${names.server} state maint`];
  return { commands, changes: [], keep: [names.server] };
}

const HEALTHY = { state: 'healthy', reason: undefined, description: undefined } as const;
const CHECKING = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
} as const;

function become(target: Target, to: Pick<Target, 'state' | 'reason' | 'description'>): readonly TargetChange[] {
  const same = (['state', 'reason', 'description'] as const).every((name) => target[name] === to[name]);
  return same ? [] : [{ kind: 'state', target, to }];
}

/** What the checks of a target that gets requests say. */
function verdict(target: Target, stat: ServerStat): readonly TargetChange[] {
  return become(target, stat.isUp ? HEALTHY : unhealthy(stat));
}

/** A new target may fail for as long as one that was healthy before. */
function failing({ group, target, now }: TargetView, probe: ServerStat): readonly TargetChange[] {
  if (target.state === 'unhealthy') return probe.check === undefined ? [] : become(target, unhealthy(probe));
  const { intervalSeconds, unhealthyThreshold } = group.healthCheck;
  const patienceMs = intervalSeconds * unhealthyThreshold * 1000;
  return probe.check !== undefined && now >= target.registeredAt + patienceMs ? become(target, unhealthy(probe)) : [];
}

/** ELB's reasons (ecs-semantics 8.2). */
function unhealthy({ check }: ServerStat): Pick<Target, 'state' | 'reason' | 'description'> {
  const { status = '', code = '' } = check ?? {};
  if (status === 'L7STS')
    return {
      state: 'unhealthy',
      reason: 'Target.ResponseCodeMismatch',
      description: `Health checks failed with these codes: [${code}]`,
    };
  if (/^L\dTOUT$/.test(status))
    return { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' };
  return { state: 'unhealthy', reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };
}

function probing(group: TargetGroup, target: Target, name: string): readonly string[] {
  return [`add server ${name} ${probeLine(group, target)}`, `set server ${name} state drain`, `enable health ${name}`];
}

function serving(group: TargetGroup, target: Target, name: string): readonly string[] {
  return [
    `add server ${name} ${serverLine(group, target)}`,
    ...(usesCookie(group) ? [`set dynamic-cookie-key backend ${backendOf(group.arn)} ${cookieKey(group)}`] : []),
    `set server ${name} state ready`,
    `enable health ${name}`,
  ];
}

/** A server that has connections left is not deleted: it goes the next time. */
function removal(name: string): readonly string[] {
  return [`set server ${name} state maint`, `shutdown sessions server ${name}`, `del server ${name}`];
}
