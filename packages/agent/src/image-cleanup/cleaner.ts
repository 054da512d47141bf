import type { Clock } from '@gantry/domain';
import { EngineError, type Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import { chooseImages, type CleanUpRules } from './choose.ts';
import type { PulledImages } from './pulled.ts';

/** Who has tasks that use images, and remembers which are here. */
export interface ImageUser {
  imagesInUse(): Iterable<string>;
  forgetImage(reference: string): void;
}

export interface CleanerPorts {
  readonly engine: Pick<Engine, 'inspectImage' | 'removeImage'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly pulled: PulledImages;
  /** `undefined`: not all of them have come yet. */
  users(): readonly ImageUser[] | undefined;
}

/** Removes images that tasks brought and no task needs, a few at a time. */
export class ImageCleaner {
  readonly #ports: CleanerPorts;
  readonly #rules: CleanUpRules;

  constructor(ports: CleanerPorts, rules: CleanUpRules) {
    this.#ports = ports;
    this.#rules = rules;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#ports.clock.sleep(this.#rules.intervalMs, signal);
      if (signal.aborted) return;
      await this.cycle();
    }
  }

  /** A task that comes for an image that goes at this moment finds it gone and pulls it again. */
  async cycle(): Promise<void> {
    const { clock, log, pulled } = this.#ports;
    const users = this.#ports.users();
    if (users === undefined) return;
    const inUse = new Set(users.flatMap((user) => [...user.imagesInUse()]));
    for (const reference of chooseImages(pulled.values(), inUse, this.#rules, clock.now())) {
      try {
        if (!(await this.#remove(reference))) continue;
        for (const user of users) user.forgetImage(reference);
        log('info', `removed image ${reference}, which no task uses any more`);
      } catch (error) {
        // Some container that is none of ours has it; it is looked at again when its turn comes.
        if (error instanceof EngineError && error.kind === 'conflict') pulled.used(reference);
        else log('warn', `removing image ${reference}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** Unless the name stands for something else by now: then somebody else gave it. */
  async #remove(reference: string): Promise<boolean> {
    const { engine, pulled } = this.#ports;
    const found = await engine.inspectImage(reference);
    const same = found?.repoDigest !== undefined && found.repoDigest === pulled.get(reference)?.digest;
    if (same) await engine.removeImage(reference);
    pulled.forget(reference);
    return same;
  }
}
