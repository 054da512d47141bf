import { epochMs, isDeploymentOver, type EpochMs, type HookRun, type ServiceDeployment } from '@gantry/domain';

const CALL_AGAIN_S = 30;

/** Hooks to be called now, and when the next one is. */
export function dueHooks(
  deployment: ServiceDeployment,
  now: number,
): { readonly due: readonly HookRun[]; readonly nextAt: number | undefined } {
  const { shift } = deployment;
  if (shift === undefined || isDeploymentOver(deployment)) return { due: [], nextAt: undefined };
  const waiting = shift.hooks.filter(({ status, callAt }) => status === 'IN_PROGRESS' && callAt !== undefined);
  const later = waiting.map(({ callAt = 0 }): number => callAt).filter((at) => at > now);
  return {
    due: waiting.filter(({ callAt = 0 }) => callAt <= now),
    nextAt: later.length === 0 ? undefined : Math.min(...later),
  };
}

/** The name of a Lambda function, by its ARN. */
export function functionName(arn: string): string {
  return /:function:([^:]+)/.exec(arn)?.[1] ?? arn;
}

/** What a function is told (ecs-semantics 5.8). */
export function eventOf(deployment: ServiceDeployment, hook: HookRun): object {
  const { shift, target, deploymentConfiguration } = deployment;
  const percent = shift?.productionPercent ?? 0;
  const [source] = deployment.sources;
  const share = (green: number): Record<string, number> => ({
    [target.serviceRevisionArn]: green,
    ...(source === undefined ? {} : { [source.serviceRevisionArn]: 100 - green }),
  });
  return {
    executionId: hook.hookId,
    lifecycleStage: shift?.stage,
    resourceArn: deployment.serviceDeploymentArn,
    executionDetails: {
      serviceArn: deployment.serviceArn,
      targetServiceRevisionArn: target.serviceRevisionArn,
      productionTrafficWeights: share(percent),
      testTrafficWeights: share(shift?.testShifted === true ? 100 : 0),
    },
    hookDetails: deploymentConfiguration.lifecycleHooks?.[hook.index]?.hookDetails,
  };
}

/** A hook after its function has answered. */
export function answered(hook: HookRun, answer: unknown, now: EpochMs): HookRun {
  const { hookStatus, callBackDelay } = (answer ?? {}) as { hookStatus?: unknown; callBackDelay?: unknown };
  switch (hookStatus) {
    case 'SUCCEEDED':
      return { ...hook, status: 'SUCCEEDED', callAt: undefined };
    case 'FAILED':
      return failedHook(hook, 'its function said so.');
    case 'IN_PROGRESS': {
      const asked = typeof callBackDelay === 'number' && callBackDelay >= 0;
      const delayS = asked ? Math.min(callBackDelay, 86_400) : CALL_AGAIN_S;
      return { ...hook, callAt: epochMs(now + delayS * 1000) };
    }
    default: {
      const text = JSON.stringify(answer) ?? 'nothing';
      return failedHook(
        hook,
        `its function answered ${text.slice(0, 200)}; {"hookStatus": "SUCCEEDED" | "FAILED" | "IN_PROGRESS"} was expected.`,
      );
    }
  }
}

export function failedHook(hook: HookRun, reason: string): HookRun {
  return { ...hook, status: 'FAILED', callAt: undefined, reason };
}
