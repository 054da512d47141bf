import { validationError } from './errors.ts';

/** An attribute: its default, and which values there are. */
export interface AttributeRule {
  readonly initial: string;
  readonly allowed: RegExp | readonly [low: number, high: number];
  /** Kept and shown, though it changes nothing: only this value of it is served. */
  readonly only?: string;
}

const SWITCH = /^(true|false)$/;
const off = (): AttributeRule => ({ initial: 'false', allowed: SWITCH, only: 'false' });

export type AttributeRules = Readonly<Record<string, AttributeRule | undefined>>;

export const TARGET_GROUP_ATTRIBUTES: Readonly<Record<'HTTP' | 'TCP', AttributeRules>> = {
  HTTP: {
    'deregistration_delay.timeout_seconds': { initial: '300', allowed: [0, 3600] },
    'load_balancing.algorithm.anomaly_mitigation': { initial: 'off', allowed: /^(on|off)$/, only: 'off' },
    'load_balancing.algorithm.type': {
      initial: 'round_robin',
      allowed: /^(round_robin|least_outstanding_requests|weighted_random)$/,
    },
    'load_balancing.cross_zone.enabled': {
      initial: 'use_load_balancer_configuration',
      allowed: /^(true|false|use_load_balancer_configuration)$/,
    },
    'slow_start.duration_seconds': { initial: '0', allowed: /^(0|[3-9]\d|[1-8]\d\d|900)$/ },
    'stickiness.app_cookie.cookie_name': { initial: '', allowed: /^[\w.-]{0,128}$/ },
    'stickiness.app_cookie.duration_seconds': { initial: '86400', allowed: [1, 604_800] },
    'stickiness.enabled': { initial: 'false', allowed: SWITCH },
    'stickiness.lb_cookie.duration_seconds': { initial: '86400', allowed: [1, 604_800] },
    'stickiness.type': { initial: 'lb_cookie', allowed: /^(lb_cookie|app_cookie)$/ },
  },
  TCP: {
    'deregistration_delay.connection_termination.enabled': { initial: 'false', allowed: SWITCH },
    'deregistration_delay.timeout_seconds': { initial: '300', allowed: [0, 3600] },
    'load_balancing.cross_zone.enabled': {
      initial: 'use_load_balancer_configuration',
      allowed: /^(true|false|use_load_balancer_configuration)$/,
    },
    'preserve_client_ip.enabled': off(),
    'proxy_protocol_v2.enabled': { initial: 'false', allowed: SWITCH },
    'stickiness.enabled': { initial: 'false', allowed: SWITCH },
    'stickiness.type': { initial: 'source_ip', allowed: /^source_ip$/ },
  },
};

export const LOAD_BALANCER_ATTRIBUTES: Readonly<Record<'application' | 'network', AttributeRules>> = {
  application: {
    'access_logs.s3.bucket': { initial: '', allowed: /^$/, only: '' },
    'access_logs.s3.enabled': off(),
    'access_logs.s3.prefix': { initial: '', allowed: /^$/, only: '' },
    'client_keep_alive.seconds': { initial: '3600', allowed: [60, 604_800] },
    'deletion_protection.enabled': { initial: 'false', allowed: SWITCH },
    'idle_timeout.timeout_seconds': { initial: '60', allowed: [1, 4000] },
    'load_balancing.cross_zone.enabled': { initial: 'true', allowed: /^true$/ },
    'routing.http.drop_invalid_header_fields.enabled': off(),
    'routing.http.preserve_host_header.enabled': { initial: 'true', allowed: SWITCH, only: 'true' },
    'routing.http.xff_header_processing.mode': { initial: 'append', allowed: /^(append|preserve|remove)$/ },
    'routing.http2.enabled': { initial: 'true', allowed: SWITCH },
  },
  network: {
    'access_logs.s3.bucket': { initial: '', allowed: /^$/, only: '' },
    'access_logs.s3.enabled': off(),
    'access_logs.s3.prefix': { initial: '', allowed: /^$/, only: '' },
    'deletion_protection.enabled': { initial: 'false', allowed: SWITCH },
    'load_balancing.cross_zone.enabled': { initial: 'false', allowed: SWITCH },
  },
};

/** All attributes in order of their names, with what was changed. */
export function allAttributes(rules: AttributeRules, changed: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(rules)
    .map(([Key, rule]) => ({ Key, Value: changed[Key] ?? rule?.initial ?? '' }))
    .toSorted((a, b) => (a.Key < b.Key ? -1 : 1));
}

export function attributeOf(rules: AttributeRules, changed: Readonly<Record<string, string>>, key: string): string {
  return changed[key] ?? rules[key]?.initial ?? '';
}

interface Pair {
  readonly Key: string;
  readonly Value: string;
}

/** @throws ServiceError ValidationError that names the attribute */
export function changedAttributes(
  rules: AttributeRules,
  existing: Readonly<Record<string, string>>,
  given: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Readonly<Record<string, string>> {
  const changed = { ...existing };
  for (const { Key = '', Value = '' } of given ?? []) {
    const rule = Object.hasOwn(rules, Key) ? rules[Key] : undefined;
    if (rule === undefined) throw validationError(`The attribute key '${Key}' is not recognized`);
    const fits =
      rule.allowed instanceof RegExp
        ? rule.allowed.test(Value)
        : /^\d{1,9}$/.test(Value) && Number(Value) >= rule.allowed[0] && Number(Value) <= rule.allowed[1];
    if (rule.only !== undefined && Value !== rule.only)
      throw validationError(
        `The attribute '${Key}' can be '${rule.only}' alone: Gantry does not serve '${Value}' yet.`,
      );
    if (!fits) throw validationError(`'${Value}' is not a valid value for the attribute '${Key}'`);
    changed[Key] = Value;
  }
  return changed;
}
