import type { AccountId, Clock, IamRole } from '@gantry/domain';
import { ServiceError, type StsOperations } from '@gantry/protocol';
import { contextFor } from '../../authorise/context.ts';
import type { PrincipalPolicies } from '../../authorise/evaluate.ts';
import { parsePolicy, PolicyError } from '../../authorise/policy.ts';
import { roleByArn } from '../../identity/find.ts';
import type { Identity } from '../../identity/index.ts';
import type { Origin } from '../../identity/origin.ts';
import { managedPolicy } from '../../identity/managed/find.ts';
import { AWS_OWNER } from '../../identity/managed/aws-policies.ts';
import { assumedRoleArn, packedPercent, type RoleSession } from '../../identity/sessions.ts';
import type { Handler } from '../../handlers.ts';
import type { Caller, Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { checkTags } from '../iam/common/tags.ts';
import { credentialsOf, leastTokenBytes, refuseMfa, validationError } from './common.ts';
import { assumeDemand, mayAssume } from './trust.ts';

type AssumeRole = StsOperations['AssumeRole'];
type Input = AssumeRole['input'];

type AskedSession = Omit<RoleSession, 'durationSeconds'>;

const ASSUME = 'sts:AssumeRole';
const NOWHERE: Origin = { address: '', secure: false };
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/./;
const HOUR_SECONDS = 3600;
const MOST_POLICY_ARNS = 10;
const MOST_POLICY_CHARACTERS = 2048;

export function assumeRole(platform: Platform, identity: Identity): Handler<Input, AssumeRole['output']> {
  const { state, clock } = platform;
  return async (input, { caller, from }) => {
    refuseMfa(input);
    if (input.ProvidedContexts !== undefined && input.ProvidedContexts.length > 0)
      throw validationError('ProvidedContexts are not supported: no context provider is known here.');
    const arn = input.RoleArn as string;
    if (!ROLE_ARN.test(arn)) throw validationError(`${arn.slice(0, 256)} is invalid`);
    const role = roleByArn(state.tables, arn);
    const session = requestedSession(input, caller);
    const may: Decide = { input, session, caller, from, policies: identity.policiesOf(caller), clock };
    const refused = role === undefined ? ASSUME : refusedAction(role, may);
    if (role === undefined || refused !== undefined) throw notAuthorized(caller, input, refused ?? ASSUME);
    const durationSeconds = durationOf(input.DurationSeconds, role, caller);
    checkPolicyArns(state.tables, role.account, session.sessionPolicyArns ?? []);
    const percent = packedPercent(session);
    if (percent > 100)
      throw new ServiceError(
        'PackedPolicyTooLargeException',
        `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
      );
    const credentials = identity.sessions.sessionForRole(role, { ...session, durationSeconds });
    return {
      ...credentialsOf(credentials),
      AssumedRoleUser: {
        AssumedRoleId: `${role.roleId}:${session.sessionName}`,
        Arn: assumedRoleArn(role, session.sessionName),
      },
      ...(percent === 0 ? {} : { PackedPolicySize: percent }),
      SourceIdentity: session.sourceIdentity,
    };
  };
}

interface Decide {
  readonly input: Input;
  readonly session: AskedSession;
  readonly caller: Caller;
  readonly from: Origin | undefined;
  readonly policies: PrincipalPolicies;
  readonly clock: Clock;
}

/** The first action the caller would need and may not. */
function refusedAction(role: IamRole, { input, session, caller, from, policies, clock }: Decide): string | undefined {
  // Only `--insecure-any-key` makes roots, and says that they may do everything.
  if (caller.principal.kind === 'administrator' && caller.principalArn.endsWith(':root')) return undefined;
  const { sessionName, sourceIdentity, transitiveTagKeys = [], sessionTags = {} } = session;
  const request = { sessionName, sourceIdentity, transitiveTagKeys, externalId: input.ExternalId };
  const demand = assumeDemand(role, { ...request, tags: checkTags(input.Tags) });
  const call = { signingName: 'sts', from: from ?? NOWHERE };
  const context = contextFor({ caller, call, tags: policies.tags, clock }, demand);
  const trust = parsePolicy(role.assumeRolePolicyDocument, 'trust');
  const actions = [ASSUME];
  if (Object.keys(sessionTags).length > 0) actions.push('sts:TagSession');
  if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity');
  return actions.find((action) => !mayAssume({ action, role, trust, caller, policies, context }));
}

function notAuthorized(caller: Caller, { RoleArn }: Input, action: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `User: ${caller.principalArn} is not authorized to perform: ${action} on resource: ${RoleArn}`,
  );
}

/** @throws ServiceError ValidationError */
function durationOf(asked: number | undefined, role: IamRole, { principal }: Caller): number {
  const isChained = principal.kind === 'assumed-role';
  if (isChained && (asked ?? 0) > HOUR_SECONDS)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  if ((asked ?? 0) > role.maxSessionDurationSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  return asked ?? HOUR_SECONDS;
}

/** What the session is to be: its own tags and those the caller's session hands on. @throws ServiceError */
function requestedSession(input: Input, { principal }: Caller): AskedSession {
  const tags = checkTags(input.Tags);
  const handed = principal.kind === 'assumed-role' ? principal : undefined;
  const inherited = (handed?.transitiveTagKeys ?? []).map((key) => [key, handed?.sessionTags[key] ?? ''] as const);
  const conflict = tags.find(({ Key }) => inherited.some(([key]) => key.toLowerCase() === Key.toLowerCase()));
  if (conflict !== undefined)
    throw validationError(`The session tag ${conflict.Key} is transitive in the calling session and cannot be set.`);
  const transitive = input.TransitiveTagKeys ?? [];
  if (transitive.some((key) => !tags.some(({ Key }) => Key === key)))
    throw validationError('The specified transitive tag key must be included in the requested tags.');
  if (handed?.sourceIdentity !== undefined && ![undefined, handed.sourceIdentity].includes(input.SourceIdentity))
    throw validationError('The source identity of the calling session cannot be changed.');
  return {
    sessionName: input.RoleSessionName as string,
    sessionPolicies: input.Policy === undefined ? [] : [checkPolicy(input.Policy)],
    sessionPolicyArns: (input.PolicyArns ?? []).map(({ arn = '' }) => arn),
    sessionTags: Object.fromEntries([...inherited, ...tags.map(({ Key, Value }) => [Key, Value] as const)]),
    transitiveTagKeys: [...inherited.map(([key]) => key), ...transitive],
    sourceIdentity: input.SourceIdentity ?? handed?.sourceIdentity,
    leastTokenBytes: leastTokenBytes(input.MinimumSessionTokenSize),
  };
}

/** @throws ServiceError MalformedPolicyDocumentException, ValidationError */
function checkPolicy(text: string): string {
  if (text.length > MOST_POLICY_CHARACTERS)
    throw validationError(
      `1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to ${MOST_POLICY_CHARACTERS}`,
    );
  try {
    parsePolicy(text, 'identity');
    return text;
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ServiceError('MalformedPolicyDocumentException', error.message, { cause: error });
  }
}

/** Session policies are AWS's or of the role's own account. @throws ServiceError ValidationError */
function checkPolicyArns(tables: Tables, account: AccountId, arns: readonly string[]): void {
  if (arns.length > MOST_POLICY_ARNS)
    throw validationError(`At most ${MOST_POLICY_ARNS} managed policies can be session policies.`);
  for (const arn of arns) {
    const owner = managedPolicy(tables, arn)?.account;
    if (owner !== account && owner !== AWS_OWNER)
      throw validationError(`The managed policy ${arn} does not exist in the account of the role.`);
  }
}
