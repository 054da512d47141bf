import { randomBytes } from 'node:crypto';
import { epochMs, type Clock, type Ids } from '@gantry/domain';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import { CONFIG } from '../../../controllers/testing/world.ts';
import { MemoryFolders } from '../../../filesystems/memory.ts';
import { openIdentity, type Identity } from '../../../identity/index.ts';
import type { KeyHolder } from '../../../identity/principal.ts';
import type { Caller, Platform, RequestContext } from '../../../platform.ts';
import { testSeal } from '../../../seal/testing/test-seal.ts';
import type { Seal } from '../../../seal/port.ts';
import { State } from '../../../state/state.ts';
import { MemoryJournal } from '../../../store/memory.ts';
import type { Journal } from '../../../store/port.ts';
import { bind, type Bound } from '../../ecs/testing/world.ts';
import { stsHandlers } from '../../sts/index.ts';
import type { IamHandlers } from '../common/handler.ts';
import { iamHandlers } from '../index.ts';

export const ACCOUNT = SCOPE.account;
export const OTHER = '999999999999' as typeof ACCOUNT;
export const ADMINISTRATOR: Caller = {
  ...SCOPE,
  principalArn: `arn:aws:iam::${ACCOUNT}:user/administrator`,
  accessKeyId: 'AKIATEST',
  principal: { kind: 'administrator' },
};
export const ROOT: Caller = { ...ADMINISTRATOR, principalArn: `arn:aws:iam::${ACCOUNT}:root` };

type Sts = Required<ReturnType<typeof stsHandlers>>;

export interface Client {
  readonly iam: Bound<IamHandlers>;
  readonly sts: Bound<Sts>;
}

export interface IamWorld extends Client {
  readonly platform: Platform;
  readonly identity: Identity;
  readonly as: (caller: Caller, address?: string) => Client;
  /** As the front door does for a request with a good signature; undefined for a key that is not known. */
  readonly callerOf: (accessKeyId: string | undefined, sessionToken?: string) => Caller | undefined;
  readonly turn: (ms: number) => void;
}

/** Real ids: keys must differ from world to world, as they do in life. */
const ids: Ids = {
  hex32: () => randomBytes(16).toString('hex'),
  uuid: () => '00000000-0000-4000-8000-000000000000',
  digits19: () => '1000000000000000000',
  random: () => 0.5,
};

/** IAM and STS on the real state, with a clock that is turned. */
export async function anIam(journal: Journal = new MemoryJournal(), seal: Seal = testSeal()): Promise<IamWorld> {
  let now = Date.UTC(2026, 0, 1);
  const sleepers: (() => void)[] = [];
  const clock: Clock = {
    now: () => epochMs(now),
    elapsedMs: () => now,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        sleepers.push(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  const state = await State.open({ journal, clock, schedule: queueMicrotask });
  const platform: Platform = {
    state,
    journal,
    clock,
    ids,
    config: CONFIG,
    seal,
    folders: new MemoryFolders(),
    log: () => {},
  };
  const identity = openIdentity(platform);
  const [iam, sts] = [iamHandlers(platform, identity) as IamHandlers, stsHandlers(platform, identity) as Sts];
  const as = (caller: Caller, address?: string): Client => {
    const { account, region } = caller;
    const from = address === undefined ? undefined : { address, secure: false };
    const context: RequestContext = { caller, scope: { account, region }, requestId: 'request', from };
    return { iam: bind(iam, context), sts: bind(sts, context) };
  };
  const callerOf = (accessKeyId = '', sessionToken?: string): Caller | undefined => {
    const holder: KeyHolder | undefined = identity.keys.key(accessKeyId, sessionToken);
    if (holder === undefined || (holder.expiresAt ?? Infinity) <= now) return undefined;
    const { account, principalArn, principal } = holder;
    return { account, region: SCOPE.region, principalArn, accessKeyId, principal };
  };
  const turn = (ms: number): void => {
    now += ms;
    for (const wake of sleepers.splice(0)) wake();
  };
  return { ...as(ADMINISTRATOR), platform, identity, as, callerOf, turn };
}

export const TRUST_ACCOUNT = trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` });
export const ALLOW_ALL = policy({ Effect: 'Allow', Action: '*', Resource: '*' });

export function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export function trusting(principal: object | string, more: object = {}): string {
  return policy({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more });
}
