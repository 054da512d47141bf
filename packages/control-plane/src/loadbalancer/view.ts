import {
  groupsOf,
  type Listener,
  type ListenerRule,
  type LoadBalancer,
  type Target,
  type TargetGroup,
} from '@gantry/domain';
import { valueOf } from '../api/elbv2/load-balancers.ts';
import { inOrder } from '../api/elbv2/rules.ts';
import type { Tables } from '../state/tables.ts';

export interface ListenerView {
  readonly balancer: LoadBalancer;
  readonly listener: Listener;
  /** First ones first. */
  readonly rules: readonly ListenerRule[];
}

export interface GroupView {
  readonly group: TargetGroup;
  readonly idleTimeoutSeconds: number;
  readonly targets: readonly Target[];
}

/** All that the proxy is to do. */
export interface BalancingView {
  readonly listeners: readonly ListenerView[];
  /** Target groups some listener forwards to. */
  readonly groups: readonly GroupView[];
}

export function readView(tables: Tables): BalancingView {
  const listeners: ListenerView[] = [];
  const used = new Map<string, LoadBalancer>();
  for (const listener of tables.listeners.values()) {
    const [balancer] = [...tables.loadBalancers.values()].filter(({ arn }) => arn === listener.loadBalancerArn);
    if (balancer === undefined) continue;
    const rules = inOrder(tables, listener);
    listeners.push({ balancer, listener, rules });
    for (const action of [...rules.map((rule) => rule.action), listener.defaultAction])
      for (const { targetGroupArn } of groupsOf(action)) used.set(targetGroupArn, balancer);
  }
  const groups: GroupView[] = [];
  for (const group of tables.targetGroups.values()) {
    const balancer = used.get(group.arn);
    if (balancer === undefined) continue;
    const idleTimeoutSeconds = Number(valueOf(balancer, 'idle_timeout.timeout_seconds') || '350');
    groups.push({ group, idleTimeoutSeconds, targets: tables.targets.by('group', group.arn) });
  }
  return { listeners, groups };
}

/** What the proxy calls a group. */
export const backendOf = (arn: string): string => `tg-${arn.slice(arn.lastIndexOf('/') + 1)}`;
