import type { Api, Task } from '../api/port.ts';
import { parseAdministrator, parseEndpoint, type EndpointFile, type KeyPair } from '../credentials.ts';
import { describeTasks, listClusterArns, listServiceArns, listTaskArns } from '../api/read.ts';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { pathsIn, type Paths } from '../paths.ts';
import { findProcess } from '../process/records.ts';
import { taskIdOf } from '../run/reach.ts';
import { stopEngine } from '../up/engine.ts';
import { stopAgent, stopBalancers, stopControlPlane } from '../up/start.ts';
import { mayPurge, purge } from './purge.ts';
import { untilStopped } from './stop.ts';
import { tearDown } from './teardown.ts';

export interface DownOptions {
  readonly dataDir: string;
  /** Stop every task and delete every service first, and leave nothing of them on this host. */
  readonly tasks: boolean;
  /** With `tasks`: remove containers as they are, without asking the control plane. */
  readonly force: boolean;
  /** With `tasks`: remove the data directory, too; `yes`: without asking. */
  readonly purge: false | { readonly yes: boolean };
  /** Stop the engine, too, if `up` started it. */
  readonly engine: boolean;
  readonly timeoutMs: number;
  connect(where: EndpointFile, keys: KeyPair): Promise<Api>;
}

/** Stops what `up` started. Running tasks stay unless told otherwise, and are found again by the next `up`. */
export async function down(host: Host, options: DownOptions): Promise<number> {
  const paths = pathsIn(options.dataDir);
  if (options.purge) await mayPurge(host, paths, { yes: options.purge.yes, engine: options.engine });
  if (options.tasks && !options.force) await stopEverything(host, paths, options);
  const stopped: string[] = [];
  if (await stopAgent(host, paths)) stopped.push('agent');
  try {
    // The control plane still takes the last lines that ended containers wrote.
    const removed = options.tasks ? await tearDown(host, paths, options) : undefined;
    if (removed !== undefined) host.terminal.out(removed);
  } finally {
    if (await stopControlPlane(host, paths)) stopped.push('control-plane');
    if (await stopBalancers(host, paths)) stopped.push('haproxy');
    await host.removeFile(paths.endpoint);
  }
  if (options.engine && (await stopEngine(host, paths))) stopped.push('dockerd');
  const engineLeft = !options.engine && (await findProcess(host, paths, 'dockerd')) !== undefined;
  if (stopped.length === 0) host.terminal.out(`Nothing of Gantry ran for ${options.dataDir}.`);
  else host.terminal.out(`Stopped: ${stopped.join(', ')}.${tasksText(options, stopped)}`);
  if (options.purge) host.terminal.out(await purge(host, paths));
  if (engineLeft)
    host.terminal.out('The Docker Engine that gantry up started still runs; gantry down --engine stops it.');
  return 0;
}

function tasksText(options: DownOptions, stopped: readonly string[]): string {
  if (options.tasks) return '';
  return stopped.includes('dockerd') ? ' Its containers ended with the engine.' : ' Running tasks stay.';
}

async function stopEverything(host: Host, paths: Paths, options: DownOptions): Promise<void> {
  const where = parseEndpoint(await host.readFile(paths.endpoint));
  const keys = parseAdministrator(await host.readFile(paths.credentials));
  if (where === undefined || keys === undefined) return; // never up, or down before: the teardown looks whether tasks run
  for (const name of ['control-plane', 'agent'] as const) {
    if ((await findProcess(host, paths, name)) !== undefined) continue;
    throw new CliError(`the ${name} does not run, so tasks cannot be stopped.`, {
      wayOut:
        'Start it again (gantry up --detach), then gantry down --tasks. With --force they are removed as they are.',
    });
  }
  const home = await options.connect(where, keys);
  const { account, worlds = [] } = await home.gantry('Status', {});
  const elsewhere = worlds.filter((world) => world.account !== account || world.region !== where.region);
  for (const cluster of await listClusterArns(home)) await stopCluster(host, home, cluster, options.timeoutMs);
  for (const world of elsewhere) {
    host.terminal.out(`account ${world.account}, region ${world.region}:`);
    // Another account is there with --insecure-any-key alone: its number is its key.
    const key = world.account === account ? keys : { accessKeyId: world.account, secretAccessKey: 'any' };
    const api = await options.connect({ ...where, region: world.region }, key);
    for (const cluster of await listClusterArns(api)) await stopCluster(host, api, cluster, options.timeoutMs);
  }
}

async function stopCluster(host: Host, api: Api, cluster: string, timeoutMs: number): Promise<void> {
  const name = cluster.slice(cluster.lastIndexOf('/') + 1);
  for (const service of await listServiceArns(api, cluster)) {
    await api.ecs('DeleteService', { cluster, service, force: true });
    host.terminal.out(`deleting service ${service.slice(service.lastIndexOf('/') + 1)} in ${name}`);
  }
  const tasks = await allTasks(api, cluster);
  const living = tasks.filter((task) => task.lastStatus !== 'STOPPED');
  for (const task of living.filter((t) => t.desiredStatus !== 'STOPPED')) {
    await api.ecs('StopTask', { cluster, task: task.taskArn ?? '', reason: 'gantry down --tasks' });
  }
  if (living.length > 0) host.terminal.out(`stopping ${living.length} tasks in ${name}`);
  await untilStopped(host, api, cluster, living, timeoutMs);
  await untilEngineHasNone(host, new Set(tasks.map(taskIdOf)), timeoutMs);
}

async function allTasks(api: Api, cluster: string): Promise<readonly Task[]> {
  const running = await listTaskArns(api, { cluster, desiredStatus: 'RUNNING' });
  const stopped = await listTaskArns(api, { cluster, desiredStatus: 'STOPPED' });
  return describeTasks(api, cluster, [...new Set([...running, ...stopped])]);
}

const TASK_ARN_LABEL = 'com.amazonaws.ecs.task-arn';

/** The report that a task stopped comes a moment before its network and last containers are gone. */
async function untilEngineHasNone(host: Host, ids: ReadonlySet<string>, timeoutMs: number): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [TASK_ARN_LABEL] }));
  const giveUpAt = host.clock.now() + timeoutMs;
  for (;;) {
    const answer = await host.engineGet(`/containers/json?filters=${filters}`);
    if (answer?.status !== 200) return; // no engine, no containers
    const containers = JSON.parse(answer.body) as { Labels?: Record<string, string> }[];
    const ours = containers.filter((c) => ids.has((c.Labels?.[TASK_ARN_LABEL] ?? '').split('/').at(-1) ?? ''));
    if (ours.length === 0) return;
    if (host.clock.now() >= giveUpAt) {
      throw new CliError(`${ours.length} containers of stopped tasks still run in the engine.`, {
        wayOut: `docker ps --filter label=${TASK_ARN_LABEL} lists them.`,
      });
    }
    await host.clock.sleep(100);
  }
}
