import type { Rng } from '../seeded.ts';

/** How rough the way between agents and control plane is. All are chances in [0, 1] but the latencies. */
export interface Weather {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly doubledRequest: number;
  readonly maxLatencyMs: number;
  /** Of the engine's events, between it and its agent. */
  readonly lostEvent: number;
  readonly doubledEvent: number;
  readonly lateEvent: number;
}

/** Asked anew for every call: weather turns. */
export type WeatherReport = () => Weather;

const QUIET = { lostEvent: 0, doubledEvent: 0, lateEvent: 0 };
export const CALM: Weather = { lostRequest: 0, lostAnswer: 0, doubledRequest: 0, maxLatencyMs: 3, ...QUIET };
export const STORM: Weather = {
  lostRequest: 0.15,
  lostAnswer: 0.15,
  doubledRequest: 0.25,
  maxLatencyMs: 900,
  ...QUIET,
};
/** The engine's events are lost, told twice, and come late and in another order. */
export const DEAF: Weather = { ...CALM, lostEvent: 0.2, doubledEvent: 0.3, lateEvent: 0.3 };

/** The connection broke: what a real transport throws, and no more is known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'ECONNRESET';
}

export interface Fate {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly lose: 'nothing' | 'request' | 'answer';
  readonly doubled: boolean;
}

/** Decides what happens to one call, from the seed alone. */
export function fateOf(rng: Rng, weather: Weather): Fate {
  const roll = rng.next();
  const lose =
    roll < weather.lostRequest ? 'request' : roll < weather.lostRequest + weather.lostAnswer ? 'answer' : 'nothing';
  return {
    beforeMs: rng.int(0, weather.maxLatencyMs),
    afterMs: rng.int(0, weather.maxLatencyMs),
    lose,
    doubled: rng.chance(weather.doubledRequest),
  };
}

const LATEST_EVENT_MS = 15_000;

/** After how long an event of the engine arrives, each time it does. */
export function fateOfEvent(rng: Rng, { lostEvent, doubledEvent, lateEvent }: Weather): readonly number[] {
  if (lostEvent === 0 && doubledEvent === 0 && lateEvent === 0) return [0];
  if (rng.chance(lostEvent)) return [];
  const once = (): number => (rng.chance(lateEvent) ? rng.int(1, LATEST_EVENT_MS) : 0);
  return rng.chance(doubledEvent) ? [once(), rng.int(0, LATEST_EVENT_MS)] : [once()];
}
