import type { EvaluationResult, Statement as MatchedStatement } from '@aws-sdk/client-iam';
import {
  evaluate,
  evaluateTrust,
  keysAskedFor,
  statementsAbout,
  type Context,
  type PolicyRequest,
} from './evaluate.ts';
import type { PolicyDocument } from './policy.ts';
import { statementSpans } from './positions.ts';

/** A policy with its name, so that a result can say which statement decided. */
export interface NamedPolicy {
  readonly id: string;
  readonly type?: MatchedStatement['SourcePolicyType'];
  readonly text: string;
  readonly document: PolicyDocument;
}

export interface Simulation {
  readonly policies: readonly NamedPolicy[];
  readonly boundary?: PolicyDocument | undefined;
  readonly onResource?: { readonly policy: NamedPolicy; readonly principals: readonly string[] } | undefined;
  readonly context: Context;
}

const DECISIONS = { allow: 'allowed', 'explicit-deny': 'explicitDeny', 'implicit-deny': 'implicitDeny' } as const;

/** What would become of one action on one resource, in the words of IAM's simulator. Pure. */
export function simulate(simulation: Simulation, action: string, resource: string): EvaluationResult {
  const { policies, boundary, onResource, context } = simulation;
  const request: PolicyRequest = { action, resource, context };
  const decision = decide(simulation, request);
  const all = onResource === undefined ? policies : [...policies, onResource.policy];
  const [effect, matched] = decision === 'explicitDeny' ? ['Deny', all] : ['Allow', all];
  const shown = decision === 'implicitDeny' ? [] : matched.flatMap((each) => matchedIn(each, effect, request));
  const documents = [...all.map(({ document }) => document), ...(boundary === undefined ? [] : [boundary])];
  const asked = documents.flatMap((document) => keysAskedFor(document, request));
  const missing = [...new Set(asked.filter((key) => context.get(key.toLowerCase()) === undefined))];
  const ofBoundary =
    boundary === undefined
      ? {}
      : {
          PermissionsBoundaryDecisionDetail: {
            AllowedByPermissionsBoundary: evaluate({ identity: [boundary], tags: {} }, request).effect === 'allow',
          },
        };
  const found = { MatchedStatements: shown, MissingContextValues: missing, ...ofBoundary };
  return { EvalActionName: action, EvalResourceName: resource, EvalDecision: decision, ...found };
}

/** Within one account a policy on the resource that names the caller is permission as well. */
function decide(simulation: Simulation, request: PolicyRequest): EvaluationResult['EvalDecision'] & string {
  const { policies, boundary, onResource } = simulation;
  const own = evaluate({ identity: policies.map(({ document }) => document), boundary, tags: {} }, request);
  if (onResource === undefined || own.effect === 'explicit-deny') return DECISIONS[own.effect];
  const { policy, principals } = onResource;
  const there = evaluateTrust(policy.document, { ...request, principals });
  if (there.effect === 'explicit-deny') return 'explicitDeny';
  return there.effect === 'allow' && there.delegated !== true ? 'allowed' : DECISIONS[own.effect];
}

function matchedIn(
  { id, type, text, document }: NamedPolicy,
  effect: string,
  request: PolicyRequest,
): MatchedStatement[] {
  const about = statementsAbout(document, request).filter((index) => document.statements[index]?.effect === effect);
  if (about.length === 0) return [];
  const spans = statementSpans(text);
  return about.map((index) => ({ SourcePolicyId: id, SourcePolicyType: type, ...spans[index] }));
}
