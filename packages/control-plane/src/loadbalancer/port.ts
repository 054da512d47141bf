import type { RenderedConfig } from './render.ts';

/** The proxy that carries the traffic. It outlives the control plane. */
export interface Proxy {
  /** Generation of the configuration it runs with; `undefined` when it does not run. */
  generation(): Promise<string | undefined>;
  /**
   * Starts it with this configuration, or has it go over to it: requests in flight are finished under the old one.
   * @throws Error with the proxy's own words when it refuses the configuration or does not start
   */
  apply(config: RenderedConfig): Promise<void>;
  /** Runs commands of the runtime API, in order. @returns what each answered */
  run(commands: readonly string[]): Promise<readonly string[]>;
  /** Workers of earlier configurations that still finish requests. */
  oldWorkers(): Promise<number>;
  /** Ends it with the connections it has. */
  stop(): Promise<void>;
}
