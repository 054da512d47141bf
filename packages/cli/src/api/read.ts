import type { Api, EcsInput, Service, Task, TaskDefinition } from './port.ts';

const DESCRIBE_AT_ONCE = 100;
const MOST_PAGES = 1_000;

/** Every task ARN of a listing, page after page. */
export async function listTaskArns(api: Api, input: EcsInput<'ListTasks'>): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await api.ecs('ListTasks', { ...input, ...(nextToken === undefined ? {} : { nextToken }) });
    arns.push(...(answer.taskArns ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  return arns;
}

/** All of the account and region. */
export async function listClusterArns(api: Api): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await api.ecs('ListClusters', {
      maxResults: 100,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    arns.push(...(answer.clusterArns ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  return arns;
}

export async function listServiceArns(api: Api, cluster: string): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await api.ecs('ListServices', {
      cluster,
      maxResults: 100,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    arns.push(...(answer.serviceArns ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  return arns;
}

/** In the order given; those that are gone are left out. */
export async function describeTasks(api: Api, cluster: string, arns: readonly string[]): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let i = 0; i < arns.length; i += DESCRIBE_AT_ONCE) {
    const answer = await api.ecs('DescribeTasks', { cluster, tasks: arns.slice(i, i + DESCRIBE_AT_ONCE) });
    tasks.push(...(answer.tasks ?? []));
  }
  return tasks;
}

/** ACTIVE or DRAINING; `undefined` when there is none of that name. */
export async function findService(api: Api, cluster: string, name: string): Promise<Service | undefined> {
  const { services } = await api.ecs('DescribeServices', { cluster, services: [name] });
  return services?.find((s) => s.status !== 'INACTIVE');
}

/** Reads each task definition once. */
export class Definitions {
  readonly #api: Api;
  readonly #known = new Map<string, Promise<TaskDefinition | undefined>>();

  constructor(api: Api) {
    this.#api = api;
  }

  of(task: Task): Promise<TaskDefinition | undefined> {
    const arn = task.taskDefinitionArn ?? '';
    let found = this.#known.get(arn);
    if (found === undefined) {
      found = this.#api
        .ecs('DescribeTaskDefinition', { taskDefinition: arn })
        .then((answer) => answer.taskDefinition)
        .catch(() => undefined); // deleted since: the task goes on without it
      this.#known.set(arn, found);
    }
    return found;
  }
}
