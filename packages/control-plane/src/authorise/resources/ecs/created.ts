import { effectiveSetting } from '../../../api/ecs/account-setting/settings.ts';
import type { Demand, KeyValues, Place } from '../../demand.ts';

/**
 * What making something with tags needs beside the making: `ecs:TagResource`, unless the account setting
 * `tagResourceAuthorization` is off.
 */
export function tagging(
  at: Place,
  createAction: string,
  resource: string,
  requestTags: Demand['requestTags'],
  isTagged: boolean = (requestTags?.length ?? 0) > 0,
  keys: KeyValues = {},
): readonly Demand[] {
  if (!isTagged) return [];
  if (effectiveSetting(at.tables, at.scope, at.principalArn, 'tagResourceAuthorization').value === 'off') return [];
  return [{ action: 'ecs:TagResource', resource, keys: { ...keys, 'ecs:CreateAction': createAction }, requestTags }];
}
