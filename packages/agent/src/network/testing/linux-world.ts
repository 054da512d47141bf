import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { randomBytes, randomUUID } from 'node:crypto';
import { epochMs, type Clock, type Ids } from '@gantry/domain';
import { whyNoDocker } from '../../engine/docker-world.ts';
import { DockerEngine } from '../../engine/docker.ts';
import type { ContainerSpec } from '../../engine/port.ts';
import { HELLO_IMAGE } from '../../images/ensure.ts';
import { runCommand } from '../command.ts';
import { type NetworkWorld } from '../contract.ts';
import { LinuxTaskNetwork, whyNoTaskNetwork } from '../linux.ts';
import { NETWORK_LABEL, type PauseEngine } from '../pause.ts';
import type { AttachRequest, NetworkLease } from '../port.ts';

const clock: Clock = {
  now: () => epochMs(Date.now()),
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};
export const ids: Ids = {
  hex32: () => randomBytes(16).toString('hex'),
  uuid: () => randomUUID(),
  digits19: () => '0'.repeat(19),
  random: () => 0.5,
};

// A bridge and subnets of this run's own: an agent at work on this machine, or another run, is not disturbed.
export const BRIDGE = `gantryt${process.pid % 10_000}`;
export const SECOND = 150 + (process.pid % 50);
export const WEB = { Image: HELLO_IMAGE, User: '65534:65534' };

export const skip = await why();

async function why(): Promise<string | false> {
  const missing = await whyNoTaskNetwork();
  if (missing === undefined) return whyNoDocker('Tests of the task network on Linux');
  const reason = `Tests of the task network on Linux NOT RUN: ${missing}`;
  console.error(`\n*** ${reason} ***\n`);
  return reason;
}

export function request(n: number, subnet = 91): AttachRequest {
  return {
    taskArn: `arn:aws:ecs:us-east-1:123456789012:task/default/${String(n).padStart(32, '0')}`,
    macAddress: `0a:00:00:00:${subnet.toString(16)}:0${n}`,
    ipv4Address: `10.${SECOND}.${subnet}.${n + 4}`,
    gatewayCidr: `10.${SECOND}.${subnet}.1/24`,
    hostname: `ip-10-${SECOND}-${subnet}-${n + 4}.ec2.internal`,
    dnsServers: ['192.0.2.53'],
  };
}

export interface World extends NetworkWorld {
  readonly network: LinuxTaskNetwork;
  readonly engine: DockerEngine;
  /** Runs a container in the lease's namespace. */
  readonly join: (lease: NetworkLease, spec: ContainerSpec) => Promise<string>;
}

interface WorldOptions {
  readonly poolSize?: number;
  readonly way?: 'unshare' | 'none';
  /** Changes what the network asks the engine to create. */
  readonly spoil?: (spec: ContainerSpec) => ContainerSpec;
  readonly onProblem?: (error: unknown) => void;
}

export function world(options: WorldOptions = {}): World {
  const engine = new DockerEngine();
  const { spoil, ...rest } = options;
  const asked = spoil === undefined ? engine : spoiled(engine, spoil);
  const open = (): LinuxTaskNetwork =>
    new LinuxTaskNetwork({
      engine: asked,
      clock,
      ids,
      bridge: BRIDGE,
      poolSize: 1,
      refillDelayMs: 0,
      onProblem: (error) => console.error(error),
      ...rest,
    });
  const network = open();
  const joined: string[] = [];
  return {
    network,
    engine,
    reopen: open,
    request,
    isUp: async (lease) => (await engine.inspectContainer(lease.pauseContainerId))?.status === 'running',
    kill: (lease) => engine.stopContainer(lease.pauseContainerId, { timeoutS: 0 }),
    join: async (lease, spec) => {
      const body = {
        Labels: { 'gantry.test': 'network' },
        ...spec,
        HostConfig: { NetworkMode: `container:${lease.pauseContainerId}` },
      };
      const { id } = await engine.createContainer(`gantry-test-net-${ids.hex32().slice(0, 8)}`, body);
      joined.push(id);
      await engine.startContainer(id);
      return id;
    },
    close: async () => {
      await Promise.all(joined.map((id) => engine.removeContainer(id)));
      await network.close();
      const last = open();
      await last.teardown();
      const left = await engine.listContainers(`${NETWORK_LABEL}=${BRIDGE}`);
      await engine.close();
      assert.deepEqual(left, [], 'pause containers left');
      await nothingLeft();
    },
  };
}

function spoiled(engine: DockerEngine, spoil: (spec: ContainerSpec) => ContainerSpec): PauseEngine {
  return {
    createContainer: (name, spec) => engine.createContainer(name, spoil(spec)),
    startContainer: (id) => engine.startContainer(id),
    removeContainer: (id) => engine.removeContainer(id),
    inspectContainer: (id) => engine.inspectContainer(id),
    listContainers: (label) => engine.listContainers(label),
    renameContainer: (id, name) => engine.renameContainer(id, name),
    containerFiles: (id) => engine.containerFiles(id),
  };
}

/** No device, chain or namespace of ours remains; the kernel takes a moment to end a namespace. */
async function nothingLeft(): Promise<void> {
  assert.ok(!(await readdir('/sys/class/net')).includes(BRIDGE), 'bridge left');
  assert.doesNotMatch(await runCommand('iptables-save', []), new RegExp(BRIDGE));
}

export async function answer(address: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await (await fetch(`http://${address}/`, { signal: AbortSignal.timeout(2_000) })).text();
    } catch (error) {
      if (tries === 40) throw error;
      await wait(25);
    }
  }
}

export async function output({ engine }: World, id: string): Promise<string> {
  const lines: string[] = [];
  const { signal } = new AbortController();
  for await (const line of engine.logs(id, { signal })) lines.push(line.text);
  return lines.join('\n');
}

export async function inWorld(run: (here: World) => Promise<void>, options?: WorldOptions): Promise<void> {
  const here = world(options);
  try {
    await run(here);
  } finally {
    await here.close();
  }
}
