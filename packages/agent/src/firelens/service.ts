import type { Engine } from '../engine/port.ts';
import { routedAdded, routerAdded, type FirelensAdded } from './added.ts';
import { routerConfig } from './config.ts';
import type { FirelensPlan } from './plan.ts';
import type { RouterFiles } from './port.ts';

export interface FirelensPorts {
  readonly engine: Pick<Engine, 'inspectContainer'>;
  readonly files: RouterFiles;
  /** Resolves when the task is on the disk: nothing is written for one that a crash forgets. */
  readonly kept: () => Promise<void>;
}

/** One container that is about to be made. */
export interface FirelensContainer {
  readonly name: string;
  /** Of the router, once it was made. */
  readonly routerId: string | undefined;
  readonly secretsOf: (container: string) => Readonly<Record<string, string>>;
  /** What was fetched for a router. */
  readonly included: () => string | undefined;
}

/** The router's files could not be made. */
export class NoRouterFiles extends Error {
  override readonly name = 'NoRouterFiles';
}

/** The log routers of tasks: what they and those that log to them need beyond their definition. */
export class Firelens {
  readonly #ports: FirelensPorts;

  constructor(ports: FirelensPorts) {
    this.#ports = ports;
  }

  /**
   * `undefined`: the container has nothing to do with it. Writes the router's configuration; again is harmless.
   * @throws NoRouterFiles; EngineError
   */
  async prepare(plan: FirelensPlan, container: FirelensContainer): Promise<FirelensAdded | undefined> {
    const { files, kept } = this.#ports;
    const { name, secretsOf, included } = container;
    const paths = files.pathsOf(plan.taskId);
    if (name === plan.router) {
      await kept();
      try {
        await files.make(plan.taskId, routerConfig(plan), plan.fetched ? (included() ?? '') : undefined);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new NoRouterFiles(`the configuration of log router ${name} cannot be written: ${why}`, { cause });
      }
      return routerAdded(plan, paths, secretsOf);
    }
    if (!plan.routed.some((routed) => routed.name === name)) return undefined;
    return routedAdded(plan, paths, name, await this.#routerAddress(plan, container));
  }

  /** The task is over. */
  remove(plan: FirelensPlan): Promise<void> {
    return this.#ports.files.remove(plan.taskId);
  }

  /** In awsvpc they share an address; in bridge mode the router has one of its own, and runs by now. */
  async #routerAddress({ networkMode }: FirelensPlan, { routerId }: FirelensContainer): Promise<string | undefined> {
    if (networkMode === 'awsvpc') return '127.0.0.1';
    if (networkMode !== 'bridge' || routerId === undefined) return undefined;
    return (await this.#ports.engine.inspectContainer(routerId))?.addresses?.[0];
  }
}
