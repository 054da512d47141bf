import { parseAdministrator, type EndpointFile } from '../credentials.ts';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import type { Api } from '../api/port.ts';
import type { Paths, ProcessName } from '../paths.ts';
import { findProcess, logTail, startProcess, stopProcess } from '../process/records.ts';
import { renderLogLine } from '../process/log-line.ts';
import { endpointOf, type UpSettings } from '../settings.ts';
import type { NetworkChoice } from './network.ts';
import { caFileOf } from './tls.ts';
import { agentArguments, agentConfig, controlPlaneArguments } from './config.ts';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;
/**
 * glibc keeps a heap per thread, and little of it is given back: two are enough, and a busy day leaves less behind. Its
 * thresholds grow with what is asked for unless they are set; then what a start needed once is kept for ever.
 */
const SMALL_HEAPS = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** What the steps of `up` share. */
export interface UpContext {
  readonly host: Host;
  readonly paths: Paths;
  readonly settings: UpSettings;
  readonly signal: AbortSignal;
  readonly network: NetworkChoice;
  readonly connect: (where: EndpointFile) => Promise<Api>;
}

export function whereOf(settings: UpSettings, paths: Paths): EndpointFile {
  const { region, fargate } = settings;
  const caFile = caFileOf(settings, paths);
  return { endpoint: endpointOf(settings), region, fargate, ...(caFile === undefined ? {} : { caFile }) };
}

export async function isHealthy(host: Host, { endpoint, caFile }: EndpointFile): Promise<boolean> {
  const ca = caFile === undefined ? undefined : await host.readFile(caFile);
  return (await host.get(`${endpoint}/_gantry/health`, 1_000, ca))?.status === 200;
}

/** Starts the control plane unless it runs, and waits until it answers. @returns whether it was started */
export async function ensureControlPlane(up: UpContext): Promise<boolean> {
  const { host, paths, settings } = up;
  const where = whereOf(settings, paths);
  const running = (await findProcess(host, paths, 'control-plane')) !== undefined;
  if (!running) {
    if (!(await host.portFree(settings.address, settings.port))) {
      throw new CliError(`port ${settings.port} on ${settings.address} is taken by another process.`, {
        wayOut: `Choose another with --port, or find its owner: ss -ltnp 'sport = :${settings.port}'`,
      });
    }
    const args = controlPlaneArguments(host.facts.root, settings, up.network);
    await startProcess(host, paths, { name: 'control-plane', command: host.facts.nodePath, args, env: SMALL_HEAPS });
  }
  await waitWhileAlive(up, 'control-plane', 'did not answer', () => isHealthy(host, where));
  await host.writeFile(paths.endpoint, `${JSON.stringify(where)}\n`, 0o644);
  return !running;
}

/** Starts the agent unless it runs, and waits until its instances are connected. @returns whether it was started */
export async function ensureAgent(up: UpContext): Promise<boolean> {
  const { host, paths, settings } = up;
  const running = (await findProcess(host, paths, 'agent')) !== undefined;
  if (!running) {
    const { cpuCount, memoryMiB, engineSocket } = host.facts;
    const config = agentConfig(settings, paths, { cpuCount, memoryMiB, engineSocket }, up.network);
    await host.writeFile(paths.agentConfig, `${JSON.stringify(config, null, 2)}\n`, 0o600);
    const args = agentArguments(host.facts.root, paths);
    await startProcess(host, paths, { name: 'agent', command: host.facts.nodePath, args, env: SMALL_HEAPS });
  }
  const api = await up.connect(whereOf(settings, paths));
  const wanted = settings.fargate ? ['ec2', 'fargate'] : ['ec2'];
  await waitWhileAlive(up, 'agent', 'did not register its instances', async () => {
    const { instances } = await api.gantry('Status', {});
    return wanted.every((pool) => instances.some((i) => i.pool === pool && i.agentConnected && i.status === 'ACTIVE'));
  });
  return !running;
}

async function waitWhileAlive(
  up: UpContext,
  name: ProcessName,
  failure: string,
  ready: () => Promise<boolean>,
): Promise<void> {
  const { host, paths } = up;
  const giveUpAt = host.clock.now() + DEADLINE_MS;
  const wayOut = `Its whole log: ${paths.log(name)}. gantry doctor looks for the usual causes.`;
  let last: unknown;
  for (;;) {
    try {
      if (await ready()) return;
    } catch (error) {
      last = error; // it may be too early to ask
    }
    if (up.signal.aborted) throw new CliError('interrupted.', { exitCode: 130 });
    const details = async (): Promise<readonly string[]> => (await logTail(host, paths, name, 15)).map(renderLogLine);
    if ((await findProcess(host, paths, name)) === undefined) {
      const lines = await details();
      await host.removeFile(paths.pid(name));
      throw new CliError(`the ${name} ended at its start.`, { details: lines, wayOut });
    }
    if (host.clock.now() >= giveUpAt) {
      throw new CliError(`the ${name} ${failure} within ${DEADLINE_MS / 1_000} s.`, {
        details: await details(),
        wayOut,
        cause: last,
      });
    }
    await host.clock.sleep(POLL_MS, up.signal);
  }
}

/** Removing the namespaces kept ready may take a busy engine a while; killed, the agent leaves them. */
const AGENT_GRACE_MS = 30_000;
const CONTROL_PLANE_GRACE_MS = 10_000;
const BALANCER_GRACE_MS = 5_000;

/** Tasks keep running. @returns whether it ran */
export const stopAgent = (host: Host, paths: Paths): Promise<boolean> =>
  stopProcess(host, paths, 'agent', AGENT_GRACE_MS);

export const stopControlPlane = (host: Host, paths: Paths): Promise<boolean> =>
  stopProcess(host, paths, 'control-plane', CONTROL_PLANE_GRACE_MS);

/** The control plane starts it with the first listener, and again if it ends: stop that first. */
export const stopBalancers = (host: Host, paths: Paths): Promise<boolean> =>
  stopProcess(host, paths, 'haproxy', BALANCER_GRACE_MS);

/** Agent first: it hands in its last reports. Tasks keep running. */
export async function stopProcesses(host: Host, paths: Paths): Promise<void> {
  await stopAgent(host, paths);
  await stopControlPlane(host, paths);
  await stopBalancers(host, paths);
}

/** The administrator's key, which the control plane made at its first start. */
export async function administrator(host: Host, paths: Paths) {
  const keys = parseAdministrator(await host.readFile(paths.credentials));
  if (keys !== undefined) return keys;
  throw new CliError(`${paths.credentials} holds no administrator key.`, {
    wayOut: 'Is this the data directory Gantry was started with, and may this user read it?',
  });
}
