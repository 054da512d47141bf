import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import type { Paths } from '../paths.ts';
import { agentArguments } from '../up/config.ts';
import { isNetworkOfAnother, releaseNetwork } from '../up/network.ts';

/** Longer than the agent needs for a host full of containers. */
const DEADLINE_MS = 300_000;

/** What the agent's teardown tells, a line of JSON. */
interface TornDown {
  readonly containers: number;
  readonly volumes: number;
  readonly network?: string | undefined;
  readonly problems: readonly string[];
}

/**
 * Has the agent, which must have ended, remove what its tasks left on the host, and gives up the claim to the task
 * network. @returns a sentence about it; `undefined`: nothing ever started here
 */
export async function tearDown(
  host: Host,
  paths: Paths,
  options: { readonly force: boolean },
): Promise<string | undefined> {
  if ((await host.readFile(paths.agentConfig)) === undefined) return undefined;
  const flags = [
    ...(options.force ? ['--force'] : []),
    ...((await isNetworkOfAnother(host, paths.dataDir)) ? ['--keep-network'] : []),
  ];
  const args = [...agentArguments(host.facts.root, paths), '--teardown', ...flags];
  const { code, stdout, stderr } = await host.run(host.facts.nodePath, args, { timeoutMs: DEADLINE_MS });
  const told = parseTornDown(stdout);
  if (told === undefined || code !== 0 || told.problems.length > 0) {
    throw new CliError('not all that the tasks left on this host could be removed.', {
      details: told?.problems ?? stderr.split('\n').filter((line) => line !== ''),
      wayOut: 'Start it again (gantry up --detach), then gantry down --tasks. With --force all of it goes, as it is.',
    });
  }
  // In this order: from the release on the network may be another's, and a second teardown must not touch it.
  await host.removeFile(paths.agentConfig);
  await releaseNetwork(host, paths.dataDir);
  const { containers, volumes, network } = told;
  const parts = [
    ...(containers > 0 ? [`${containers} ${containers === 1 ? 'container' : 'containers'}`] : []),
    ...(volumes > 0 ? [`${volumes} ${volumes === 1 ? 'volume' : 'volumes'}`] : []),
    ...(network === undefined ? [] : [`the task network ${network}`]),
  ];
  return parts.length === 0 ? 'Of its tasks nothing was left.' : `Removed: ${parts.join(', ')}.`;
}

function parseTornDown(text: string): TornDown | undefined {
  try {
    const value = JSON.parse(text) as Partial<TornDown>;
    const { containers = 0, volumes = 0, network, problems } = value;
    return Array.isArray(problems) ? { containers, volumes, network, problems } : undefined;
  } catch {
    return undefined;
  }
}
