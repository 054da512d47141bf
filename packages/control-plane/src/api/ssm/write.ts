import type { Parameter, Scope } from '@gantry/domain';
import { ServiceError, type SsmOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { parameterNotFound } from './errors.ts';
import { parameterArn, parameterKey, valueKey } from './names.ts';
import { checkAllowedPattern } from './pattern.ts';
import { checkedWish, MOST_VERSIONS, nextVersion, type Wish } from './put.ts';
import { newTags } from './tag-rules.ts';
import { sealContext } from './values.ts';

/** Making, changing and deleting parameters. */
export function writeHandlers(platform: Platform): HandlersOf<SsmOperations> {
  const { state } = platform;
  return {
    PutParameter: async (input, { scope, caller }) => {
      const wish = checkedWish(scope, input);
      const { current } = await state.transact((tx) => put(tx, platform, scope, wish, caller.principalArn));
      return { Version: current.version, Tier: current.tier };
    },

    DeleteParameter: async (input, { scope, caller }) => {
      const name = (input.Name ?? '').trim();
      await state.transact((tx) => {
        if (!remove(tx, scope, name, caller.principalArn)) throw parameterNotFound(name);
      });
      return {};
    },

    DeleteParameters: async (input, { scope, caller }) => {
      const names = [...new Set((input.Names ?? []).map((name) => name.trim()))];
      const deleted = await state.transact((tx) =>
        names.filter((name) => remove(tx, scope, name, caller.principalArn)),
      );
      return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
    },
  };
}

function put(tx: Tx, { seal }: Platform, scope: Scope, wish: Wish, by: string): Parameter {
  const { parameters, parameterValues } = tx.tables;
  const { name, value } = wish;
  const key = parameterKey(scope, name);
  const before = parameters.get(key);
  const counted = (tier: string): number => parameters.countBy('tier', `${scope.account}/${scope.region}/${tier}`);
  const current = nextVersion(before, wish, { at: tx.now, by, counted });
  checkAllowedPattern(current.allowedPattern, value);
  let oldestVersion = before?.oldestVersion ?? current.version;
  for (; current.version - oldestVersion >= MOST_VERSIONS; oldestVersion += 1)
    tx.delete(parameterValues, valueKey(key, oldestVersion));
  const keyOfValue = valueKey(key, current.version);
  tx.put(parameterValues, keyOfValue, { ...current, sealedValue: seal.seal(value, sealContext(keyOfValue)) });
  const parameter: Parameter = {
    scope,
    name,
    current,
    oldestVersion,
    labels: before?.labels ?? [],
    tags: before?.tags ?? newTags(wish.input.Tags),
  };
  tx.put(parameters, key, parameter);
  explain(tx, parameter, 'parameter.written', `Version ${current.version} of ${name} was written.`, by);
  return parameter;
}

/** @returns whether it was there */
function remove(tx: Tx, scope: Scope, name: string, by: string): boolean {
  const key = parameterKey(scope, name);
  const parameter = tx.tables.parameters.get(key);
  if (parameter === undefined) return false;
  for (let version = parameter.oldestVersion; version <= parameter.current.version; version += 1)
    tx.delete(tx.tables.parameterValues, valueKey(key, version));
  tx.delete(tx.tables.parameters, key);
  explain(tx, parameter, 'parameter.deleted', `${name} was deleted with all of its versions.`, by);
  return true;
}

/** Names and versions alone: a value is never in history. */
function explain(tx: Tx, { scope, name }: Parameter, type: string, text: string, by: string): void {
  tx.event({ subject: parameterArn(scope, name), type, because: 'user-request', text, by });
}

/** Changes what a parameter carries besides its versions. @throws ServiceError `missing` when it is not there */
export function changeParameter<T>(
  tx: Tx,
  scope: Scope,
  name: string,
  change: (parameter: Parameter) => { readonly parameter: Parameter; readonly result: T },
  missing: ServiceError = parameterNotFound(name),
): T {
  const key = parameterKey(scope, name.trim());
  const before = tx.tables.parameters.get(key);
  if (before === undefined) throw missing;
  const { parameter, result } = change(before);
  tx.put(tx.tables.parameters, key, parameter);
  return result;
}
