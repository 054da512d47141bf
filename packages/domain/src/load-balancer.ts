import { parseArn, type Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

// Documents of Elastic Load Balancing. Keys: `elbKey` of their ARNs.

/** `<account>/<region>/<resource>`: the key of what an ARN of Elastic Load Balancing names. `undefined` for other texts. */
export function elbKey(arn: string): string | undefined {
  const parsed = parseArn(arn);
  if (parsed?.service !== 'elasticloadbalancing') return undefined;
  return `${parsed.account}/${parsed.region}/${parsed.resource}`;
}

export interface LoadBalancer {
  readonly scope: Scope;
  readonly name: string;
  readonly arn: string;
  readonly type: 'application' | 'network';
  readonly scheme: 'internet-facing' | 'internal';
  /** Resolves to this host. */
  readonly dnsName: string;
  readonly subnetIds: readonly string[];
  readonly securityGroups: readonly string[];
  readonly createdAt: EpochMs;
  /** What differs from the defaults. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
}

export const TARGET_GROUP_PROTOCOLS = ['HTTP', 'TCP'] as const;

export interface TargetGroupHealthCheck {
  readonly enabled: boolean;
  readonly protocol: 'HTTP' | 'TCP';
  /** A number, or `traffic-port`. */
  readonly port: string;
  readonly path?: string | undefined;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** `200`, `200,202` or `200-299`. */
  readonly httpCode?: string | undefined;
}

export interface TargetGroup {
  readonly scope: Scope;
  readonly name: string;
  readonly arn: string;
  readonly protocol: (typeof TARGET_GROUP_PROTOCOLS)[number];
  readonly protocolVersion?: string | undefined;
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: 'instance' | 'ip';
  readonly healthCheck: TargetGroupHealthCheck;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly createdAt: EpochMs;
}

export interface TargetGroupWeight {
  readonly targetGroupArn: string;
  /** 0 to 999 */
  readonly weight: number;
}

export type ListenerAction =
  | {
      readonly type: 'forward';
      readonly targetGroups: readonly TargetGroupWeight[];
      /** A client keeps its target group so long. */
      readonly stickySeconds?: number | undefined;
    }
  | {
      readonly type: 'redirect';
      readonly statusCode: 'HTTP_301' | 'HTTP_302';
      /** Texts may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`. */
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
  | {
      readonly type: 'fixed-response';
      readonly statusCode: string;
      readonly contentType?: string | undefined;
      readonly messageBody?: string | undefined;
    };

export type ListenerCondition =
  /** `*` and `?` are wildcards in the first two. */
  | {
      readonly field: 'host-header' | 'path-pattern' | 'http-request-method' | 'source-ip';
      readonly values: readonly string[];
    }
  | { readonly field: 'http-header'; readonly name: string; readonly values: readonly string[] }
  | {
      readonly field: 'query-string';
      readonly values: readonly { readonly key?: string | undefined; readonly value: string }[];
    };

export interface Listener {
  readonly scope: Scope;
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly protocol: 'HTTP' | 'TCP';
  /** The port it was asked for. */
  readonly port: number;
  /** The port of this host it listens on: `port` where that was free. */
  readonly hostPort: number;
  readonly defaultAction: ListenerAction;
  /** The default rule's. */
  readonly defaultRuleArn: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
}

export interface ListenerRule {
  readonly scope: Scope;
  readonly arn: string;
  readonly listenerArn: string;
  /** 1 to 50000; lower ones first. */
  readonly priority: number;
  readonly conditions: readonly ListenerCondition[];
  readonly action: ListenerAction;
  readonly tags: readonly Tag[];
}

export type TargetState =
  /** Its first health check is under way. */
  | 'initial'
  | 'healthy'
  | 'unhealthy'
  /** Deregistered; requests in flight may finish until `drainUntil`. */
  | 'draining';

/** A target of a group. Key `<key of the group>\n<id>\n<port>`. */
export interface Target {
  readonly targetGroupArn: string;
  /** An address, or the id of an instance. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone?: string | undefined;
  /** Names it to the proxy; no two registrations share one. */
  readonly serial: string;
  readonly registeredAt: EpochMs;
  readonly state: TargetState;
  /** ELB's reason of a state that is not healthy. */
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
  readonly drainUntil?: EpochMs | undefined;
  /** Key of the task a service registered. */
  readonly taskKey?: string | undefined;
}

export function targetKey(targetGroupArn: string, id: string, port: number): string {
  return `${elbKey(targetGroupArn) ?? ''}\n${id}\n${port}`;
}

/** The target groups an action sends requests to. */
export function groupsOf(action: ListenerAction): readonly TargetGroupWeight[] {
  return action.type === 'forward' ? action.targetGroups : [];
}
