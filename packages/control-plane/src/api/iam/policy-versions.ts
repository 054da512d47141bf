import { iamKey, type IamPolicy, type IamPolicyVersion } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { encodedDocument } from './common/documents.ts';
import { deleteConflict, noSuchEntity } from './common/errors.ts';
import { ownPolicy, policyOf } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { checkDocument } from './policies.ts';
import { listedVersion } from './wire.ts';

const MOST_VERSIONS = 5;

type Changes = 'CreatePolicyVersion' | 'DeletePolicyVersion' | 'SetDefaultPolicyVersion';
type Lookups = 'GetPolicyVersion' | 'ListPolicyVersions';

export function policyVersionHandlers({ state }: Platform): Pick<IamHandlers, Changes> {
  return {
    CreatePolicyVersion: async ({ PolicyArn, PolicyDocument, SetAsDefault }, context) => {
      const { account } = context.scope;
      const document = checkDocument(PolicyDocument as string);
      const [policy, version] = await state.transact((tx) => {
        const old = ownPolicy(tx.tables, account, PolicyArn as string);
        if (old.versions.length >= MOST_VERSIONS)
          throw new ServiceError(
            'LimitExceededException',
            `A managed policy can have up to ${MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
          );
        const lastVersion = old.lastVersion + 1;
        const made: IamPolicyVersion = { versionId: `v${lastVersion}`, document, createDate: secondOf(tx) };
        const changed: IamPolicy = {
          ...old,
          lastVersion,
          updateDate: made.createDate,
          versions: [...old.versions, made],
          defaultVersionId: SetAsDefault === true ? made.versionId : old.defaultVersionId,
        };
        tx.put(tx.tables.iamPolicies, iamKey(account, old.policyName), changed);
        explain(tx, context, old.arn, 'policy.updated', `Version ${made.versionId} was created.`);
        return [changed, made];
      });
      return { PolicyVersion: listedVersion(policy, version) };
    },

    DeletePolicyVersion: async ({ PolicyArn, VersionId }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const policy = ownPolicy(tx.tables, account, PolicyArn as string);
        const { versionId } = versionOf(policy, VersionId as string);
        if (versionId === policy.defaultVersionId)
          throw deleteConflict('Cannot delete the default version of a policy.');
        const versions = policy.versions.filter((version) => version.versionId !== versionId);
        tx.put(tx.tables.iamPolicies, iamKey(account, policy.policyName), { ...policy, versions });
        explain(tx, context, policy.arn, 'policy.updated', `Version ${versionId} was deleted.`);
      });
    },

    SetDefaultPolicyVersion: async ({ PolicyArn, VersionId }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const policy = ownPolicy(tx.tables, account, PolicyArn as string);
        const { versionId } = versionOf(policy, VersionId as string);
        const changed = { ...policy, defaultVersionId: versionId, updateDate: secondOf(tx) };
        tx.put(tx.tables.iamPolicies, iamKey(account, policy.policyName), changed);
        explain(tx, context, policy.arn, 'policy.updated', `Version ${versionId} is the default now.`);
      });
    },
  };
}

export function policyVersionLookupHandlers({ state }: Platform): Pick<IamHandlers, Lookups> {
  return {
    GetPolicyVersion: async ({ PolicyArn, VersionId }, { scope }) => {
      const policy = policyOf(state.tables, scope.account, PolicyArn as string);
      const version = versionOf(policy, VersionId as string);
      return { PolicyVersion: { ...listedVersion(policy, version), Document: encodedDocument(version.document) } };
    },

    ListPolicyVersions: async (input, { scope }) => {
      const policy = policyOf(state.tables, scope.account, input.PolicyArn as string);
      const newestFirst = policy.versions.toReversed();
      const { items, end } = pageOfItems(newestFirst, input, ({ versionId }) => agedKey(versionId));
      return { Versions: items.map((version) => listedVersion(policy, version)), ...end };
    },
  };
}

/** @throws ServiceError NoSuchEntityException */
function versionOf(policy: IamPolicy, versionId: string): IamPolicyVersion {
  const version = policy.versions.find((one) => one.versionId === versionId);
  if (version !== undefined) return version;
  throw noSuchEntity(`Policy ${policy.arn} version ${versionId} does not exist or is not attachable.`);
}

/** In order of age, the newest first. */
const agedKey = (versionId: string): string => String(1e9 - Number(versionId.slice(1))).padStart(10, '0');
