import type { AccountId } from '@gantry/domain';
import type { KnownKey } from '@gantry/protocol';

/** Who holds a key, and what it may do. */
export interface Principal {
  readonly accessKeyId: string;
  readonly account: AccountId;
  /** `arn:aws:iam::<account>:user/<name>` */
  readonly principalArn: string;
  readonly role: Role;
}

export const ROLES = ['administrator', 'agent'] as const;
export type Role = (typeof ROLES)[number];

/** The keys the front door knows. */
export interface KeyRing {
  key(accessKeyId: string): (KnownKey & Principal) | undefined;
}
