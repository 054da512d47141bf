import type { TaskCgroups } from '../cgroup/port.ts';
import { EngineError, type ContainerState } from '../engine/port.ts';
import type { SharedDirectories } from '../filesystems/port.ts';
import type { RouterFiles } from '../firelens/port.ts';
import { OWNER_LABEL, TASK_ARN_LABEL } from '../supervisor/naming.ts';
import { messageOf } from '../supervisor/perform.ts';
import { shipRest, type ShippingPorts } from './unshipped.ts';

export interface TeardownPorts extends ShippingPorts {
  readonly cgroups: TaskCgroups;
  /** Of each instance: file systems of its tasks. */
  readonly directories: readonly Pick<SharedDirectories, 'prepared' | 'release'>[];
  readonly routerFiles: Pick<RouterFiles, 'removeAll'>;
  /** `undefined`: this host never had one. */
  readonly network: { readonly bridge: string; teardown(): Promise<void> } | undefined;
}

/** One instance, as its checkpoint knows it. */
export interface Remains {
  readonly name: string;
  readonly documents: ReadonlyMap<string, unknown>;
}

export interface TornDown {
  /** Containers of tasks; those that hold addresses are part of the network. */
  readonly containers: number;
  readonly volumes: number;
  /** The bridge that was removed, with its rules and addresses. */
  readonly network: string | undefined;
  /** Why something is still there, a sentence each. Empty: nothing is. */
  readonly problems: readonly string[];
}

/** Calls to the engine at a time. */
const WIDTH = 8;
const TRIES = 3;
const RETRY_MS = 1_000;
/** As many are named; the rest is counted. */
const MOST_NAMED = 3;

/**
 * Removes everything the instances of a stopped agent have on this host: containers, volumes and cgroups of their
 * tasks, and the task network. Nothing is removed while a container of theirs runs, and no container before what it
 * wrote was shipped, unless `force` says so. Again is harmless. Never rejects: what went wrong is in `problems`.
 */
export async function tearDown(
  ports: TeardownPorts,
  instances: readonly Remains[],
  options: { readonly force: boolean },
): Promise<TornDown> {
  const left = new Leftovers(ports);
  try {
    const found = await Promise.all(instances.map((instance) => contentsOf(ports, instance)));
    const running = found.flatMap(({ containers }) => containers.filter(isRunning));
    if (running.length > 0 && !options.force) return left.refuse(`${some(running)} still run; nothing was removed.`);
    for (const contents of found) await left.removeContents(contents, options.force);
  } catch (error) {
    const engine = error instanceof EngineError ? 'the container engine does not answer: ' : '';
    return left.refuse(`${engine}${messageOf(error)}`);
  }
  await left.attempt('what log routers had', () => ports.routerFiles.removeAll());
  for (const mounts of ports.directories) {
    await left.attempt('a file system of tasks', async () => {
      for (const taskId of await mounts.prepared()) await mounts.release(taskId);
    });
  }
  await left.removeNetwork();
  await left.attempt('the cgroup of all tasks', () => ports.cgroups.prune());
  return left.result();
}

interface Contents {
  readonly documents: ReadonlyMap<string, unknown>;
  readonly containers: readonly ContainerState[];
  readonly volumes: readonly string[];
  readonly taskIds: readonly string[];
}

async function contentsOf({ engine }: TeardownPorts, { documents }: Remains): Promise<Contents> {
  const { agentId } = (documents.get('agent') ?? {}) as { readonly agentId?: string };
  // Without one nothing was ever made in its name.
  const label = `${OWNER_LABEL}=${agentId}`;
  const [containers, volumes] =
    agentId === undefined ? [[], []] : await Promise.all([engine.listContainers(label), engine.listVolumes(label)]);
  const arns = [
    ...containers.map(({ labels }) => labels[TASK_ARN_LABEL] ?? ''),
    ...[...documents.keys()].filter((key) => key.startsWith('task/')),
  ];
  const ids = arns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)).filter((id) => id !== '');
  return { documents, containers, volumes, taskIds: [...new Set(ids)] };
}

const isRunning = ({ status }: ContainerState): boolean =>
  status === 'running' || status === 'paused' || status === 'restarting';

function some(containers: readonly ContainerState[]): string {
  const names = containers.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = containers.length > MOST_NAMED ? ', ...' : '';
  return `${containers.length} containers of tasks (${names.join(', ')}${more})`;
}

/** Removes one thing after the other, and counts. */
class Leftovers {
  readonly #ports: TeardownPorts;
  readonly #problems: string[] = [];
  #containers = 0;
  #volumes = 0;
  #network: string | undefined;

  constructor(ports: TeardownPorts) {
    this.#ports = ports;
  }

  result(): TornDown {
    const problems = this.#problems;
    return { containers: this.#containers, volumes: this.#volumes, network: this.#network, problems };
  }

  refuse(problem: string): TornDown {
    this.#problems.push(problem);
    return this.result();
  }

  async removeContents(contents: Contents, force: boolean): Promise<void> {
    const { engine, cgroups } = this.#ports;
    const late = force ? new Set<string>() : await shipRest(this.#ports, contents.documents);
    await each(contents.containers, async ({ id, name }) => {
      if (late.has(id)) {
        this.#problems.push(`container ${name} was kept: the control plane did not take all that it wrote.`);
      } else if (await this.attempt(`container ${name}`, () => engine.removeContainer(id))) this.#containers += 1;
    });
    await each(contents.volumes, async (name) => {
      if (await this.attempt(`volume ${name}`, () => engine.removeVolume(name))) this.#volumes += 1;
    });
    await each(contents.taskIds, async (id) => {
      await this.attempt(`the cgroup of task ${id}`, () => cgroups.remove(id));
    });
  }

  async removeNetwork(): Promise<void> {
    const { network } = this.#ports;
    if (network === undefined) return;
    if (await this.attempt(`the task network ${network.bridge}`, () => network.teardown())) {
      this.#network = network.bridge;
    }
  }

  async attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        await work();
        return true;
      } catch (error) {
        if (tries >= TRIES) {
          this.#problems.push(`${what} could not be removed: ${messageOf(error)}`);
          return false;
        }
        await this.#ports.clock.sleep(RETRY_MS);
      }
    }
  }
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
