import { createHash } from 'node:crypto';
import type { Target, TargetGroup } from '@gantry/domain';
import { valueOf } from '../api/elbv2/load-balancers.ts';
import { groupAttribute } from '../api/elbv2/target-groups.ts';
import { renderRules } from './rules.ts';
import { quoted } from './text.ts';
import { backendOf, type BalancingView, type GroupView, type ListenerView } from './view.ts';

export interface RenderSettings {
  /** Where listeners listen: an address of this host. */
  readonly address: string;
  readonly socketPath: string;
  readonly statePath: string;
}

export interface RenderedConfig {
  readonly text: string;
  /** Of everything but the targets: those come and go without a reload. */
  readonly generation: string;
}

/** HAProxy's configuration. `isServing`: targets it begins with. Pure. */
export function renderConfig(
  view: BalancingView,
  settings: RenderSettings,
  isServing: (target: Target) => boolean,
): RenderedConfig {
  const body = [
    ...view.listeners.flatMap((each) => frontend(each, settings)),
    ...view.groups.flatMap((each) => backend(each, () => false)),
  ];
  const generation = createHash('sha256')
    .update(body.join('\n'))
    .update(JSON.stringify(settings))
    .digest('hex')
    .slice(0, 32);
  const lines = [
    ...globals(settings, generation),
    ...view.listeners.flatMap((each) => frontend(each, settings)),
    ...view.groups.flatMap((each) => backend(each, isServing)),
  ];
  return { text: `${lines.join('\n')}\n`, generation };
}

function globals({ socketPath, statePath }: RenderSettings, generation: string): readonly string[] {
  return [
    '# Written by Gantry from the documents of its load balancers. Changes are lost.',
    'global',
    `  node ${generation}`,
    `  stats socket ${quoted(socketPath)} mode 600 level admin expose-fd listeners`,
    `  server-state-file ${quoted(statePath)}`,
    '  hard-stop-after 1h',
    'defaults',
    '  log global',
    '  load-server-state-from-file global',
    '  option idle-close-on-response',
    '  option redispatch 1',
    '  option dontlognull',
    '  timeout connect 5s',
    '  timeout http-request 60s',
    '  timeout tunnel 1h',
  ];
}

function frontend({ balancer, listener, rules }: ListenerView, { address }: RenderSettings): readonly string[] {
  const id = listener.arn.slice(listener.arn.lastIndexOf('/') + 1);
  const name = `frontend l-${id}`;
  const bind = `bind ${address}:${listener.hostPort}`;
  if (listener.protocol === 'TCP') {
    const [only] = listener.defaultAction.type === 'forward' ? listener.defaultAction.targetGroups : [];
    const to = only === undefined ? [] : [`default_backend ${backendOf(only.targetGroupArn)}`];
    return [name, ...indented(['mode tcp', bind, 'timeout client 350s', ...to])];
  }
  const idle = valueOf(balancer, 'idle_timeout.timeout_seconds');
  const forwarded = valueOf(balancer, 'routing.http.xff_header_processing.mode');
  const lines = [
    'mode http',
    bind,
    `timeout client ${idle}s`,
    `timeout http-keep-alive ${idle}s`,
    ...(forwarded === 'append' ? ['option forwardfor'] : []),
    ...(forwarded === 'remove' ? ['http-request del-header X-Forwarded-For'] : []),
    'http-request set-header X-Forwarded-Proto http',
    `http-request set-header X-Forwarded-Port ${listener.port}`,
    ...renderRules({ balancer, listener, rules }),
  ];
  return [name, ...indented(lines)];
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  least_outstanding_requests: 'leastconn',
  weighted_random: 'random',
};

function backend(
  { group, idleTimeoutSeconds, targets }: GroupView,
  isServing: (t: Target) => boolean,
): readonly string[] {
  const { healthCheck, protocol } = group;
  const lines = [
    protocol === 'HTTP' ? 'mode http' : 'mode tcp',
    `balance ${ALGORITHMS[groupAttribute(group, 'load_balancing.algorithm.type')] ?? 'roundrobin'}`,
    `timeout server ${idleTimeoutSeconds}s`,
    `timeout check ${healthCheck.timeoutSeconds}s`,
    ...(healthCheck.protocol === 'HTTP' ? httpCheck(group) : []),
    ...stickiness(group),
    ...targets.filter(isServing).map((target) => `server ${serverOf(target)} ${serverLine(group, target)}`),
  ];
  return [`backend ${backendOf(group.arn)}`, ...indented(lines)];
}

function httpCheck({ healthCheck: { path = '/', httpCode = '200' } }: TargetGroup): readonly string[] {
  return [
    'option httpchk',
    `http-check send meth GET uri ${quoted(path)} hdr User-Agent "ELB-HealthChecker\\x2f2.0"`,
    `http-check expect status ${httpCode}`,
  ];
}

function stickiness(group: TargetGroup): readonly string[] {
  const value = (key: string): string => groupAttribute(group, `stickiness.${key}`);
  if (value('enabled') !== 'true') return [];
  switch (value('type')) {
    case 'source_ip':
      return ['stick-table type ip size 100k expire 1h', 'stick on src'];
    case 'app_cookie': {
      const name = value('app_cookie.cookie_name');
      const expire = `expire ${value('app_cookie.duration_seconds')}s`;
      return [
        `stick-table type string len 256 size 100k ${expire}`,
        `stick store-response res.cook(${name})`,
        `stick match req.cook(${name})`,
      ];
    }
    default:
      return [
        `cookie AWSALB insert indirect nocache maxidle ${value('lb_cookie.duration_seconds')}s dynamic`,
        `dynamic-cookie-key ${cookieKey(group)}`,
      ];
  }
}

/** Which server a cookie means follows from its address and this. */
export const cookieKey = (group: TargetGroup): string => backendOf(group.arn);

export function usesCookie(group: TargetGroup): boolean {
  const value = (key: string): string => groupAttribute(group, `stickiness.${key}`);
  return value('enabled') === 'true' && value('type') === 'lb_cookie';
}

/** What the proxy calls a target that gets requests, and one that has yet to pass its first check. */
export const serverOf = ({ serial }: Target): string => `t-${serial}`;
export const probeOf = ({ serial }: Target): string => `p-${serial}`;

/** Where a target is. The instances there are are this host. */
const addressOf = (group: TargetGroup, { id }: Target): string => (group.targetType === 'ip' ? id : '127.0.0.1');

/** Address and options of a target that gets requests. */
export function serverLine(group: TargetGroup, target: Target): string {
  const { intervalSeconds, healthyThreshold, unhealthyThreshold } = group.healthCheck;
  const slowStart = groupAttribute(group, 'slow_start.duration_seconds');
  return [
    ...common(group, target),
    `inter ${intervalSeconds}s rise ${healthyThreshold} fall ${unhealthyThreshold}`,
    ...(slowStart === '' || slowStart === '0' ? [] : [`slowstart ${slowStart}s`]),
  ].join(' ');
}

/** One that is only checked, often: the first success makes it healthy. */
export function probeLine(group: TargetGroup, target: Target): string {
  return [...common(group, target), 'inter 500ms rise 1 fall 1'].join(' ');
}

function common(group: TargetGroup, target: Target): readonly string[] {
  const { port } = group.healthCheck;
  const proxied = groupAttribute(group, 'proxy_protocol_v2.enabled') === 'true';
  return [
    `${addressOf(group, target)}:${target.port}`,
    'check',
    ...(port === 'traffic-port' ? [] : [`port ${port}`]),
    ...(proxied ? ['send-proxy-v2'] : []),
  ];
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
