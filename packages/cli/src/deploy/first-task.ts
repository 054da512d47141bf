import type { Api, Service, Task } from '../api/port.ts';
import { describeTasks } from '../api/read.ts';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { stopText, taskIdOf } from '../run/reach.ts';

const POLL_MS = 200;

export interface FirstTask {
  /** Of the container that is essential. */
  readonly container: string;
  readonly command: readonly string[];
  readonly taskDefinition: string;
  readonly timeoutMs: number;
}

/**
 * Runs one task of the new revision with another command, where and as the service runs its own, and waits for its end.
 * @throws CliError when it did not end with 0: nothing of the service has been touched
 */
export async function runFirst(host: Host, api: Api, service: Service, first: FirstTask): Promise<void> {
  const { container, command, taskDefinition, timeoutMs } = first;
  const { clusterArn: cluster = 'default', launchType, capacityProviderStrategy, platformVersion } = service;
  const where = capacityProviderStrategy === undefined ? { launchType } : { capacityProviderStrategy };
  const { networkConfiguration, enableExecuteCommand } = service;
  const answer = await api.ecs('RunTask', {
    cluster,
    taskDefinition,
    ...where,
    ...(launchType === 'FARGATE' || capacityProviderStrategy !== undefined ? { platformVersion } : {}),
    networkConfiguration,
    enableExecuteCommand,
    startedBy: 'gantry-deploy',
    overrides: { containerOverrides: [{ name: container, command: [...command] }] },
  });
  const [started] = answer.tasks ?? [];
  if (started === undefined) {
    const [failure] = answer.failures ?? [];
    throw refusal(`it could not be placed: ${failure?.detail ?? failure?.reason ?? 'no reason was given'}.`);
  }
  host.terminal.out(`first task ${taskIdOf(started)}: ${command.join(' ')}`);
  const ended = await untilStopped(host, api, cluster, started, timeoutMs);
  const id = taskIdOf(ended).slice(0, 12);
  const ran = ended.containers?.find(({ name }) => name === container);
  // Containers beside it are stopped with it: their codes say nothing.
  if (ran?.exitCode === 0) return host.terminal.out(`first task ${id} ended with 0`);
  throw refusal(`${stopText(ended)}.`, `Its output: gantry logs ${id}. Why: gantry why ${id}.`);
}

async function untilStopped(host: Host, api: Api, cluster: string, task: Task, timeoutMs: number): Promise<Task> {
  const interrupted = host.interruption();
  const arn = task.taskArn ?? '';
  const giveUpAt = host.clock.now() + timeoutMs;
  for (;;) {
    const [seen] = await describeTasks(api, cluster, [arn]);
    if (seen === undefined) throw refusal('it is gone.');
    if (seen.lastStatus === 'STOPPED') return seen;
    const late = host.clock.now() >= giveUpAt;
    if (late || interrupted.aborted) {
      await api.ecs('StopTask', { cluster, task: arn, reason: 'gantry deploy' });
      throw refusal(
        late ? `it had not ended after ${timeoutMs / 1000} s, and was stopped.` : 'it was interrupted, and stopped.',
      );
    }
    await host.clock.sleep(POLL_MS, interrupted);
  }
}

const refusal = (text: string, wayOut?: string): CliError =>
  new CliError(
    `nothing was deployed: the first task has not succeeded: ${text}`,
    wayOut === undefined ? {} : { wayOut },
  );
