import type { Clock } from '@gantry/domain';
import { insist } from '../engine/insist.ts';
import { EngineError, type Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';

export interface PressurePorts {
  readonly engine: Pick<Engine, 'pauseContainer' | 'unpauseContainer'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HeldContainer {
  readonly dockerId: string;
  /** An earlier life of this agent held it, and may not have let it go. */
  readonly held: boolean;
  /** Keeps it; resolves when it is on the disk: nobody would let go a container that a crash has forgotten. */
  keep(held: boolean): Promise<void>;
}

/** Nothing was read for so long: all that the container has written was read. */
const CALM_MS = 100;

/**
 * Log mode `blocking`: a container writes no faster than its output is taken. The engine's files would take everything and, in the end,
 * drop the oldest; so the container itself is held by the engine, and let go when what it wrote is on its way.
 */
export class Pressure {
  readonly #ports: PressurePorts;
  readonly #container: HeldContainer;
  #held: boolean;
  #calm = new AbortController();

  constructor(ports: PressurePorts, container: HeldContainer) {
    this.#ports = ports;
    this.#container = container;
    this.#held = container.held;
  }

  get held(): boolean {
    return this.#held;
  }

  async hold(signal: AbortSignal): Promise<void> {
    if (this.#held) return;
    const { engine, log } = this.#ports;
    const { dockerId } = this.#container;
    this.#held = true;
    await this.#container.keep(true);
    if (signal.aborted) return;
    log('warn', `${dockerId} is held: its log mode is blocking, and its output is not taken as fast as it comes`);
    // An engine that did not answer may have done it; one that says no has not, and the container ends or is gone.
    await engine.pauseContainer(dockerId).catch((error: unknown) => {
      log('debug', `holding ${dockerId}: ${String(error)}`);
    });
  }

  /** Something was read or sent. `few`: little of it is left; then, after a moment of quiet, the container goes on. */
  moved(few: boolean, signal: AbortSignal): void {
    if (!this.#held) return;
    this.#calm.abort();
    if (!few) return;
    const calm = (this.#calm = new AbortController());
    void this.#ports.clock.sleep(CALM_MS, AbortSignal.any([calm.signal, signal])).then(async () => {
      if (!calm.signal.aborted && !signal.aborted) await this.#letGo(signal);
    });
  }

  /** It has ended. */
  close(): void {
    this.#calm.abort();
  }

  async #letGo(signal: AbortSignal): Promise<void> {
    const { engine, clock, log } = this.#ports;
    const { dockerId } = this.#container;
    try {
      await insist({ clock, signal }, () => engine.unpauseContainer(dockerId).catch(unlessSo));
      this.#held = false;
      await this.#container.keep(false);
      log('info', `${dockerId} goes on`);
    } catch (error) {
      if (!signal.aborted) log('warn', `${dockerId} cannot be let go: ${String(error)}`);
    }
  }
}

/** It is not held, or not there any more. */
function unlessSo(error: unknown): void {
  if (!(error instanceof EngineError) || (error.kind !== 'conflict' && error.kind !== 'not-found')) throw error;
}
