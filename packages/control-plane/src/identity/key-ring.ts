import { accessKeySealContext, iamKey, type IamAccessKey, type IamUser } from '@gantry/domain';
import type { Platform } from '../platform.ts';
import { sealedKind } from '../seal/sealed-documents.ts';
import type { LastUses } from './last-use.ts';
import type { KeyHolder, KeyRing } from './principal.ts';
import { Recent } from './recent.ts';
import type { Sessions } from './sessions.ts';

const MOST_OPENED = 4096;

export const SEALED_ACCESS_KEYS = sealedKind(
  (tables) => tables.iamAccessKeys,
  (accessKeyId, key: IamAccessKey, change) => ({
    ...key,
    sealedSecret: change(key.sealedSecret, accessKeySealContext(accessKeyId)),
  }),
);

interface Opened {
  readonly key: IamAccessKey;
  readonly user: IamUser;
  readonly holder: KeyHolder;
}

export interface KeyRingOptions {
  readonly platform: Pick<Platform, 'state' | 'seal'>;
  readonly sessions: Sessions;
  readonly lastUses: LastUses;
}

/**
 * Access keys of users, and temporary credentials. Opened secrets are kept in memory, as long as the documents are the
 * ones they came from: a changed, deactivated or deleted key is another one at once.
 */
export function iamKeyRing({ platform, sessions, lastUses }: KeyRingOptions): KeyRing {
  const { state, seal } = platform;
  const opened = new Recent<Opened>(MOST_OPENED);
  return {
    key: (accessKeyId, sessionToken) => {
      if (sessionToken !== undefined) return sessions.holder(accessKeyId, sessionToken);
      const key = state.tables.iamAccessKeys.get(accessKeyId);
      if (key === undefined || key.status !== 'Active') return undefined;
      const user = state.tables.iamUsers.get(iamKey(key.account, key.userName));
      if (user === undefined || user.userId !== key.userId) return undefined;
      const known = opened.get(accessKeyId);
      if (known?.key === key && known.user === user) return known.holder;
      const holder = holderOf(
        key,
        user,
        seal.open(key.sealedSecret, accessKeySealContext(accessKeyId)).toString('utf8'),
      );
      opened.set(accessKeyId, { key, user, holder });
      return holder;
    },
    used: (holder, region, service) => lastUses.used(holder, region, service),
  };
}

/** The first ring that knows a key has it. */
export function joinedRing(installation: KeyRing, iam: KeyRing): KeyRing {
  return {
    key: (accessKeyId, sessionToken) =>
      installation.key(accessKeyId, sessionToken) ?? iam.key(accessKeyId, sessionToken),
    used: (holder, region, service) => iam.used?.(holder, region, service),
  };
}

function holderOf({ accessKeyId, account }: IamAccessKey, user: IamUser, secretAccessKey: string): KeyHolder {
  const { arn: principalArn, userName, userId } = user;
  return { accessKeyId, secretAccessKey, account, principalArn, principal: { kind: 'user', userName, userId } };
}
