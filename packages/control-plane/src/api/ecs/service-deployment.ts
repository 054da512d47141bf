import { isDeploymentOver, type HookRun, type Scope, type ServiceDeployment } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import { putServiceDeployment } from '../../controllers/service/service-deployment-documents.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import type { EcsHandlers } from './common/handler.ts';
import { keyOf, surroundingsOf } from './service-deployment/find.ts';
import { pageOfDeployments } from './service-deployment/list.ts';
import { describeBriefly, describeServiceDeployment, describeServiceRevision } from './wire/service-deployment.ts';

const MAX_DESCRIBED = 20;

type Operations =
  | 'DescribeServiceDeployments'
  | 'ListServiceDeployments'
  | 'DescribeServiceRevisions'
  | 'StopServiceDeployment'
  | 'ContinueServiceDeployment';

/** Service deployments and revisions (ecs-semantics 5.9). The service controller brings them forward. */
export function serviceDeploymentHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  const { tables } = state;
  return {
    DescribeServiceDeployments: async (input, { scope }) => {
      const { found, failures } = look(input.serviceDeploymentArns, 'Service deployments', (arn) =>
        deploymentOf(tables, scope, arn),
      );
      const serviceDeployments = found.map((one) => describeServiceDeployment(one, surroundingsOf(tables, one)));
      return { serviceDeployments, failures };
    },

    ListServiceDeployments: async (input, { scope }) => {
      const { items, nextToken } = pageOfDeployments(tables, scope, input);
      return { serviceDeployments: items.map(describeBriefly), nextToken };
    },

    DescribeServiceRevisions: async (input, { scope }) => {
      const { found, failures } = look(input.serviceRevisionArns, 'Service revisions', (arn) => {
        const key = keyOf(scope, 'service-revision', arn);
        return key === undefined ? undefined : tables.serviceRevisions.get(key);
      });
      return { serviceRevisions: found.map(describeServiceRevision), failures };
    },

    StopServiceDeployment: async (input, { scope, caller }) =>
      state.transact((tx) => {
        const deployment = knownDeployment(tx.tables, scope, input.serviceDeploymentArn as string);
        stopDeployment(tx, deployment, input.stopType === 'ABORT', caller.principalArn);
        return { serviceDeploymentArn: deployment.serviceDeploymentArn };
      }),

    ContinueServiceDeployment: async (input, { scope, caller }) =>
      state.transact((tx) => {
        const deployment = knownDeployment(tx.tables, scope, input.serviceDeploymentArn as string);
        continueDeployment(tx, deployment, input.hookId ?? '', input.action !== 'ROLLBACK', caller.principalArn);
        return { serviceDeploymentArn: deployment.serviceDeploymentArn };
      }),
  };
}

function look<T>(
  arns: readonly string[] | undefined,
  words: string,
  find: (arn: string) => T | undefined,
): { readonly found: T[]; readonly failures: { arn: string; reason: string }[] } {
  if (arns === undefined || arns.length === 0) throw invalidParameter(`${words} cannot be empty.`);
  if (arns.length > MAX_DESCRIBED) {
    throw invalidParameter(`At most ${MAX_DESCRIBED} ${words.toLowerCase()} can be described per call.`);
  }
  const named = arns.map((arn) => ({ arn, document: find(arn) }));
  return {
    found: named.flatMap(({ document }) => (document === undefined ? [] : [document])),
    failures: named.flatMap(({ arn, document }) => (document === undefined ? [{ arn, reason: 'MISSING' }] : [])),
  };
}

function deploymentOf(tables: Tables, scope: Scope, arn: string): ServiceDeployment | undefined {
  const key = keyOf(scope, 'service-deployment', arn);
  return key === undefined ? undefined : tables.serviceDeployments.get(key);
}

function knownDeployment(tables: Tables, scope: Scope, arn: string): ServiceDeployment {
  const deployment = deploymentOf(tables, scope, arn);
  if (deployment === undefined) {
    throw new ServiceError('ServiceDeploymentNotFoundException', 'Service deployment not found.');
  }
  return deployment;
}

/** One that is stopping or rolling back already goes on doing so. Throws ConflictException when it is over. */
function stopDeployment(tx: Tx, deployment: ServiceDeployment, abort: boolean, by: string): void {
  const { status } = deployment;
  if (isDeploymentOver(deployment)) {
    throw new ServiceError(
      'ConflictException',
      `The service deployment ${deployment.id} is over: its status is ${status}. Only one that is PENDING or IN_PROGRESS can be stopped.`,
    );
  }
  if (status !== 'PENDING' && status !== 'IN_PROGRESS') return;
  const next = abort ? 'STOP_REQUESTED' : 'ROLLBACK_REQUESTED';
  putServiceDeployment(tx, { ...deployment, status: next, updatedAt: tx.now });
  const what = abort ? 'stopped where it is' : 'rolled back';
  tx.event({
    subject: deployment.serviceArn,
    type: 'service.deploymentStopped',
    because: 'user-request',
    text: `Service deployment ${deployment.id} is to be ${what}.`,
    by,
  });
}

/** Ends a pause: the deployment goes on, or back. Throws InvalidParameterException when there is no such pause. */
function continueDeployment(tx: Tx, deployment: ServiceDeployment, hookId: string, goesOn: boolean, by: string): void {
  const { shift } = deployment;
  const hook = shift?.hooks.find((each) => each.hookId === hookId && each.status === 'AWAITING_ACTION');
  if (shift === undefined || hook === undefined || isDeploymentOver(deployment))
    throw invalidParameter(
      `The service deployment ${deployment.id} is not paused at a lifecycle hook '${hookId.slice(0, 128)}'. Use DescribeServiceDeployments to see its lifecycleHookDetails.`,
    );
  const status = goesOn ? ('SUCCEEDED' as const) : ('FAILED' as const);
  const ended: HookRun = goesOn ? { ...hook, status } : { ...hook, status, reason: 'a user asked for a rollback.' };
  const hooks = shift.hooks.map((each) => (each === hook ? ended : each));
  putServiceDeployment(tx, { ...deployment, shift: { ...shift, hooks }, updatedAt: tx.now });
  const text = `The deployment goes ${goesOn ? 'on' : 'back'} after ${shift.stage}.`;
  tx.event({ subject: deployment.serviceArn, type: 'deployment.continued', because: 'user-request', text, by });
}
