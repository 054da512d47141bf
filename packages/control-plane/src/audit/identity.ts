import type { Caller } from '../platform.ts';

/** CloudTrail's `userIdentity`. */
export interface UserIdentity {
  readonly type: 'Root' | 'IAMUser' | 'AssumedRole';
  readonly principalId: string;
  readonly arn: string;
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly userName?: string;
  readonly sessionContext?: SessionContext;
}

interface SessionContext {
  readonly sessionIssuer?: Readonly<Record<'type' | 'principalId' | 'arn' | 'accountId' | 'userName', string>>;
  readonly attributes: { readonly creationDate?: string; readonly mfaAuthenticated: 'false' };
}

export function userIdentity(caller: Caller): UserIdentity {
  const { principal, principalArn: arn, account: accountId, accessKeyId } = caller;
  const common = { arn, accountId, accessKeyId };
  switch (principal.kind) {
    case 'assumed-role': {
      const { roleId, roleArn, roleName, sessionName, issuedAtMs } = principal;
      const sessionIssuer = { type: 'Role', principalId: roleId, arn: roleArn, accountId, userName: roleName };
      const attributes = { creationDate: second(issuedAtMs), mfaAuthenticated: 'false' } as const;
      return {
        type: 'AssumedRole',
        principalId: `${roleId}:${sessionName}`,
        ...common,
        sessionContext: { sessionIssuer, attributes },
      };
    }
    case 'user': {
      const { userId: principalId, userName } = principal;
      const user = { type: 'IAMUser', principalId, ...common, userName } as const;
      if (principal.temporary === undefined) return user;
      return { ...user, sessionContext: { attributes: { mfaAuthenticated: 'false' } } };
    }
    default:
      // The installation's own keys have an ARN and no user behind it.
      if (arn.endsWith(':root')) return { type: 'Root', principalId: accountId, ...common };
      return { type: 'IAMUser', principalId: accessKeyId, ...common, userName: arn.slice(arn.lastIndexOf('/') + 1) };
  }
}

/** What LookupEvents calls the user: a role's session by the session's name. */
export function userNameOf({ type, userName, principalId }: UserIdentity): string {
  if (type === 'Root') return 'root';
  return userName ?? principalId.slice(principalId.indexOf(':') + 1);
}

/** `2026-11-22T07:31:05Z` */
export function second(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
