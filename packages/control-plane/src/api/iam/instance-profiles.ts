import { iamKey, type AccountId, type IamInstanceProfile } from '@gantry/domain';
import { uniqueId } from '../../identity/ids.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { alreadyExists, deleteConflict, noSuchEntity, quotaExceeded } from './common/errors.ts';
import { checkQuota, iamArn, profileNamed, roleNamed } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfItems, pageOfTable } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { wireProfile } from './wire.ts';

const MOST_PROFILES = 1000;

type Operations = 'CreateInstanceProfile' | 'GetInstanceProfile' | 'DeleteInstanceProfile' | 'ListInstanceProfiles';
type Roles = 'AddRoleToInstanceProfile' | 'RemoveRoleFromInstanceProfile' | 'ListInstanceProfilesForRole';

export function instanceProfileHandlers({ state, ids }: Platform): Pick<IamHandlers, Operations> {
  return {
    CreateInstanceProfile: async ({ InstanceProfileName, Path, Tags }, context) => {
      const { account } = context.scope;
      const [name, path, tags] = [InstanceProfileName as string, Path ?? '/', checkTags(Tags)];
      const profile = await state.transact((tx) => {
        if (tx.tables.iamInstanceProfiles.get(iamKey(account, name)) !== undefined)
          throw alreadyExists(`Instance Profile ${name} already exists.`);
        checkQuota(tx.tables.iamInstanceProfiles.keys, account, 'InstanceProfilesPerAccount', MOST_PROFILES);
        const made: IamInstanceProfile = {
          account,
          instanceProfileName: name,
          path,
          instanceProfileId: uniqueId('AIPA', ids),
          arn: iamArn(account, 'instance-profile', path, name),
          createDate: secondOf(tx),
          tags,
        };
        tx.put(tx.tables.iamInstanceProfiles, iamKey(account, name), made);
        explain(tx, context, made.arn, 'instanceProfile.created', `Instance profile ${name} was created.`);
        return made;
      });
      return { InstanceProfile: wireProfile(profile, undefined) };
    },

    GetInstanceProfile: async ({ InstanceProfileName }, { scope }) => ({
      InstanceProfile: shape(state.tables, profileNamed(state.tables, scope.account, InstanceProfileName as string)),
    }),

    DeleteInstanceProfile: async ({ InstanceProfileName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const profile = profileNamed(tx.tables, account, InstanceProfileName as string);
        if (profile.roleName !== undefined)
          throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
        tx.delete(tx.tables.iamInstanceProfiles, iamKey(account, profile.instanceProfileName));
        explain(tx, context, profile.arn, 'instanceProfile.deleted', 'The instance profile was deleted.');
      });
    },

    ListInstanceProfiles: async (input, { scope }) => {
      const prefix = input.PathPrefix ?? '/';
      const shown = (profile: IamInstanceProfile) =>
        profile.path.startsWith(prefix) ? listed(state.tables, profile) : undefined;
      const { items, end } = pageOfTable(state.tables.iamInstanceProfiles, scope.account, input, shown);
      return { InstanceProfiles: items, ...end };
    },
  };
}

export function profileRoleHandlers({ state }: Platform): Pick<IamHandlers, Roles> {
  return {
    AddRoleToInstanceProfile: async ({ InstanceProfileName, RoleName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const profile = profileNamed(tx.tables, account, InstanceProfileName as string);
        const { roleName } = roleNamed(tx.tables, account, RoleName as string);
        if (profile.roleName !== undefined) throw quotaExceeded('InstanceSessionsPerInstanceProfile', 1);
        tx.put(tx.tables.iamInstanceProfiles, keyOf(account, profile), { ...profile, roleName });
        explain(tx, context, profile.arn, 'instanceProfile.roleAdded', `Role ${roleName} was added.`);
      });
    },

    RemoveRoleFromInstanceProfile: async ({ InstanceProfileName, RoleName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const profile = profileNamed(tx.tables, account, InstanceProfileName as string);
        if (profile.roleName !== RoleName)
          throw noSuchEntity(`Role ${RoleName} is not in the instance profile ${InstanceProfileName}.`);
        tx.put(tx.tables.iamInstanceProfiles, keyOf(account, profile), { ...profile, roleName: undefined });
        explain(tx, context, profile.arn, 'instanceProfile.roleRemoved', `Role ${RoleName} was removed.`);
      });
    },

    ListInstanceProfilesForRole: async (input, { scope }) => {
      const { roleName } = roleNamed(state.tables, scope.account, input.RoleName as string);
      const profiles = state.tables.iamInstanceProfiles.by('role', iamKey(scope.account, roleName));
      const { items, end } = pageOfItems(profiles, input, (one) => one.instanceProfileName.toLowerCase());
      return { InstanceProfiles: items.map((profile) => listed(state.tables, profile)), ...end };
    },
  };
}

const keyOf = (account: AccountId, profile: IamInstanceProfile): string => iamKey(account, profile.instanceProfileName);

function shape(tables: Tables, profile: IamInstanceProfile) {
  const { account, roleName } = profile;
  return wireProfile(profile, roleName === undefined ? undefined : tables.iamRoles.get(iamKey(account, roleName)));
}

function listed(tables: Tables, profile: IamInstanceProfile) {
  return shape(tables, { ...profile, tags: [] });
}
