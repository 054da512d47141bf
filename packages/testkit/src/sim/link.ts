import type { Clock } from '@gantry/domain';
import {
  LinkError,
  type AgentOperation,
  type ControlPlaneLink,
  type Input,
  type Output,
} from '@gantry/agent/session/port.ts';
import type { FrameSocket } from '@gantry/protocol';
import type { Rng } from '../seeded.ts';
import { fateOf, type WeatherReport } from './faults.ts';
import { socketPair, withHeaderBlock, type SocketPair } from '../socket-pair.ts';

/** The control plane as agents reach it; `undefined` while nobody is there. */
export interface Plane {
  call(operation: AgentOperation, input: unknown): Promise<unknown>;
  accept(kind: 'acs' | 'tcs', params: URLSearchParams, socket: FrameSocket): void;
}

export interface SimLinkOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly weather: WeatherReport;
  readonly plane: () => Plane | undefined;
}

const LATEST_DOUBLE_MS = 20_000;

/**
 * The way between one agent and the control plane, with a fate for every call: late, lost before it arrived, lost after it was
 * done, done again long after. Frames on sockets are late but in order, as on TCP; the whole connection can be cut.
 */
export class SimLink implements ControlPlaneLink {
  readonly #options: SimLinkOptions;
  readonly #open = new Set<SocketPair>();
  #away = false;

  constructor(options: SimLinkOptions) {
    this.#options = options;
  }

  /** The machine behind this link is off: nothing arrives any more, in either direction. */
  hangUp(): void {
    this.#away = true;
    this.cut();
  }

  comeBack(): void {
    this.#away = false;
  }

  cut(): void {
    for (const pair of this.#open) pair.cut();
    this.#open.clear();
  }

  async call<O extends AgentOperation>(operation: O, input: Input<O>, signal: AbortSignal): Promise<Output<O>> {
    const { clock, rng, weather } = this.#options;
    const fate = fateOf(rng, weather());
    await clock.sleep(fate.beforeMs, signal);
    const plane = this.#options.plane();
    if (this.#away || signal.aborted || plane === undefined || fate.lose === 'request') throw lost();
    const once = async (): Promise<unknown> => {
      try {
        // Through JSON, as on a wire: what does not survive that is a bug found here.
        return await plane.call(operation, JSON.parse(JSON.stringify(input), revive(input)) as unknown);
      } catch (error) {
        // A killed process answers nothing, though here its code runs on for a while.
        throw this.#options.plane() === plane ? asLinkError(error) : lost();
      }
    };
    const answer = await once();
    if (fate.doubled) void this.#later(plane, once);
    await clock.sleep(fate.afterMs, signal);
    if (this.#away || signal.aborted || this.#options.plane() !== plane || fate.lose === 'answer') throw lost();
    return answer as Output<O>;
  }

  /** A double comes when nobody expects it any more; a control plane that has ended since does not hear it. */
  async #later(plane: Plane, once: () => Promise<unknown>): Promise<void> {
    await this.#options.clock.sleep(this.#options.rng.int(0, LATEST_DOUBLE_MS));
    if (this.#options.plane() !== plane) return;
    await once().catch((error: unknown) => {
      if (!(error instanceof LinkError)) throw error;
    });
  }

  /** Nobody in the simulated world asks for a session. */
  connectBytes(): Promise<never> {
    return Promise.reject(lost());
  }

  async connect(kind: 'acs' | 'tcs', url: string, signal: AbortSignal): Promise<FrameSocket> {
    const { clock, rng, weather } = this.#options;
    const fate = fateOf(rng, weather());
    await clock.sleep(fate.beforeMs, signal);
    const plane = this.#options.plane();
    if (this.#away || signal.aborted || plane === undefined || fate.lose !== 'nothing') throw lost();
    const pair = socketPair({ delay: () => clock.sleep(rng.int(0, weather().maxLatencyMs)) });
    try {
      plane.accept(kind, new URL(url).searchParams, pair.server);
    } catch (error) {
      throw asLinkError(error);
    }
    this.#open.add(pair);
    return kind === 'tcs' ? withHeaderBlock(pair.agent) : pair.agent;
  }
}

const lost = (): LinkError => new LinkError('Unreachable', 'The connection was lost.');

function asLinkError(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const { code, status } = error as { readonly code?: unknown; readonly status?: number };
  if (typeof code !== 'string') throw error; // no answer of a service: a bug of ours, and the simulation must fail of it
  return new LinkError(code, error instanceof Error ? error.message : code, { status, cause: error });
}

/** Dates stay dates: the codec gives handlers `Date`s. */
function revive(original: unknown): (key: string, value: unknown) => unknown {
  const dates = new Set<string>();
  const look = (value: unknown): void => {
    if (value instanceof Date) dates.add(value.toJSON());
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  };
  look(original);
  return (_key, value) => (typeof value === 'string' && dates.has(value) ? new Date(value) : value);
}
