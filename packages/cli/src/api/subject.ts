import { parseArn } from '@gantry/domain';
import { CliError } from '../errors.ts';
import { taskIdOf } from '../run/reach.ts';
import type { Api, Service, Task } from './port.ts';
import { describeTasks, findService, listTaskArns } from './read.ts';

/** What a user meant by TASK|SERVICE. */
export type Subject =
  | { readonly kind: 'service'; readonly cluster: string; readonly service: Service }
  /** One task, or all of a family; running ones first, newest first. Never empty. */
  | { readonly kind: 'tasks'; readonly cluster: string; readonly tasks: readonly Task[] };

/**
 * A task by ARN, id or the first characters of its id; a service by ARN or name; or the tasks of a family.
 * @throws CliError when nothing, or more than one task, is meant
 */
export async function findSubject(api: Api, cluster: string, text: string): Promise<Subject> {
  const resource = parseArn(text)?.resource.split('/');
  if (resource?.[0] === 'task' && resource.length === 3) return oneTask(api, resource[1] ?? cluster, resource[2] ?? '');
  if (resource?.[0] === 'service') {
    return aService(api, resource.length === 3 ? (resource[1] ?? cluster) : cluster, resource.at(-1) ?? '');
  }
  if (/^[0-9a-f]{32}$/.test(text)) return oneTask(api, cluster, text);
  const service = await findService(api, cluster, text);
  if (service !== undefined) return { kind: 'service', cluster, service };
  const tasks = (await byPrefix(api, cluster, text)) ?? (await byFamily(api, cluster, text));
  if (tasks !== undefined) return { kind: 'tasks', cluster, tasks };
  throw nothing(text, cluster);
}

const nothing = (text: string, cluster: string): CliError =>
  new CliError(`there is no task or service '${text}' in cluster ${cluster}.`, {
    wayOut: 'gantry ps --all lists them; --cluster names another cluster.',
  });

async function oneTask(api: Api, cluster: string, id: string): Promise<Subject> {
  const tasks = await describeTasks(api, cluster, [id]);
  if (tasks.length === 0) throw nothing(id, cluster);
  return { kind: 'tasks', cluster, tasks };
}

async function aService(api: Api, cluster: string, name: string): Promise<Subject> {
  const service = await findService(api, cluster, name);
  if (service === undefined) throw nothing(name, cluster);
  return { kind: 'service', cluster, service };
}

async function byPrefix(api: Api, cluster: string, text: string): Promise<readonly Task[] | undefined> {
  if (!/^[0-9a-f]{4,31}$/.test(text)) return undefined;
  const arns = await allTaskArns(api, cluster, {});
  const meant = arns.filter((arn) => arn.slice(arn.lastIndexOf('/') + 1).startsWith(text));
  if (meant.length > 1) {
    throw new CliError(`'${text}' begins the ids of ${meant.length} tasks.`, {
      wayOut: 'Give more of its characters.',
    });
  }
  return meant.length === 0 ? undefined : describeTasks(api, cluster, meant);
}

async function byFamily(api: Api, cluster: string, family: string): Promise<readonly Task[] | undefined> {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(family)) return undefined;
  const arns = await allTaskArns(api, cluster, { family });
  const tasks = await describeTasks(api, cluster, arns);
  return tasks.length === 0 ? undefined : newestFirst(tasks);
}

/** Tasks of a service, of every deployment, stopped ones too. */
export async function tasksOfService(api: Api, cluster: string, serviceName: string): Promise<readonly Task[]> {
  return newestFirst(await describeTasks(api, cluster, await allTaskArns(api, cluster, { serviceName })));
}

async function allTaskArns(
  api: Api,
  cluster: string,
  filter: { readonly family?: string; readonly serviceName?: string },
): Promise<readonly string[]> {
  const running = await listTaskArns(api, { cluster, ...filter, desiredStatus: 'RUNNING' });
  const stopped = await listTaskArns(api, { cluster, ...filter, desiredStatus: 'STOPPED' });
  return [...new Set([...running, ...stopped])];
}

/** Running ones first, then by age. */
export function newestFirst(tasks: readonly Task[]): readonly Task[] {
  const rank = (task: Task): number => (task.lastStatus === 'STOPPED' ? 1 : 0);
  const born = (task: Task): number => task.createdAt?.getTime() ?? 0;
  return [...tasks].sort((a, b) => rank(a) - rank(b) || born(b) - born(a) || (taskIdOf(a) < taskIdOf(b) ? -1 : 1));
}
