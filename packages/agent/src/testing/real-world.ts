import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { PayloadContainer } from '@gantry/protocol';
import { systemClock, systemIds } from '@gantry/protocol';
import type { AgentConfig } from '../agent-ports.ts';
import { Agent } from '../agent.ts';
import { detectTaskCgroups } from '../cgroup/detect.ts';
import { MemoryCheckpoint, MemoryDisk } from '../checkpoint/memory.ts';
import { DockerEngine } from '../engine/docker.ts';
import type { RouterFiles } from '../firelens/port.ts';
import { HELLO_IMAGE } from '../images/ensure.ts';
import { MemoryLink } from './memory-link.ts';
import { aContainer, taskArn } from './payloads.ts';
import { ScriptedPlane } from './plane.ts';
import { CONFIG } from './world.ts';

export interface RealWorldOptions {
  readonly routerFiles?: RouterFiles;
  readonly config?: Partial<AgentConfig>;
}

/** One agent on the real engine, its containers told apart by their owner's label. */
export class RealWorld {
  readonly engine = new DockerEngine();
  readonly plane = new ScriptedPlane();
  readonly #options: RealWorldOptions;
  readonly #disk = new MemoryDisk();
  #checkpoint: MemoryCheckpoint | undefined;
  #agent: Agent | undefined;

  constructor(options: RealWorldOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { engine } = this;
    const { routerFiles, config } = this.#options;
    const { cgroups } = await detectTaskCgroups(await engine.ping());
    this.#checkpoint = new MemoryCheckpoint(this.#disk);
    const ports = {
      engine,
      network: undefined,
      cgroups,
      link: new MemoryLink(this.plane),
      clock: systemClock,
      ids: systemIds,
      log: () => undefined,
      routerFiles,
      checkpoint: this.#checkpoint,
    };
    this.#agent = new Agent({ ...CONFIG, cleanUpDelayMs: 200, ...config }, ports);
    await this.#agent.start();
    await until(() => this.plane.connections.filter(({ closed }) => closed === undefined).length === 2);
  }

  async kill(): Promise<void> {
    this.#checkpoint?.drop();
    await this.#agent?.stop();
  }

  owner(): string {
    return (JSON.parse(this.#disk.durable.get('agent') ?? '{}') as { agentId?: string }).agentId ?? '';
  }

  own() {
    return this.engine.listContainers(`gantry.agent=${this.owner()}`);
  }

  /** All that outlives the agent. */
  durable(): string {
    return JSON.stringify([...this.#disk.durable]);
  }

  last(n: number): string {
    return this.plane.told(taskArn(n)).at(-1) ?? '';
  }

  async close(): Promise<void> {
    await this.kill();
    for (const { id } of await this.own()) await this.engine.removeContainer(id);
    await this.engine.close();
  }
}

export async function withRealWorld(
  body: (world: RealWorld) => Promise<void>,
  options: RealWorldOptions = {},
): Promise<void> {
  const world = new RealWorld(options);
  try {
    await world.start();
    await body(world);
  } finally {
    await world.close();
  }
}

/** What real machines do is seen by looking again. */
export async function until(holds: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
  for (let i = 0; i < 1000; i += 1) {
    if (await holds()) return;
    await wait(20);
  }
  assert.fail(`${what} did not happen in 20 s`);
}

export function shell(name: string, script: string, over: Parameters<typeof aContainer>[1] = {}): PayloadContainer {
  return aContainer(name, {
    image: HELLO_IMAGE,
    command: ['-c', script],
    entryPoint: ['/bin/sh'],
    stopTimeout: 3,
    ...over,
  });
}
