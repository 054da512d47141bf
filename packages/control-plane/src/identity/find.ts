import { iamKey, parseAccountId, parseArn, type IamRole, type IamUser } from '@gantry/domain';
import type { Tables } from '../state/tables.ts';

/** The user of exactly that ARN. */
export function userByArn(tables: Tables, arn: string): IamUser | undefined {
  const user = tables.iamUsers.get(keyOf(arn));
  return user?.arn === arn ? user : undefined;
}

/** The role of exactly that ARN. */
export function roleByArn(tables: Tables, arn: string): IamRole | undefined {
  const role = tables.iamRoles.get(keyOf(arn));
  return role?.arn === arn ? role : undefined;
}

function keyOf(text: string): string {
  const arn = parseArn(text);
  const account = parseAccountId(arn?.account ?? '');
  if (arn === undefined || account === undefined) return '';
  return iamKey(account, arn.resource.slice(arn.resource.lastIndexOf('/') + 1));
}
