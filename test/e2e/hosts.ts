import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient, type EcsOperations } from '@gantry/protocol';
import { keysIn, startPlaneBy, type LonePlane } from './control-plane.ts';
import { Switch } from './host-switch.ts';
import { TestHost, type HostConfig } from './test-host.ts';
import { has, until } from './world.ts';

export type { TestHost } from './test-host.ts';

/** `false`: this machine can be several hosts; else why not. */
export const noHosts =
  process.getuid?.() !== 0
    ? 'SKIPPED: several hosts on one machine need root'
    : ['dockerd', 'docker', 'nft', 'iptables'].every(has)
      ? false
      : 'SKIPPED: dockerd, docker, nft or iptables is not on this machine';

/**
 * Several hosts on one machine: each a network namespace with an engine and an agent of its own, on one switch with a control plane. The
 * test's process is on the switch, too, and reaches hosts and API by address.
 */
export interface Hosts {
  readonly plane: LonePlane;
  readonly ecs: AwsClient<EcsOperations>;
  readonly hosts: readonly TestHost[];
  /** All their files are in it. */
  readonly folder: string;
  /** Typed clients of the other services. */
  client<Ops extends Record<keyof Ops, { input: unknown; output: unknown }>>(
    service: ConstructorParameters<typeof AwsClient>[0]['service'],
  ): AwsClient<Ops>;
  /** Ends it, and removes every trace of it. */
  down(): Promise<void>;
}

export interface HostsOptions {
  readonly count?: number;
  /** Flags of the control plane. */
  readonly flags?: readonly string[];
  /** More of each agent's configuration; `address` is its host's. */
  readonly agent?: HostConfig;
}

export async function startHosts(options: HostsOptions = {}): Promise<Hosts> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-hosts-'));
  const network = new Switch(process.pid);
  const hosts: TestHost[] = [];
  let plane: LonePlane | undefined;
  const down = async (): Promise<void> => {
    const problems = await Promise.allSettled(hosts.map((host) => host.down()));
    await plane?.end();
    await network.down();
    rmSync(folder, { recursive: true, force: true });
    const failed = problems.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  try {
    await network.up();
    const names = ['a', 'b', 'c', 'd'].slice(0, options.count ?? 2);
    for (const [index, name] of names.entries()) {
      const address = `${network.subnet}.${index + 1}`;
      hosts.push(new TestHost({ name, address, folder: join(folder, name), network, more: options.agent }));
    }
    const data = join(folder, 'plane');
    const starting = startPlaneBy(network.enter, data, '--host', network.plane, ...(options.flags ?? []));
    // All of them, before anything is given up: what is still starting cannot be removed.
    const ups = await Promise.allSettled(hosts.map((host) => host.up()));
    plane = await starting;
    for (const up of ups) if (up.status === 'rejected') throw up.reason;
    if (plane.endpoint === '') throw new Error(`the control plane did not start: ${plane.errors()}`);
    const { endpoint } = plane;
    for (const host of hosts) await host.startAgent(endpoint, join(data, 'credentials.json'));
    const credentials = keysIn(data, 'administrator');
    const client: Hosts['client'] = (service) => new AwsClient({ service, endpoint, region: 'us-east-1', credentials });
    const ecs = client<EcsOperations>('ecs');
    await until('all hosts are registered', async () => {
      const { containerInstanceArns = [] } = await ecs.call('ListContainerInstances', {});
      if (containerInstanceArns.length < hosts.length) return false;
      const { containerInstances = [] } = await ecs.call('DescribeContainerInstances', {
        containerInstances: containerInstanceArns,
      });
      return containerInstances.filter(({ agentConnected }) => agentConnected).length === hosts.length;
    });
    return { plane, ecs, hosts, folder, client, down };
  } catch (error) {
    for (const host of hosts) console.error(host.logs());
    await down().catch((left: unknown) => console.error(left));
    throw error;
  }
}
