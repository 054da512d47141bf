import { iamKey, parseArn, type IamRole, type Tag } from '@gantry/domain';
import type { Demand, Place } from '../demand.ts';

/** A role a call hands to a service, which then acts with it. */
export interface PassedRole {
  /** ARN, or the role's name. */
  readonly role: string | undefined;
  /** `ecs-tasks.amazonaws.com` */
  readonly to: string;
}

/** `iam:PassRole` for each of the roles; those that are not given need none. */
export function passRoles(at: Place, associatedArn: string, passed: readonly PassedRole[]): readonly Demand[] {
  const seen = new Set<string>();
  return passed.flatMap(({ role, to }) => {
    if (role === undefined || role === '' || seen.has(`${role} ${to}`)) return [];
    seen.add(`${role} ${to}`);
    const resource = roleArnOf(at, role);
    const keys = { 'iam:PassedToService': to, 'iam:AssociatedResourceArn': associatedArn };
    return [{ action: 'iam:PassRole', resource, shown: shownRole(at, role), keys, tags: () => roleTags(at, resource) }];
  });
}

/** The role's own ARN, with its path; that of a role that is not there as if it had none. */
export function roleArnOf(at: Place, reference: string): string {
  const { account } = at.scope;
  if (reference.startsWith('arn:')) {
    const parsed = parseArn(reference);
    if (parsed === undefined || parsed.service !== 'iam' || parsed.account !== account) return reference;
    const name = parsed.resource.slice(parsed.resource.lastIndexOf('/') + 1);
    const known = roleOf(at, name)?.arn;
    // A wrong path names another role, or none.
    return known !== undefined && parseArn(known)?.resource === parsed.resource
      ? known
      : `arn:aws:iam::${account}:${parsed.resource}`;
  }
  return roleOf(at, reference)?.arn ?? `arn:aws:iam::${account}:role/${reference}`;
}

/** Names are told apart as they are written. */
function roleOf(at: Place, name: string): IamRole | undefined {
  const role = at.tables.iamRoles.get(iamKey(at.scope.account, name));
  return role?.roleName === name ? role : undefined;
}

function shownRole(at: Place, reference: string): string {
  return reference.startsWith('arn:') ? reference : `arn:aws:iam::${at.scope.account}:role/${reference}`;
}

function roleTags(at: Place, arn: string): readonly Tag[] | undefined {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  return roleOf(at, name)?.tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

/** The role in an instance profile: what launching an instance with it passes on. By the console's habit of the same name. */
export function profileRole(at: Place, profileArn: string | undefined): string | undefined {
  if (profileArn === undefined || profileArn === '') return undefined;
  const name = profileArn.slice(profileArn.lastIndexOf('/') + 1);
  return at.tables.iamInstanceProfiles.get(iamKey(at.scope.account, name))?.roleName ?? name;
}
