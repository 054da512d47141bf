import { deflateRawSync } from 'node:zlib';
import { epochMs, iamKey, type AccountId, type EpochMs, type IamRole, type Ids } from '@gantry/domain';
import type { Platform } from '../platform.ts';
import type { Tables } from '../state/tables.ts';
import { accessKeyIdFor, secretAccessKey } from './ids.ts';
import type { AssumedRole, KeyHolder, Principal } from './principal.ts';
import { SessionTokens, type Session } from './session-token.ts';

/** Temporary credentials, as they are given out. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: EpochMs;
}

export interface RoleSession {
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly sessionPolicies?: readonly string[];
  readonly sessionPolicyArns?: readonly string[];
  readonly sessionTags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string | undefined;
  readonly leastTokenBytes?: number | undefined;
}

/** What session policies and tags may take, packed. */
const MOST_PACKED_BYTES = 2048;

export const assumedRoleArn = ({ account, roleName }: IamRole, sessionName: string): string =>
  `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;

/** How much of what a session may carry this one takes, in percent; more than 100 is too much. Pure. */
export function packedPercent(session: Omit<RoleSession, 'durationSeconds'>): number {
  const { sessionPolicies = [], sessionPolicyArns = [], sessionTags = {}, transitiveTagKeys = [] } = session;
  if (sessionPolicies.length + sessionPolicyArns.length + Object.keys(sessionTags).length === 0) return 0;
  const text = JSON.stringify([sessionPolicies, sessionPolicyArns, sessionTags, transitiveTagKeys]);
  return Math.ceil((deflateRawSync(text).length * 100) / MOST_PACKED_BYTES);
}

/** Gives out temporary credentials, and knows them again. Stateless: the token holds it all, sealed. */
export class Sessions {
  readonly #platform: Pick<Platform, 'clock' | 'ids' | 'state'>;
  readonly #tokens: SessionTokens;
  /** One object for each session, so that what is worked out for a principal is worked out once. */
  readonly #holders = new WeakMap<Session, KeyHolder>();

  constructor(platform: Pick<Platform, 'clock' | 'ids' | 'state' | 'seal'>) {
    this.#platform = platform;
    this.#tokens = new SessionTokens(platform.seal);
  }

  /**
   * Credentials of a role: for whom it was assumed, and whether it may, is the caller's business. They end with the
   * role, and with their time.
   */
  sessionForRole(role: IamRole, session: RoleSession): SessionCredentials {
    const { sessionName, durationSeconds, sourceIdentity, transitiveTagKeys = [] } = session;
    const now = this.#platform.clock.now();
    const expiresAt = secondsAfter(now, durationSeconds);
    const principal: AssumedRole = {
      kind: 'assumed-role',
      roleName: role.roleName,
      roleId: role.roleId,
      roleArn: role.arn,
      sessionName,
      sessionPolicies: session.sessionPolicies ?? [],
      sessionPolicyArns: session.sessionPolicyArns ?? [],
      sessionTags: session.sessionTags ?? {},
      ...(transitiveTagKeys.length === 0 ? {} : { transitiveTagKeys }),
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      issuedAtMs: now,
      expiresAtMs: expiresAt,
    };
    return this.#issue(role.account, assumedRoleArn(role, sessionName), principal, expiresAt, session.leastTokenBytes);
  }

  /** Credentials of whoever has long-lived ones: GetSessionToken. */
  sessionForCaller(
    account: AccountId,
    principalArn: string,
    principal: Principal,
    { durationSeconds, leastTokenBytes }: Pick<RoleSession, 'durationSeconds' | 'leastTokenBytes'>,
  ): SessionCredentials {
    const now = this.#platform.clock.now();
    const held: Principal = principal.kind === 'user' ? { ...principal, temporary: true, issuedAtMs: now } : principal;
    const expiresAt = secondsAfter(now, durationSeconds);
    return this.#issue(account, principalArn, held, expiresAt, leastTokenBytes);
  }

  /** Who holds a key of ours, when the token is its own. Expired ones are found, too: `verify` says so. */
  holder(accessKeyId: string, sessionToken: string): KeyHolder | undefined {
    const session = this.#tokens.open(sessionToken);
    if (session === undefined || session.accessKeyId !== accessKeyId) return undefined;
    if (!isAlive(this.#platform.state.tables, session)) return undefined;
    const known = this.#holders.get(session);
    if (known !== undefined) return known;
    const { secretAccessKey: secret, account, principalArn, principal, expiresAt } = session;
    const holder = { accessKeyId, secretAccessKey: secret, sessionToken, expiresAt, account, principalArn, principal };
    this.#holders.set(session, holder);
    return holder;
  }

  #issue(
    account: AccountId,
    principalArn: string,
    principal: Principal,
    expiresAt: EpochMs,
    leastTokenBytes: number | undefined,
  ): SessionCredentials {
    const { ids } = this.#platform;
    const [accessKeyId, secret] = newKey(ids, account);
    const session: Session = { accessKeyId, secretAccessKey: secret, account, principalArn, principal, expiresAt };
    return {
      accessKeyId,
      secretAccessKey: secret,
      sessionToken: this.#tokens.seal(session, leastTokenBytes),
      expiresAt,
    };
  }
}

/** Credentials die with the role or user they are of; one made anew under the same name is another one. */
function isAlive(tables: Tables, { account, principal }: Session): boolean {
  if (principal.kind === 'assumed-role')
    return tables.iamRoles.get(iamKey(account, principal.roleName))?.roleId === principal.roleId;
  return principal.kind !== 'user' || tables.iamUsers.countBy('id', principal.userId) > 0;
}

function newKey(ids: Ids, account: AccountId): readonly [accessKeyId: string, secret: string] {
  return [accessKeyIdFor('ASIA', account, BigInt(`0x${ids.hex32()}`)), secretAccessKey(ids)];
}

/** Whole seconds: what the client is told is what holds. */
function secondsAfter(now: EpochMs, seconds: number): EpochMs {
  return epochMs(now - (now % 1000) + seconds * 1000);
}
