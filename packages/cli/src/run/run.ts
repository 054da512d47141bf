import type { Api, Task } from '../api/port.ts';
import { Definitions, describeTasks, findService } from '../api/read.ts';
import { tasksOfService } from '../api/subject.ts';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { LogFollower } from '../logs/follow.ts';
import type { RunPlan } from './definition.ts';
import { addressText, addressesOf, exitCodeOf, ownAddress, stopText, taskIdOf } from './reach.ts';

const POLL_MS = 100;
const TASKS_AT_ONCE = 10;

export interface RunOptions {
  /** Wait until it runs. */
  readonly wait: boolean;
  readonly follow: boolean;
  readonly timeoutMs: number;
}

/** Registers, starts, waits and says where it answers. @returns the exit code */
export async function run(host: Host, api: Api, plan: RunPlan, options: RunOptions): Promise<number> {
  await ensureLogGroup(api, plan.logGroup);
  const { taskDefinition } = await api.ecs('RegisterTaskDefinition', plan.registration);
  const definitionArn = taskDefinition?.taskDefinitionArn ?? plan.family;
  return plan.service
    ? runService(host, api, plan, options, definitionArn)
    : runTasks(host, api, plan, options, definitionArn);
}

async function ensureLogGroup(api: Api, logGroupName: string): Promise<void> {
  try {
    await api.logs('CreateLogGroup', { logGroupName });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ResourceAlreadyExistsException') throw error;
  }
}

async function network(api: Api, plan: RunPlan) {
  if (plan.networkMode !== 'awsvpc') return {};
  const subnets =
    plan.subnets.length > 0 ? plan.subnets : (await api.gantry('Status', {})).subnets.map((subnet) => subnet.subnetId);
  return { networkConfiguration: { awsvpcConfiguration: { subnets: subnets.slice(0, 16) } } };
}

async function runTasks(host: Host, api: Api, plan: RunPlan, options: RunOptions, taskDefinition: string) {
  const where = await network(api, plan);
  const started: Task[] = [];
  while (started.length < plan.count) {
    const count = Math.min(TASKS_AT_ONCE, plan.count - started.length);
    const { cluster, launchType, enableExecuteCommand } = plan;
    const common = { cluster, launchType, taskDefinition, enableExecuteCommand };
    const answer = await api.ecs('RunTask', { ...common, count, ...where });
    started.push(...(answer.tasks ?? []));
    if ((answer.failures ?? []).length > 0 || (answer.tasks ?? []).length === 0) {
      throw notPlaced(plan, started.length, answer.failures?.[0]);
    }
  }
  const arns = started.map((task) => task.taskArn ?? '');
  for (const task of started) host.terminal.out(`task ${taskIdOf(task)} (${plan.family}) in cluster ${plan.cluster}`);
  if (options.follow) return followTasks(host, api, plan, arns);
  if (!options.wait) return 0;
  const tasks = await waitForTasks(host, api, plan, options, arns);
  await sayWhere(host, api, tasks);
  return tasks.every((task) => task.lastStatus !== 'STOPPED' || exitCodeOf(task) === 0) ? 0 : 1;
}

function notPlaced(
  plan: RunPlan,
  started: number,
  failure: { reason?: string; detail?: string } | undefined,
): CliError {
  const reason = [failure?.reason, failure?.detail].filter((part) => part !== undefined).join(': ');
  const before = started === 0 ? '' : ` after ${started} of ${plan.count} were started`;
  return new CliError(
    `no task of ${plan.family} could be placed${before}: ${(reason || 'no reason was given').replace(/\.$/, '')}.`,
    {
      wayOut: 'gantry status shows what room the instances have; --cpu and --memory ask for less.',
    },
  );
}

/** Until every task runs, or has run and stopped. */
async function waitForTasks(
  host: Host,
  api: Api,
  plan: RunPlan,
  options: RunOptions,
  arns: readonly string[],
): Promise<readonly Task[]> {
  const giveUpAt = host.clock.now() + options.timeoutMs;
  for (;;) {
    const tasks = await describeTasks(api, plan.cluster, arns);
    if (tasks.every((task) => task.lastStatus === 'RUNNING' || task.lastStatus === 'STOPPED')) return tasks;
    if (host.clock.now() >= giveUpAt) {
      const late = tasks.find((task) => task.lastStatus !== 'RUNNING' && task.lastStatus !== 'STOPPED');
      const id = late === undefined ? '' : taskIdOf(late);
      throw await tooLate(api, plan, options, id, `task ${id} is ${late?.lastStatus ?? 'unknown'}`);
    }
    await host.clock.sleep(POLL_MS);
  }
}

async function tooLate(
  api: Api,
  plan: RunPlan,
  options: RunOptions,
  subject: string,
  state: string,
): Promise<CliError> {
  const why = await api.gantry('Why', { subject, cluster: plan.cluster }).catch(() => undefined);
  return new CliError(`${plan.family} does not run after ${options.timeoutMs / 1_000} s: ${state}.`, {
    details: why === undefined ? [] : [why.text],
    wayOut: `It goes on by itself; gantry why ${subject} tells more, gantry stop ${subject} ends it.`,
  });
}

async function sayWhere(host: Host, api: Api, tasks: readonly Task[]): Promise<void> {
  const definitions = new Definitions(api);
  for (const task of tasks) {
    const id = taskIdOf(task);
    if (task.lastStatus === 'STOPPED') {
      host.terminal.out(`${id} has stopped: ${stopText(task)}`);
      host.terminal.out(`  its output: gantry logs ${id.slice(0, 12)}   why: gantry why ${id.slice(0, 12)}`);
      continue;
    }
    const addresses = addressesOf(task, await definitions.of(task));
    const own = ownAddress(task);
    const at = addresses.length > 0 ? addresses.map(addressText).join(', ') : own;
    host.terminal.out(`${id} is RUNNING${at === undefined ? '' : ` at ${at}`}`);
    const web = addresses.find((address) => address.protocol === 'tcp');
    if (web !== undefined) host.terminal.out(`  curl http://${web.host}:${web.port}/`);
  }
}

async function followTasks(host: Host, api: Api, plan: RunPlan, arns: readonly string[]): Promise<number> {
  const signal = host.interruption();
  const follower = new LogFollower(host, api, {
    timestamps: false,
    tasks: () => describeTasks(api, plan.cluster, arns),
  });
  const tasks = await follower.follow(signal, true);
  if (signal.aborted) {
    host.terminal.err(`still running; stop it with: gantry stop ${arns.map((arn) => arn.split('/').at(-1)).join(' ')}`);
    return 130;
  }
  for (const task of tasks) host.terminal.err(`${taskIdOf(task)} has stopped: ${stopText(task)}`);
  return Math.max(0, ...tasks.map(exitCodeOf));
}

async function runService(host: Host, api: Api, plan: RunPlan, options: RunOptions, taskDefinition: string) {
  const { cluster, family, count, launchType } = plan;
  const where = await network(api, plan);
  // With a fixed host port old and new cannot stand side by side on one instance.
  const rolling = plan.fixedHostPort ? { minimumHealthyPercent: 0, maximumPercent: 100 } : undefined;
  const common = {
    taskDefinition,
    desiredCount: count,
    enableExecuteCommand: plan.enableExecuteCommand,
    ...where,
    ...(rolling && { deploymentConfiguration: rolling }),
  };
  const there = (await findService(api, cluster, family))?.status === 'ACTIVE';
  if (there) await api.ecs('UpdateService', { cluster, service: family, ...common });
  else await api.ecs('CreateService', { cluster, serviceName: family, launchType, ...common });
  host.terminal.out(`service ${family} ${there ? 'updated' : 'created'} in cluster ${cluster}, ${count} wanted`);
  if (options.wait) {
    await waitForService(host, api, plan, options, taskDefinition);
    const tasks = await tasksOfService(api, cluster, family);
    const current = tasks.filter((t) => t.taskDefinitionArn === taskDefinition && t.lastStatus === 'RUNNING');
    await sayWhere(host, api, current);
  }
  if (!options.follow) return 0;
  const tasks = (): Promise<readonly Task[]> => tasksOfService(api, cluster, family);
  await new LogFollower(host, api, { timestamps: false, tasks }).follow(host.interruption(), false);
  return 130;
}

async function waitForService(host: Host, api: Api, plan: RunPlan, options: RunOptions, definition: string) {
  const giveUpAt = host.clock.now() + options.timeoutMs;
  for (;;) {
    const service = await findService(api, plan.cluster, plan.family);
    const primary = service?.deployments?.find((d) => d.status === 'PRIMARY');
    const running = primary?.runningCount ?? 0;
    if (primary?.taskDefinition === definition && running >= plan.count) return;
    if (primary?.rolloutState === 'FAILED') {
      throw new CliError(
        `the deployment of ${plan.family} failed: ${primary.rolloutStateReason ?? 'no reason was given'}.`,
        {
          wayOut: `gantry why ${plan.family} and gantry logs ${plan.family} tell more.`,
        },
      );
    }
    if (host.clock.now() >= giveUpAt) {
      throw await tooLate(api, plan, options, plan.family, `${running} of ${plan.count} tasks run`);
    }
    await host.clock.sleep(POLL_MS);
  }
}
