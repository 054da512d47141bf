import type { EpochMs, Parameter, ParameterTier, ParameterVersion, Scope } from '@gantry/domain';
import { ServiceError, type SsmOperations } from '@gantry/protocol';
import { validation } from './errors.ts';
import { checkedName } from './names.ts';
import { newTags } from './tag-rules.ts';

type Input = SsmOperations['PutParameter']['input'];

const DEFAULT_KEY = 'alias/aws/ssm';
const DATA_TYPES = ['text', 'aws:ec2:image'];
const MOST_BYTES: Readonly<Record<ParameterTier, number>> = { Standard: 4096, Advanced: 8192 };
const MOST_PARAMETERS: Readonly<Record<ParameterTier, number>> = { Standard: 10_000, Advanced: 100_000 };
export const MOST_VERSIONS = 100;

/** What PutParameter asks for, as far as it can be checked without looking at what is there. */
export interface Wish {
  readonly name: string;
  readonly value: string;
  readonly input: Input;
}

/** Pure. @throws ServiceError; the value is in no message. */
export function checkedWish(scope: Scope, input: Input): Wish {
  const value = input.Value ?? '';
  const name = checkedName(scope, input.Name ?? '');
  if (value === '')
    throw validation(
      "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  if (/\{\{.*\}\}/s.test(value))
    throw validation(`Parameter value: it can't nest another parameter. Do not use "{{}}" in the value.`);
  if (input.Overwrite === true && (input.Tags ?? []).length > 0)
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove " +
        'overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.',
    );
  if (input.Policies !== undefined && input.Policies.replace(/\s/g, '') !== '[]')
    throw new ServiceError(
      'InvalidPolicyTypeException',
      'Policies are not served by Gantry: a parameter neither expires nor notifies. Put it without Policies.',
    );
  newTags(input.Tags);
  checkDataType(input.DataType, value);
  return { name, value, input };
}

function checkDataType(dataType: string | undefined, value: string): void {
  if (dataType === undefined) return;
  if (!DATA_TYPES.includes(dataType))
    throw validation(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  if (dataType === 'aws:ec2:image' && !/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(value))
    throw validation(
      'The value of a parameter of data type aws:ec2:image must be an AMI ID such as ami-12345abcdeexample0.',
    );
}

/** How many parameters there are of a tier. */
export type Counted = (tier: ParameterTier) => number;

/**
 * The version that a wish makes of what is there. Pure.
 * @throws ServiceError ParameterAlreadyExists, ParameterMaxVersionLimitExceeded, ParameterLimitExceeded, ValidationException
 */
export function nextVersion(
  before: Parameter | undefined,
  { name, value, input }: Wish,
  now: { readonly at: EpochMs; readonly by: string; readonly counted: Counted },
): ParameterVersion {
  if (before !== undefined && input.Overwrite !== true)
    throw new ServiceError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  const type = input.Type ?? before?.current.type;
  if (type === undefined) throw validation('A parameter type is required when you create a parameter.');
  if (before !== undefined) checkOldest(name, before);
  const tier = tierOf(before?.current.tier, input.Tier, value);
  if (tier !== before?.current.tier && now.counted(tier) >= MOST_PARAMETERS[tier]) throw tooMany(tier);
  const keep = <T extends string>(given: T | undefined, kept: T | undefined): T | undefined =>
    given === '' ? undefined : (given ?? kept);
  return {
    version: (before?.current.version ?? 0) + 1,
    type,
    tier,
    dataType: dataTypeOf(before, input, value),
    keyId: keyIdOf(type, input.KeyId, before?.current.keyId),
    description: keep(input.Description, before?.current.description),
    allowedPattern: keep(input.AllowedPattern, before?.current.allowedPattern),
    lastModifiedAt: now.at,
    lastModifiedUser: now.by,
  };
}

function dataTypeOf(before: Parameter | undefined, input: Input, value: string): string {
  const dataType = input.DataType ?? before?.current.dataType ?? 'text';
  checkDataType(dataType, value);
  return dataType;
}

function keyIdOf(type: string, given: string | undefined, kept: string | undefined): string | undefined {
  if (type === 'SecureString') return given ?? kept ?? DEFAULT_KEY;
  if (given === undefined) return undefined;
  throw validation(`KeyId is for parameters of type SecureString; this one is a ${type}.`);
}

function checkOldest(name: string, { current, oldestVersion, labels }: Parameter): void {
  if (current.version - oldestVersion + 1 < MOST_VERSIONS) return;
  if (!labels.some(({ version }) => version === oldestVersion)) return;
  throw new ServiceError(
    'ParameterMaxVersionLimitExceeded',
    `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. ` +
      `Version ${oldestVersion}, the oldest version, can't be deleted because it has a label associated with it. ` +
      `Move the label to another version of the parameter, and try again.`,
  );
}

function tierOf(before: ParameterTier | undefined, asked: Input['Tier'], value: string): ParameterTier {
  const bytes = Buffer.byteLength(value);
  if (asked === 'Standard' && before === 'Advanced')
    throw validation(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier " +
        'to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.',
    );
  const isLarge = asked === 'Intelligent-Tiering' && bytes > MOST_BYTES.Standard;
  const tier = asked === 'Advanced' || before === 'Advanced' || isLarge ? 'Advanced' : 'Standard';
  if (bytes <= MOST_BYTES[tier]) return tier;
  throw validation(
    tier === 'Advanced'
      ? 'Advanced tier parameters support a maximum parameter value of 8192 characters.'
      : 'Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, ' +
          'upgrade the parameter to use the advanced-parameter tier.',
  );
}

function tooMany(tier: ParameterTier): ServiceError {
  return new ServiceError(
    'ParameterLimitExceeded',
    `There are ${MOST_PARAMETERS[tier]} parameters of the ${tier} tier in this account and region, which is the limit. ` +
      'Delete one or more parameters and try again.',
  );
}
