import type { Api } from '../api/port.ts';
import type { EndpointFile } from '../credentials.ts';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { pathsIn, type Paths } from '../paths.ts';
import { endpointOf, type UpSettings } from '../settings.ts';
import { banner } from './banner.ts';
import { startEngine } from './engine.ts';
import { gatherFacts } from './facts.ts';
import { install } from './install.ts';
import { claimNetwork, releaseNetwork } from './network.ts';
import { planUp } from './plan.ts';
import { prepareDataDir } from './preflight.ts';
import {
  administrator,
  ensureAgent,
  ensureControlPlane,
  isHealthy,
  stopProcesses,
  whereOf,
  type UpContext,
} from './start.ts';
import { writeProfile } from './write-profile.ts';
import { findProcess } from '../process/records.ts';
import { parseEndpoint } from '../credentials.ts';
import { watchProcesses } from './watch.ts';

export interface UpOptions {
  readonly settings: UpSettings;
  readonly yes: boolean;
  readonly install: boolean;
  readonly detach: boolean;
  readonly writeProfile: boolean;
  readonly verbose: boolean;
  /** How the user calls us, for the hints. */
  readonly command: string;
  readonly dataDirFlag: string;
  readonly connect: (where: EndpointFile) => Promise<Api>;
}

/**
 * Installs what is missing, starts what does not run, waits until tasks can be placed, and says how to use it.
 * Doing it again changes nothing. In the foreground it then shows the logs until it is interrupted.
 */
export async function up(host: Host, options: UpOptions): Promise<void> {
  const { settings } = options;
  const paths = pathsIn(settings.dataDir);
  await prepareDataDir(host, paths);
  await refuseAnotherPort(host, paths, settings);
  await ensureEngine(host, paths, options);
  const signal = options.detach ? new AbortController().signal : host.interruption();
  const network = await claimNetwork(host, paths.dataDir, settings.subnet);
  const context: UpContext = { host, paths, settings, network, signal, connect: options.connect };
  const already = await ensureAll(context);
  await sayHow(host, paths, options, already);
  if (options.detach || already) return;
  await watchProcesses(context, options.verbose);
}

/** @returns whether everything ran before */
async function ensureAll(context: UpContext): Promise<boolean> {
  const { host, paths, settings } = context;
  const ranBefore = (await findProcess(host, paths, 'control-plane')) !== undefined;
  try {
    const startedControlPlane = await ensureControlPlane(context);
    const startedAgent = await ensureAgent(context);
    return !startedControlPlane && !startedAgent;
  } catch (error) {
    // What this call began, it takes back; a control plane that served before goes on serving.
    if (!ranBefore || !(await isHealthy(host, whereOf(settings, paths)))) await stopProcesses(host, paths);
    // Without an agent's configuration there was no agent, and there are no tasks that need the network.
    if ((await host.readFile(paths.agentConfig)) === undefined) await releaseNetwork(host, paths.dataDir);
    throw error;
  }
}

/** One data directory has one control plane: it cannot be moved while it runs. */
async function refuseAnotherPort(host: Host, paths: Paths, settings: UpSettings): Promise<void> {
  if ((await findProcess(host, paths, 'control-plane')) === undefined) return;
  const where = parseEndpoint(await host.readFile(paths.endpoint));
  if (where === undefined || where.endpoint === endpointOf(settings)) return;
  throw new CliError(`Gantry already runs for ${paths.dataDir}, at ${where.endpoint}.`, {
    wayOut: 'Use that one, stop it first (gantry down), or give this one a --data-dir of its own.',
  });
}

async function ensureEngine(host: Host, paths: Paths, options: UpOptions): Promise<void> {
  const facts = await gatherFacts(host);
  const plan = planUp(facts, { install: options.install });
  if (plan.refusal !== undefined) throw new CliError(plan.refusal.message, { wayOut: plan.refusal.wayOut });
  for (const warning of plan.warnings) host.terminal.err(`warning: ${warning}`);
  await install(host, plan, { yes: options.yes });
  if (plan.engine === 'answers') return;
  host.terminal.err('Starting the Docker Engine ...');
  const fresh = plan.packages.some((p) => p.name === 'docker.io');
  await startEngine(host, paths, { how: plan.engine, sudo: plan.sudo, fresh });
}

async function sayHow(host: Host, paths: Paths, options: UpOptions, already: boolean): Promise<void> {
  const where = whereOf(options.settings, paths);
  const keys = await administrator(host, paths);
  let profile = false;
  if (options.writeProfile) {
    profile = (await writeProfile(host, where, keys)) === 'written';
    if (!profile) {
      host.terminal.err(
        'warning: an AWS profile named gantry is there already and is not ours: it was left as it was.',
      );
    }
  }
  const { command, dataDirFlag } = options;
  for (const line of banner({ where, keys, dataDir: paths.dataDir, profile, already, command, dataDirFlag })) {
    host.terminal.out(line);
  }
}
