import type { ContainerSpec, Engine } from '../engine/port.ts';

export type SandboxEngine = Pick<
  Engine,
  'createContainer' | 'startContainer' | 'inspectContainer' | 'removeContainer' | 'listContainers'
>;

export interface SandboxOptions {
  readonly engine: SandboxEngine;
  /** Whose they are: two agents on a host have two bridges. */
  readonly bridge: string;
  /** It waits for ever. */
  readonly image: string;
}

export interface SandboxRequest {
  readonly pauseContainerId: string;
  readonly runtime: string | undefined;
  /** The task's: its limits are the sandbox's, for what its containers use is used there. */
  readonly cgroupParent: string | undefined;
  /** Of the sandbox on the host: what runs in it are threads of the root. */
  readonly mostProcesses: number | undefined;
}

/** Label of every sandbox's root; the value is the bridge's name. */
export const SANDBOX_LABEL = 'gantry.sandbox';

/**
 * The roots of the sandboxes that tasks of several containers share: containers that wait, in the task's network. A
 * sandbox takes over the address of the namespace it starts in, so its root starts when the address is there.
 */
export class TaskSandboxes {
  readonly #options: SandboxOptions;
  /** Names of roots that are or may be there. Those of an earlier time are read from the engine. */
  #roots: Promise<Set<string>> | undefined;

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  /** Resolves when the root runs; at once when it already does. */
  async ensure(request: SandboxRequest): Promise<void> {
    const { engine } = this.#options;
    const roots = await this.#known();
    const name = rootName(request.pauseContainerId);
    if (roots.has(name)) {
      if ((await engine.inspectContainer(name))?.status === 'running') return;
      await engine.removeContainer(name);
    }
    // Before it is asked for: a create that fails may have been done all the same.
    roots.add(name);
    const { id } = await engine.createContainer(name, this.#spec(request));
    await engine.startContainer(id);
  }

  /** Idempotent. Costs nothing for a task that has none. */
  async remove(pauseContainerId: string): Promise<void> {
    const roots = await this.#known();
    const name = rootName(pauseContainerId);
    if (!roots.has(name)) return;
    await this.#options.engine.removeContainer(name);
    roots.delete(name);
  }

  /** Removes all but those in these pause containers' networks. */
  async prune(pauseContainerIds: readonly string[]): Promise<void> {
    const roots = await this.#known();
    const wanted = new Set(pauseContainerIds.map(rootName));
    for (const name of [...roots].filter((one) => !wanted.has(one))) {
      await this.#options.engine.removeContainer(name);
      roots.delete(name);
    }
  }

  #spec({ pauseContainerId, runtime, cgroupParent, mostProcesses }: SandboxRequest): ContainerSpec {
    return {
      Image: this.#options.image,
      Labels: { [SANDBOX_LABEL]: this.#options.bridge },
      HostConfig: {
        Runtime: runtime,
        NetworkMode: `container:${pauseContainerId}`,
        ...(cgroupParent === undefined ? {} : { CgroupParent: cgroupParent }),
        ...(mostProcesses === undefined ? {} : { PidsLimit: mostProcesses }),
        LogConfig: { Type: 'none' },
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
      },
    };
  }

  #known(): Promise<Set<string>> {
    this.#roots ??= this.#find().catch((error: unknown) => {
      this.#roots = undefined;
      throw error;
    });
    return this.#roots;
  }

  async #find(): Promise<Set<string>> {
    const { engine, bridge } = this.#options;
    return new Set((await engine.listContainers(`${SANDBOX_LABEL}=${bridge}`)).map(({ name }) => name));
  }
}

function rootName(pauseContainerId: string): string {
  return `gantry-sandbox-${pauseContainerId.slice(0, 12)}`;
}

/** All of a bridge, whoever made them. */
export async function removeSandboxes(engine: SandboxEngine, bridge: string): Promise<void> {
  await new TaskSandboxes({ engine, bridge, image: '' }).prune([]);
}
