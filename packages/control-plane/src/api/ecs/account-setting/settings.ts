import { invalidParameter } from '@gantry/protocol';
import { arnOf, type Scope } from '@gantry/domain';
import type { Setting } from '@aws-sdk/client-ecs';
import type { AccountSetting, Tables } from '../../../state/tables.ts';

interface Definition {
  readonly values: readonly string[];
  readonly initial: string;
  readonly readOnly?: true;
}
const ON_OFF = ['enabled', 'disabled'];

/** Every account setting with its values and ECS's own default (ecs-semantics 1.8). */
export const SETTINGS: Readonly<Record<string, Definition>> = {
  serviceLongArnFormat: { values: ON_OFF, initial: 'enabled' },
  taskLongArnFormat: { values: ON_OFF, initial: 'enabled' },
  containerInstanceLongArnFormat: { values: ON_OFF, initial: 'enabled' },
  awsvpcTrunking: { values: ON_OFF, initial: 'disabled' },
  containerInsights: { values: ['enhanced', ...ON_OFF], initial: 'disabled' },
  fargateFIPSMode: { values: ON_OFF, initial: 'disabled' },
  tagResourceAuthorization: { values: ['on', 'off'], initial: 'on' },
  fargateTaskRetirementWaitPeriod: { values: ['0', '7', '14'], initial: '7' },
  fargateEventWindows: { values: ON_OFF, initial: 'disabled' },
  guardDutyActivate: { values: ['on', 'off'], initial: 'off', readOnly: true },
  defaultLogDriverMode: { values: ['blocking', 'non-blocking'], initial: 'non-blocking' },
  dualStackIPv6: { values: ON_OFF, initial: 'enabled' },
};

/** Owner of the values PutAccountSettingDefault sets. */
export const ACCOUNT_DEFAULT = 'default';

export function settingKey(scope: Scope, principal: string, name: string): string {
  const owner = settingOwner(principal);
  return `${scope.account}/${scope.region}/${owner === rootArn(scope) ? ACCOUNT_DEFAULT : owner}/${name}`;
}

/** Whose settings a principal has: a session those of its role, everybody else their own. The root user's are the account's. Pure. */
export function settingOwner(principal: string): string {
  const role = /^(arn:[^:]*):sts::([0-9]*):assumed-role\/([^/]+)\//.exec(principal);
  return role === null ? principal : `${role[1]}:iam::${role[2]}:role/${role[3]}`;
}

export function rootArn(scope: Scope): string {
  return arnOf({ ...scope, region: '' as Scope['region'] }, 'iam', 'root');
}

/** The definition of a setting. Throws InvalidParameterException for an unknown name. Pure. */
export function settingNamed(name: string | undefined): Definition {
  if (name === undefined || !Object.hasOwn(SETTINGS, name)) {
    throw invalidParameter(`unknown should be one of [${Object.keys(SETTINGS).join(',')}]`);
  }
  return SETTINGS[name] as Definition;
}

/** Throws InvalidParameterException when the setting can not take the value. Pure. */
export function checkSettingValue(name: string, value: string | undefined): void {
  const definition = settingNamed(name);
  if (definition.readOnly === true) throw invalidParameter(`The setting ${name} is managed and can not be changed.`);
  if (value === undefined || !definition.values.includes(value)) {
    throw invalidParameter(`Invalid value '${value ?? ''}' of ${name}: use one of ${definition.values.join(', ')}.`);
  }
}

/** What holds for a principal: its own value, else the account's default, else ECS's. */
export function effectiveSetting(tables: Tables, scope: Scope, principal: string, name: string): AccountSetting {
  const initial = { name, value: settingNamed(name).initial, principalArn: rootArn(scope) };
  // The short forms are no more: who disabled the long ones gets them all the same.
  if (name.endsWith('LongArnFormat')) return initial;
  return (
    tables.accountSettings.get(settingKey(scope, principal, name)) ??
    tables.accountSettings.get(settingKey(scope, ACCOUNT_DEFAULT, name)) ??
    initial
  );
}

/** Pure. */
export function describeSetting(setting: AccountSetting): Setting {
  return {
    name: setting.name as Setting['name'],
    value: setting.value,
    principalArn: setting.principalArn,
    type: SETTINGS[setting.name]?.readOnly === true ? 'aws_managed' : 'user',
  };
}
