import { accessKeySealContext, iamKey, type AccountId, type IamAccessKey } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { accessKeyIdFor, secretAccessKey } from '../../identity/ids.ts';
import type { LastUses } from '../../identity/last-use.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { namedOrCaller } from './common/caller.ts';
import { invalidInput, noSuchEntity, quotaExceeded } from './common/errors.ts';
import { userNamed } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';

const MOST_KEYS = 2;

type Changes = 'CreateAccessKey' | 'UpdateAccessKey' | 'DeleteAccessKey';
type Lookups = 'ListAccessKeys' | 'GetAccessKeyLastUsed';

/** The secret half is told once, by CreateAccessKey, and kept sealed. */
export function accessKeyHandlers({ state, ids, seal }: Platform): Pick<IamHandlers, Changes> {
  return {
    CreateAccessKey: async ({ UserName }, context) => {
      const { account } = context.scope;
      const secret = secretAccessKey(ids);
      const key = await state.transact((tx) => {
        const user = userNamed(tx.tables, account, namedOrCaller(context.caller, UserName));
        const { iamAccessKeys } = tx.tables;
        if (iamAccessKeys.countBy('user', iamKey(account, user.userName)) >= MOST_KEYS)
          throw quotaExceeded('AccessKeysPerUser', MOST_KEYS);
        const { userName, userId } = user;
        const newId = () => accessKeyIdFor('AKIA', account, BigInt(`0x${ids.hex32()}`));
        let accessKeyId = newId();
        while (iamAccessKeys.get(accessKeyId) !== undefined) accessKeyId = newId();
        const sealedSecret = seal.seal(secret, accessKeySealContext(accessKeyId));
        const createDate = secondOf(tx);
        const made: IamAccessKey = {
          account,
          userName,
          userId,
          accessKeyId,
          status: 'Active',
          createDate,
          sealedSecret,
        };
        tx.put(iamAccessKeys, accessKeyId, made);
        explain(tx, context, user.arn, 'accessKey.created', `Access key ${accessKeyId} was created.`);
        return made;
      });
      return { AccessKey: { ...wireKey(key), SecretAccessKey: secret } };
    },

    UpdateAccessKey: async ({ UserName, AccessKeyId, Status }, context) => {
      if (Status === 'Expired') throw invalidInput('Status can be set to Active or Inactive.');
      const { account } = context.scope;
      await state.transact((tx) => {
        const user = userNamed(tx.tables, account, namedOrCaller(context.caller, UserName));
        const key = keyOf(tx.tables, account, user.userName, AccessKeyId as string);
        tx.put(tx.tables.iamAccessKeys, key.accessKeyId, { ...key, status: Status as IamAccessKey['status'] });
        explain(tx, context, user.arn, 'accessKey.updated', `Access key ${key.accessKeyId} is ${Status}.`);
      });
    },

    DeleteAccessKey: async ({ UserName, AccessKeyId }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const user = userNamed(tx.tables, account, namedOrCaller(context.caller, UserName));
        const { accessKeyId } = keyOf(tx.tables, account, user.userName, AccessKeyId as string);
        tx.delete(tx.tables.iamAccessKeys, accessKeyId);
        tx.delete(tx.tables.iamLastUses, accessKeyId);
        explain(tx, context, user.arn, 'accessKey.deleted', `Access key ${accessKeyId} was deleted.`);
      });
    },
  };
}

export function accessKeyLookupHandlers({ state }: Platform, lastUses: LastUses): Pick<IamHandlers, Lookups> {
  return {
    ListAccessKeys: async (input, { scope, caller }) => {
      const user = userNamed(state.tables, scope.account, namedOrCaller(caller, input.UserName));
      const keys = state.tables.iamAccessKeys.by('user', iamKey(scope.account, user.userName));
      const { items, end } = pageOfItems(keys, input, (key) => key.accessKeyId);
      return { AccessKeyMetadata: items.map(wireKey), ...end };
    },

    GetAccessKeyLastUsed: async ({ AccessKeyId }, { scope, caller }) => {
      const key = state.tables.iamAccessKeys.get(AccessKeyId as string);
      if (key === undefined || key.account !== scope.account)
        throw new ServiceError(
          'AccessDeniedException',
          `User: ${caller.principalArn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key ${AccessKeyId}`,
        );
      const use = lastUses.of(key.accessKeyId);
      const AccessKeyLastUsed =
        use === undefined
          ? { ServiceName: 'N/A', Region: 'N/A' }
          : { LastUsedDate: new Date(use.at), ServiceName: use.service, Region: use.region };
      return { UserName: key.userName, AccessKeyLastUsed: AccessKeyLastUsed as never };
    },
  };
}

function keyOf(tables: Tables, account: AccountId, userName: string, accessKeyId: string): IamAccessKey {
  const key = tables.iamAccessKeys.get(accessKeyId);
  if (key !== undefined && key.account === account && key.userName === userName) return key;
  throw noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`);
}

function wireKey({ userName, accessKeyId, status, createDate }: IamAccessKey) {
  return { UserName: userName, AccessKeyId: accessKeyId, Status: status, CreateDate: new Date(createDate) };
}
