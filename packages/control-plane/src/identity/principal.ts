import type { AccountId } from '@gantry/domain';
import type { KnownKey } from '@gantry/protocol';

/** Who makes a request, as far as policies are concerned. */
export type Principal =
  /** The installation's own key, and any key of `--insecure-any-key`: may do everything. */
  | { readonly kind: 'administrator' }
  /** The installation's agents: may do what agents do. */
  | { readonly kind: 'agent' }
  | {
      readonly kind: 'user';
      readonly userName: string;
      /** `AIDA…`; a user made anew under the same name is another one. */
      readonly userId: string;
      /** Temporary credentials of GetSessionToken, and when they were given out. */
      readonly temporary?: true;
      readonly issuedAtMs?: number;
    }
  | AssumedRole;

/** Temporary credentials of a role: what AssumeRole gives out. */
export interface AssumedRole {
  readonly kind: 'assumed-role';
  readonly roleName: string;
  /** `AROA…`; a role made anew under the same name is another one. */
  readonly roleId: string;
  /** IAM path of the role, `/` by default. */
  readonly roleArn: string;
  readonly sessionName: string;
  /** Policy documents (JSON) that narrow what the role allows. */
  readonly sessionPolicies: readonly string[];
  /** ARNs of managed policies that narrow it, too. */
  readonly sessionPolicyArns: readonly string[];
  readonly sessionTags: Readonly<Record<string, string>>;
  /** Keys of session tags that go on to roles assumed with these credentials. */
  readonly transitiveTagKeys?: readonly string[];
  /** Who is behind the session; goes on to roles assumed with these credentials. */
  readonly sourceIdentity?: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** A key and who holds it. */
export interface KeyHolder extends KnownKey {
  readonly accessKeyId: string;
  readonly account: AccountId;
  /** `arn:aws:iam::<account>:user/<name>` or `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly principalArn: string;
  readonly principal: Principal;
}

/** The keys the front door knows. */
export interface KeyRing {
  /** `sessionToken` is what the request brought; whether it must be there and fits is checked by `verify`. */
  key(accessKeyId: string, sessionToken?: string): KeyHolder | undefined;
  /** A request of this key was found good. Left out: nobody keeps count. */
  used?(holder: KeyHolder, region: string, service: string): void;
}
