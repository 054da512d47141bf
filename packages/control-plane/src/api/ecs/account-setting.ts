import { parseArn, type Scope } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { AccountSetting } from '../../state/tables.ts';
import {
  ACCOUNT_DEFAULT,
  checkSettingValue,
  describeSetting,
  effectiveSetting,
  rootArn,
  settingKey,
  settingNamed,
  settingOwner,
  SETTINGS,
} from './account-setting/settings.ts';
import type { EcsHandlers } from './common/handler.ts';
import { pageOfList, pagesOf, TEN } from './common/paging.ts';

type Operations = 'PutAccountSetting' | 'PutAccountSettingDefault' | 'DeleteAccountSetting' | 'ListAccountSettings';

/** Account settings (ecs-semantics 1.8). */
export function accountSettingHandlers(platform: Platform): Pick<EcsHandlers, Operations> {
  return { ...puts(platform), ...others(platform) };
}

function puts({ state }: Platform): Pick<EcsHandlers, 'PutAccountSetting' | 'PutAccountSettingDefault'> {
  const put = (scope: Scope, owner: string, setting: AccountSetting, by: string): Promise<AccountSetting> =>
    state.transact((tx) => {
      tx.put(tx.tables.accountSettings, settingKey(scope, owner, setting.name), setting);
      tx.event({
        subject: setting.principalArn,
        type: 'accountSetting.changed',
        because: 'user-request',
        text: `The account setting ${setting.name} is ${setting.value}.`,
        by,
      });
      return setting;
    });
  return {
    PutAccountSetting: async ({ name, value, principalArn }, { scope, caller }) => {
      const owner = principalOf(scope, principalArn, caller.principalArn);
      checkSettingValue(name as string, value);
      const setting = { name: name as string, value: value as string, principalArn: owner };
      return { setting: describeSetting(await put(scope, owner, setting, caller.principalArn)) };
    },

    PutAccountSettingDefault: async ({ name, value }, { scope, caller }) => {
      checkSettingValue(name as string, value);
      const setting = { name: name as string, value: value as string, principalArn: rootArn(scope) };
      return { setting: describeSetting(await put(scope, ACCOUNT_DEFAULT, setting, caller.principalArn)) };
    },
  };
}

function others({ state }: Platform): Pick<EcsHandlers, 'DeleteAccountSetting' | 'ListAccountSettings'> {
  return {
    DeleteAccountSetting: async ({ name, principalArn }, { scope, caller }) => {
      const owner = principalOf(scope, principalArn, caller.principalArn);
      settingNamed(name);
      const key = settingKey(scope, owner, name as string);
      const setting = await state.transact((tx) => {
        const found = tx.tables.accountSettings.get(key);
        tx.delete(tx.tables.accountSettings, key);
        if (found !== undefined) {
          tx.event({
            subject: owner,
            type: 'accountSetting.deleted',
            because: 'user-request',
            text: `The account setting ${name} of ${owner} was deleted.`,
            by: caller.principalArn,
          });
        }
        return found ?? effectiveSetting(tx.tables, scope, owner, name as string);
      });
      return { setting: describeSetting(setting) };
    },

    ListAccountSettings: async (input, { scope, caller }) => {
      const { name, value, effectiveSettings } = input;
      if (name !== undefined) settingNamed(name);
      if (value !== undefined && name === undefined) {
        throw invalidParameter('A value filter needs the name of a setting as well.');
      }
      const owner = principalOf(scope, input.principalArn, caller.principalArn);
      const settings = Object.keys(SETTINGS)
        .sort()
        .filter((candidate) => name === undefined || candidate === name)
        .map((candidate) =>
          effectiveSettings === true
            ? effectiveSetting(state.tables, scope, owner, candidate)
            : state.tables.accountSettings.get(settingKey(scope, owner, candidate)),
        )
        .filter((setting) => setting !== undefined)
        .filter((setting) => value === undefined || setting.value === value);
      const { items, nextToken } = pageOfList(
        settings,
        input,
        pagesOf('ListAccountSettings', TEN),
        (setting) => setting.name,
      );
      return { settings: items.map(describeSetting), nextToken };
    },
  };
}

/** Whose setting it is: the caller's, or that of another principal of the account. */
function principalOf(scope: Scope, asked: string | undefined, caller: string): string {
  if (asked === undefined || asked === '') return settingOwner(caller);
  const arn = parseArn(asked);
  if (arn === undefined || !['iam', 'sts'].includes(arn.service) || arn.account !== scope.account) {
    throw invalidParameter(
      `Invalid principalArn '${asked.slice(0, 128)}': give the ARN of a principal of this account.`,
    );
  }
  return settingOwner(asked);
}
