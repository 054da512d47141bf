import { parseAccountId, parseRegion, type AccountId, type Clock, type Scope } from '@gantry/domain';
import {
  ACCOUNT_HEADER,
  claimedSession,
  credentialScope,
  expiredToken,
  header,
  ServiceError,
  verify,
  type Verified,
  type WireRequest,
} from '@gantry/protocol';
import type { KeyHolder, KeyRing } from '../../identity/principal.ts';
import type { Caller } from '../../platform.ts';

/**
 * Tells who sent a request to the service of that signing name.
 * @throws ServiceError what AWS answers to a missing, unknown, wrong or late signature.
 */
export type Authenticate = (
  request: WireRequest,
  signingName: string,
  /** Told what was verified; not called where signatures are not looked at. */
  seen?: (verified: Verified) => void,
) => Caller;

/** The default: every request is signed with a key of the ring. */
export function signedBy(keys: KeyRing, clock: Clock): Authenticate {
  return (request, service, seen) => {
    let holder: KeyHolder | undefined;
    const lookup = (id: string, token: string | undefined): KeyHolder | undefined => (holder = keys.key(id, token));
    const verified = verify(request, lookup, { now: clock.now(), service });
    seen?.(verified);
    const region = parseRegion(verified.region);
    if (holder === undefined || region === undefined)
      throw new ServiceError('InvalidSignatureException', 'Credential should be scoped to a valid region.');
    const { principalArn, accessKeyId, principal } = holder;
    keys.used?.(holder, region, service);
    const onBehalfOf =
      principal.kind === 'agent' && service === 'logs' ? behalf(request, verified.signedHeaders) : undefined;
    return { account: onBehalfOf ?? holder.account, region, principalArn, accessKeyId, principal };
  };
}

/**
 * `--insecure-any-key`: signatures are not looked at. A 12-digit access key id names the account, and the region is
 * the one signed for. For throw-away use on loopback, so a page in a browser must not get through: not by a name it
 * made to point here, and not from its own origin. Who uses a key of IAM, or of AssumeRole, is seen as its holder.
 */
export function anyKey(defaults: Scope, keys: KeyRing, clock: Clock): Authenticate {
  return (request) => {
    refuseBrowsers(request);
    const claimed = credentialScope(request);
    const accessKeyId = claimed?.accessKeyId ?? 'anonymous';
    const holder = keys.key(accessKeyId, claimedSession(request));
    if (holder?.principal.kind === 'user' || holder?.principal.kind === 'assumed-role') {
      if (holder.expiresAt !== undefined && clock.now() >= holder.expiresAt) throw expiredToken();
      const { account, principalArn, principal } = holder;
      return {
        account,
        region: parseRegion(claimed?.region ?? '') ?? defaults.region,
        principalArn,
        accessKeyId,
        principal,
      };
    }
    const account = parseAccountId(accessKeyId) ?? behalf(request) ?? defaults.account;
    const region = parseRegion(claimed?.region ?? '') ?? defaults.region;
    const principalArn = `arn:aws:iam::${account}:root`;
    return { account, region, principalArn, accessKeyId, principal: { kind: 'administrator' } };
  };
}

/**
 * An agent runs tasks of every account; what they write belongs to their owner. The header counts only when it is signed
 * (`signed` left out: signatures are not looked at).
 */
function behalf(request: WireRequest, signed?: readonly string[]): AccountId | undefined {
  if (signed !== undefined && !signed.includes(ACCOUNT_HEADER)) return undefined;
  return parseAccountId(header(request, ACCOUNT_HEADER) ?? '');
}

const LOOPBACK_NAME = /^(localhost|[\w-]+(\.[\w-]+)*\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

function refuseBrowsers(request: WireRequest): void {
  const [host, origin] = [header(request, 'host') ?? '', header(request, 'origin')];
  if (origin === undefined && LOOPBACK_NAME.test(host)) return;
  throw new ServiceError(
    'AccessDeniedException',
    `With --insecure-any-key requests must come to localhost and not from a browser (host '${host.slice(0, 256)}'). ` +
      'Start without it to use signed requests.',
  );
}
