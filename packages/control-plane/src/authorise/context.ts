import { parseArn, type Clock } from '@gantry/domain';
import { userIdOf } from '../identity/built-in.ts';
import type { Caller } from '../platform.ts';
import type { Demand } from './demand.ts';
import type { ApiCall } from './port.ts';
import { cut } from './refusal.ts';
import type { Context } from './wildcard.ts';

export interface Asker {
  readonly caller: Caller;
  readonly call: Omit<ApiCall, 'operation' | 'input'>;
  /** `aws:PrincipalTag/…` */
  readonly tags: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** The condition keys of one demand. A value is worked out when a policy asks for it. */
export function contextFor(asker: Asker, demand: Demand): Context {
  const known = new Map<string, readonly string[] | undefined>();
  return {
    get(key) {
      if (known.has(key)) return known.get(key);
      const values = valuesOf(asker, demand, key)?.map(cut);
      known.set(key, values);
      return values;
    },
  };
}

function valuesOf(asker: Asker, demand: Demand, key: string): readonly string[] | undefined {
  const own = ownKey(demand, key);
  if (own !== undefined) return own;
  const slash = key.indexOf('/');
  if (slash > 0) return tagKey(asker, demand, key.slice(0, slash), key.slice(slash + 1));
  const global = GLOBAL[key]?.(asker, demand);
  return typeof global === 'string' ? [global] : global;
}

/** Names of keys are told apart without regard to case. */
function ownKey({ keys }: Demand, key: string): readonly string[] | undefined {
  for (const name in keys) {
    const value = keys[name];
    if (value === undefined || name.toLowerCase() !== key) continue;
    return typeof value === 'object' ? value : [String(value)];
  }
  return undefined;
}

function tagKey(asker: Asker, demand: Demand, family: string, tag: string): readonly string[] | undefined {
  switch (family) {
    case 'aws:principaltag': {
      const found = Object.entries(asker.tags).find(([key]) => key.toLowerCase() === tag);
      return found === undefined ? undefined : [found[1]];
    }
    case 'aws:requesttag':
      return valueOf(demand.requestTags, tag);
    case 'aws:resourcetag':
    case `${asker.call.signingName}:resourcetag`:
    case `${demand.action?.split(':')[0] ?? ''}:resourcetag`:
      return valueOf(demand.tags?.(), tag);
    default:
      return undefined;
  }
}

function valueOf(tags: Demand['requestTags'], wanted: string): readonly string[] | undefined {
  const found = tags?.find(({ key }) => key?.toLowerCase() === wanted);
  return found === undefined ? undefined : [found.value ?? ''];
}

type Value = string | readonly string[] | undefined;

const issuedAt = ({ caller: { principal } }: Asker): Value =>
  'issuedAtMs' in principal && principal.issuedAtMs !== undefined ? iso(principal.issuedAtMs) : undefined;

const isTemporary = ({ caller: { principal } }: Asker): boolean =>
  principal.kind === 'assumed-role' || (principal.kind === 'user' && principal.temporary === true);

/** Seconds are as fine as it gets. */
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const GLOBAL: Readonly<Record<string, ((asker: Asker, demand: Demand) => Value) | undefined>> = Object.assign(
  Object.create(null) as object,
  {
    'aws:currenttime': ({ clock }: Asker): Value => iso(clock.now()),
    'aws:epochtime': ({ clock }: Asker): Value => String(Math.floor(clock.now() / 1000)),
    'aws:multifactorauthpresent': (asker: Asker): Value => (isTemporary(asker) ? 'false' : undefined),
    'aws:principalaccount': ({ caller }: Asker): Value => caller.account,
    'aws:principalarn': ({ caller: { principal, principalArn } }: Asker): Value =>
      principal.kind === 'assumed-role' ? principal.roleArn : principalArn,
    'aws:principalisawsservice': (): Value => 'false',
    'aws:principaltype': ({ caller: { principal } }: Asker): Value =>
      principal.kind === 'assumed-role' ? 'AssumedRole' : 'User',
    'aws:requestedregion': ({ caller }: Asker): Value => caller.region,
    'aws:resourceaccount': (_asker: Asker, { resource }: Demand): Value => parseArn(resource)?.account || undefined,
    'aws:securetransport': ({ call }: Asker): Value => String(call.from.secure),
    'aws:sourceidentity': ({ caller: { principal } }: Asker): Value =>
      principal.kind === 'assumed-role' ? principal.sourceIdentity : undefined,
    'aws:sourceip': ({ call }: Asker): Value => call.from.address,
    'aws:tagkeys': (_asker: Asker, { requestTags, tagKeys }: Demand): Value => {
      const named = tagKeys ?? requestTags?.flatMap(({ key }) => key ?? []);
      return named === undefined || named.length === 0 ? undefined : named;
    },
    'aws:tokenissuetime': issuedAt,
    'aws:useragent': ({ call }: Asker): Value => call.userAgent,
    'aws:userid': ({ caller }: Asker): Value => userIdOf(caller.principal, caller.principalArn),
    'aws:username': ({ caller: { principal } }: Asker): Value =>
      principal.kind === 'user' ? principal.userName : undefined,
    'aws:viaawsservice': (): Value => 'false',
  },
);
