import type { Api, Task } from '../api/port.ts';
import { describeTasks } from '../api/read.ts';
import { findSubject, tasksOfService } from '../api/subject.ts';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { definitionName, taskIdOf } from '../run/reach.ts';

const POLL_MS = 200;

export interface StopOptions {
  readonly cluster: string;
  /** Delete the service as well. */
  readonly rm: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly reason: string;
}

/** Stops tasks, or scales a service to nothing (and deletes it with `rm`); says what it does. */
export async function stop(host: Host, api: Api, texts: readonly string[], options: StopOptions): Promise<number> {
  for (const text of texts) {
    const subject = await findSubject(api, options.cluster, text);
    const { cluster } = subject;
    if (subject.kind === 'service') {
      const name = subject.service.serviceName ?? text;
      const before = await tasksOfService(api, cluster, name);
      await stopService(host, api, cluster, name, options.rm);
      if (options.wait) await untilStopped(host, api, cluster, before, options.timeoutMs);
      continue;
    }
    const living = subject.tasks.filter((task) => task.lastStatus !== 'STOPPED');
    if (living.length === 0) host.terminal.out(`${text} has stopped already.`);
    for (const task of living) {
      await api.ecs('StopTask', { cluster, task: task.taskArn ?? '', reason: options.reason });
      const service = task.group?.startsWith('service:') === true ? '; its service will start another one' : '';
      host.terminal.out(`stopping task ${taskIdOf(task)} (${definitionName(task.taskDefinitionArn)})${service}`);
    }
    if (options.wait) await untilStopped(host, api, cluster, living, options.timeoutMs);
  }
  return 0;
}

async function stopService(host: Host, api: Api, cluster: string, service: string, rm: boolean): Promise<void> {
  if (rm) {
    await api.ecs('DeleteService', { cluster, service, force: true });
    host.terminal.out(`deleting service ${service} and its tasks`);
    return;
  }
  await api.ecs('UpdateService', { cluster, service, desiredCount: 0 });
  host.terminal.out(`scaling service ${service} to 0 (--rm deletes it)`);
}

/** @throws CliError when some still run at the deadline */
export async function untilStopped(
  host: Host,
  api: Api,
  cluster: string,
  tasks: readonly Task[],
  timeoutMs: number,
): Promise<void> {
  let left = tasks.filter((task) => task.lastStatus !== 'STOPPED');
  const giveUpAt = host.clock.now() + timeoutMs;
  while (left.length > 0) {
    const seen = await describeTasks(
      api,
      cluster,
      left.map((task) => task.taskArn ?? ''),
    );
    left = seen.filter((task) => task.lastStatus !== 'STOPPED');
    if (left.length === 0) return;
    if (host.clock.now() >= giveUpAt) {
      const ids = left.map(taskIdOf).join(' ');
      throw new CliError(`${left.length} tasks have not stopped after ${timeoutMs / 1_000} s: ${ids}.`, {
        wayOut: 'gantry why TASK tells what each waits for.',
      });
    }
    await host.clock.sleep(POLL_MS);
  }
}
