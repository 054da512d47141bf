import { iamKey, parseAccountId, parseArn, type IamPolicy } from '@gantry/domain';
import type { Tables } from '../../state/tables.ts';
import { AWS_OWNER, awsPolicies } from './aws-policies.ts';

/** The managed policy of that ARN: AWS's, or a customer's. */
export function managedPolicy(tables: Tables, arn: string): IamPolicy | undefined {
  const { account, resource } = parseArn(arn) ?? { account: '', resource: '' };
  if (account === AWS_OWNER) return awsPolicies().get(arn);
  const owner = parseAccountId(account);
  if (owner === undefined) return undefined;
  const policy = tables.iamPolicies.get(iamKey(owner, resource.slice(resource.lastIndexOf('/') + 1)));
  return policy?.arn === arn ? policy : undefined;
}

/** What the policy says now. */
export function defaultDocument({ versions, defaultVersionId }: IamPolicy): string {
  return versions.find(({ versionId }) => versionId === defaultVersionId)?.document ?? '{}';
}
