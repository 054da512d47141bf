import { arnOf } from '@gantry/domain';
import type { SsmOperations } from '@gantry/protocol';
import { parameterArn, parameterKey, publicArn, readReference } from '../../api/ssm/names.ts';
import { any, listed, type Demand, type Place, type RulesOf } from '../demand.ts';
import { iamTags } from './tags.ts';

/**
 * A parameter by name, `name:selector` or ARN, which can mean two names: the one there is counts. What cannot be a name is
 * something of this service and no more.
 */
function parameter(at: Place, reference: string | undefined): Demand {
  const names = (reference === undefined ? undefined : readReference(at.scope, reference)?.names) ?? [];
  const [first] = names;
  if (first === undefined) return { resource: arnOf(at.scope, 'ssm', '*') };
  const [known] = names.flatMap((each) => at.tables.parameters.get(parameterKey(at.scope, each)) ?? []);
  const name = known?.name ?? first;
  const resource = name.startsWith('/aws/') ? publicArn(at.scope.region, name) : parameterArn(at.scope, name);
  return { resource, tags: () => known?.tags };
}

const named = ({ Name }: { readonly Name?: string | undefined }, at: Place): Demand => parameter(at, Name);
const each = ({ Names }: { readonly Names?: readonly string[] | undefined }, at: Place): readonly Demand[] =>
  listed(Names).map((name) => parameter(at, name));

interface Tagged {
  readonly ResourceType?: string | undefined;
  readonly ResourceId?: string | undefined;
}
const tagged = ({ ResourceId }: Tagged, at: Place): Demand => parameter(at, ResourceId);

/** Parameters of Systems Manager. */
export const ssmRules: RulesOf<SsmOperations> = {
  AddTagsToResource: (input, at) => ({ ...tagged(input, at), requestTags: iamTags(input.Tags) }),
  DeleteParameter: named,
  DeleteParameters: each,
  DescribeParameters: any,
  GetParameter: named,
  GetParameterHistory: named,
  GetParameters: each,
  GetParametersByPath: ({ Path, Recursive }, at) => ({
    resource: parameterArn(at.scope, Path === undefined || Path === '/' ? '' : Path),
    keys: { 'ssm:Recursive': Recursive ?? false },
  }),
  LabelParameterVersion: named,
  ListTagsForResource: tagged,
  PutParameter: (input, at) => {
    const demand = parameter(at, input.Name);
    const keys = { 'ssm:Overwrite': input.Overwrite ?? false, 'ssm:Policies': input.Policies };
    const requestTags = iamTags(input.Tags);
    const tagging = { action: 'ssm:AddTagsToResource', resource: demand.resource, requestTags };
    return [{ ...demand, keys, requestTags }, ...(requestTags.length === 0 ? [] : [tagging])];
  },
  RemoveTagsFromResource: (input, at) => ({ ...tagged(input, at), tagKeys: input.TagKeys }),
  UnlabelParameterVersion: named,
};
