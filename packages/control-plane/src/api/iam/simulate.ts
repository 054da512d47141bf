import type { ContextEntry, EvaluationResult, Statement } from '@aws-sdk/client-iam';
import {
  iamKey,
  parseArn,
  type AccountId,
  type IamGroup,
  type IamRole,
  type IamUser,
  type PolicyHolder,
} from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Context } from '../../authorise/evaluate.ts';
import { parsePolicy, PolicyError, type PolicyKind } from '../../authorise/policy.ts';
import { simulate, type NamedPolicy, type Simulation } from '../../authorise/simulate.ts';
import { AWS_OWNER } from '../../identity/managed/aws-policies.ts';
import { defaultDocument, managedPolicy } from '../../identity/managed/find.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { invalidInput, noSuchEntity } from './common/errors.ts';
import { groupNamed, roleNamed, userNamed } from './common/find.ts';
import type { IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';

type Custom = Parameters<IamHandlers['SimulateCustomPolicy']>[0];
type Input = Omit<Custom, 'PolicyInputList'> & Partial<Pick<Custom, 'PolicyInputList'>>;
type Answer = Awaited<ReturnType<IamHandlers['SimulateCustomPolicy']>>;

/** IAM's simulator, on the evaluator that decides on requests. */
export function simulateHandlers({
  state,
}: Platform): Pick<IamHandlers, 'SimulateCustomPolicy' | 'SimulatePrincipalPolicy'> {
  return {
    SimulateCustomPolicy: async (input) => {
      refuse(input, 'OrderedOrganizationPolicyInputList', 'ResourceHandlingOption');
      return run(input, { policies: given(input.PolicyInputList), boundary: boundaryIn(input) }, input.CallerArn, {});
    },

    SimulatePrincipalPolicy: async (input, { scope }) => {
      refuse(input, 'PolicyExclusionList', 'ResourceHandlingOption');
      const source = input.PolicySourceArn as string;
      const attached = policiesOf(state.tables, scope.account, source);
      const policies = [...attached.policies, ...given(input.PolicyInputList)];
      const boundary = boundaryIn(input) ?? attached.boundary;
      const isUser = parseArn(source)?.resource.startsWith('user/') === true;
      const caller = input.CallerArn ?? (isUser ? source : undefined);
      return run(input, { policies, boundary }, caller, attached.keys);
    },
  };
}

/** @throws ServiceError InvalidInputException */
function refuse(input: object, ...members: readonly string[]): void {
  for (const member of members)
    if ((input as Readonly<Record<string, unknown>>)[member] !== undefined)
      throw invalidInput(`${member} is not served by this version of Gantry. Leave it out.`);
}

function run(
  input: Input,
  found: Pick<Simulation, 'policies' | 'boundary'>,
  caller: string | undefined,
  keys: Readonly<Record<string, string>>,
): Answer {
  const actions = input.ActionNames ?? [];
  for (const action of actions)
    if (!/^[\w-]+:\w+$/.test(action)) throw invalidInput(`Invalid action name: ${action.slice(0, 128)}.`);
  const resources = input.ResourceArns === undefined || input.ResourceArns.length === 0 ? ['*'] : input.ResourceArns;
  const simulation = {
    ...found,
    onResource: onResource(input, caller),
    context: contextIn(input.ContextEntries, keys),
  };
  const pairs = actions.flatMap((action) => resources.map((resource) => ({ action, resource })));
  const numbered = pairs.map((pair, index) => ({ ...pair, key: String(index).padStart(8, '0') }));
  const { items, end } = pageOfItems(numbered, input, ({ key }) => key);
  const results = items.map(({ action, resource }) => withResource(simulate(simulation, action, resource)));
  return { EvaluationResults: results, ...end };
}

/** A resource that was named has its result once more under its name. */
function withResource(result: EvaluationResult): EvaluationResult {
  const { EvalActionName: _action, EvalDecision: EvalResourceDecision, EvalResourceName, ...details } = result;
  if (EvalResourceName === undefined || EvalResourceName === '*') return result;
  return { ...result, ResourceSpecificResults: [{ ...details, EvalResourceName, EvalResourceDecision }] };
}

function compile(text: string, kind: PolicyKind, what: string): NamedPolicy {
  try {
    return { id: what, text, document: parsePolicy(text, kind) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ServiceError('InvalidInputException', `Invalid input ${what}: ${error.message}`, { cause: error });
  }
}

const given = (texts: readonly string[] | undefined): readonly NamedPolicy[] =>
  (texts ?? []).map((text, index) => compile(text, 'identity', `PolicyInputList.${index + 1}`));

function boundaryIn({ PermissionsBoundaryPolicyInputList: texts = [] }: Input): Simulation['boundary'] {
  if (texts.length > 1) throw invalidInput('Only one permissions boundary can be simulated.');
  const [text] = texts;
  return text === undefined ? undefined : compile(text, 'identity', 'PermissionsBoundaryPolicyInputList.1').document;
}

function onResource({ ResourcePolicy: text }: Input, caller: string | undefined): Simulation['onResource'] {
  if (caller !== undefined && parseArn(caller)?.resource.startsWith('user/') !== true)
    throw invalidInput('CallerArn must be the ARN of an IAM user.');
  if (text === undefined) return undefined;
  if (caller === undefined) throw invalidInput('CallerArn is required when ResourcePolicy is given.');
  const policy: NamedPolicy = { ...compile(text, 'resource', 'ResourcePolicy'), type: 'resource' };
  return { policy, principals: [caller] };
}

function contextIn(entries: readonly ContextEntry[] | undefined, keys: Readonly<Record<string, string>>): Context {
  const values = new Map(
    Object.entries(keys).map(([key, value]): [string, readonly string[]] => [key.toLowerCase(), [value]]),
  );
  for (const { ContextKeyName = '', ContextKeyValues = [] } of entries ?? [])
    values.set(ContextKeyName.toLowerCase(), ContextKeyValues);
  return values;
}

interface Attached extends Pick<Simulation, 'policies' | 'boundary'> {
  /** What is known of every request of this principal. */
  readonly keys: Readonly<Record<string, string>>;
}

/** @throws ServiceError InvalidInputException, NoSuchEntityException */
function policiesOf(tables: Tables, account: AccountId, source: string): Attached {
  const { resource = '', account: owner } = parseArn(source) ?? {};
  const [type = ''] = resource.split('/');
  if (owner !== account || !['user', 'group', 'role'].includes(type))
    throw invalidInput(`Invalid Entity Arn: ${source.slice(0, 256)} does not clearly define entity type and name.`);
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  const find = { user: userNamed, group: groupNamed, role: roleNamed }[type as 'user' | 'group' | 'role'];
  const holder: IamUser | IamGroup | IamRole = find(tables, account, name);
  if (holder.arn !== source) throw noSuchEntity(`The entity ${source.slice(0, 256)} cannot be found.`);
  const own = policiesIn(tables, type, name, holder);
  if ('groupId' in holder) return { policies: own, keys: {} };
  const ofGroups = ('groups' in holder ? holder.groups : []).flatMap((each) => {
    const group = tables.iamGroups.get(iamKey(account, each));
    return group === undefined ? [] : policiesIn(tables, 'group', each, group);
  });
  const limit = managedPolicy(tables, holder.permissionsBoundary ?? '');
  const keys: Record<string, string> = { 'aws:PrincipalArn': source, 'aws:PrincipalAccount': account };
  if (type === 'user') keys['aws:username'] = name;
  for (const { Key, Value } of holder.tags) keys[`aws:PrincipalTag/${Key}`] = Value;
  const boundary = limit === undefined ? undefined : parsePolicy(defaultDocument(limit), 'identity');
  return { policies: [...own, ...ofGroups], boundary, keys };
}

function policiesIn(tables: Tables, type: string, name: string, holder: PolicyHolder): readonly NamedPolicy[] {
  const inline = Object.entries(holder.inlinePolicies).map(([policy, text]) => ({
    id: `${type}_${name}_${policy}`,
    type: type as Statement['SourcePolicyType'],
    text,
    document: parsePolicy(text, 'identity'),
  }));
  const managed = holder.attachedPolicies.flatMap((arn) => {
    const policy = managedPolicy(tables, arn);
    if (policy === undefined) return [];
    const text = defaultDocument(policy);
    const owner = policy.account === AWS_OWNER ? 'aws-managed' : 'user-managed';
    return [
      {
        id: policy.policyName,
        type: owner as Statement['SourcePolicyType'],
        text,
        document: parsePolicy(text, 'identity'),
      },
    ];
  });
  return [...inline, ...managed];
}
