import type { Parameter, ParameterValue, Scope } from '@gantry/domain';
import type { SsmOperations } from '@gantry/protocol';
import type { Seal } from '../../seal/port.ts';
import { sealedKind } from '../../seal/sealed-documents.ts';
import type { Tables } from '../../state/tables.ts';
import { labelNotFound, parameterNotFound, versionNotFound } from './errors.ts';
import { parameterArn, parameterKey, readReference, valueKey, type Reference } from './names.ts';
import { publicParameter } from './public-parameters.ts';

export type WireParameter = NonNullable<SsmOperations['GetParameter']['output']['Parameter']>;

/** What a value is sealed for: the version it is of. */
export function sealContext(keyOfValue: string): string {
  return `parameter/${keyOfValue}`;
}

export const SEALED_PARAMETERS = sealedKind(
  (tables) => tables.parameterValues,
  (key, value: ParameterValue, change) => ({
    ...value,
    sealedValue: change(value.sealedValue, sealContext(key)),
  }),
);

/** The value for a reader: a SecureString that is not to be decrypted is its sealed text. */
export function shownValue(
  seal: Seal,
  key: string,
  value: ParameterValue,
  withDecryption: boolean | undefined,
): string {
  if (value.type === 'SecureString' && withDecryption !== true) return value.sealedValue;
  return seal.open(value.sealedValue, sealContext(key)).toString('utf8');
}

/** The own parameter of a name or an ARN. @throws ServiceError ParameterNotFound */
export function parameterNamed(tables: Tables, scope: Scope, text: string): Parameter {
  const found = ownOf(tables, scope, readReference(scope, text));
  if (found === undefined) throw parameterNotFound(text);
  return found;
}

/**
 * What GetParameter answers to a name, `name:version`, `name:label` or ARN, own parameters and public ones.
 * @throws ServiceError ParameterNotFound, ParameterVersionNotFound
 */
export function readParameter(
  tables: Tables,
  seal: Seal,
  scope: Scope,
  asked: { readonly name: string; readonly withDecryption: boolean | undefined },
): WireParameter {
  const reference = readReference(scope, asked.name);
  const parameter = ownOf(tables, scope, reference);
  if (parameter === undefined || reference === undefined) return readPublic(scope, asked.name, reference);
  const version = selectedVersion(parameter, reference.selector);
  return { ...versionOf(tables, seal, parameter, version, asked.withDecryption), Selector: reference.selectorText };
}

/** A kept version as the wire has it. */
export function versionOf(
  tables: Tables,
  seal: Seal,
  parameter: Parameter,
  version: number,
  withDecryption: boolean | undefined,
): WireParameter {
  const { scope, name } = parameter;
  const key = valueKey(parameterKey(scope, name), version);
  const value = tables.parameterValues.get(key);
  if (value === undefined) throw versionNotFound(name, version);
  return {
    Name: name,
    Type: value.type,
    Value: shownValue(seal, key, value, withDecryption),
    Version: version,
    LastModifiedDate: new Date(value.lastModifiedAt),
    ARN: parameterArn(scope, name),
    DataType: value.dataType,
  };
}

function ownOf(tables: Tables, scope: Scope, reference: Reference | undefined): Parameter | undefined {
  for (const name of reference?.names ?? []) {
    const parameter = tables.parameters.get(parameterKey(scope, name));
    if (parameter !== undefined) return parameter;
  }
  return undefined;
}

function selectedVersion(parameter: Parameter, selector: Reference['selector']): number {
  if (selector === undefined) return parameter.current.version;
  if ('version' in selector) return selector.version;
  const found = parameter.labels.find(({ label }) => label === selector.label);
  if (found === undefined) throw labelNotFound(parameter.name, selector.label);
  return found.version;
}

function readPublic(scope: Scope, asked: string, reference: Reference | undefined): WireParameter {
  const found = (reference?.names ?? [])
    .map((name) => publicParameter(scope.region, name))
    .find((parameter) => parameter !== undefined);
  if (found === undefined) throw parameterNotFound(asked);
  const { selector } = reference as Reference;
  if (selector !== undefined && !('version' in selector)) throw labelNotFound(found.Name ?? asked, selector.label);
  if (selector !== undefined && selector.version !== found.Version)
    throw versionNotFound(found.Name ?? asked, selector.version);
  return { ...found, Selector: reference?.selectorText };
}
