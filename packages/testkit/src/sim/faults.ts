import type { Rng } from '../seeded.ts';

/** How rough the way between agents and control plane is. All are chances in [0, 1] but the latencies. */
export interface Weather {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly doubledRequest: number;
  readonly maxLatencyMs: number;
}

/** Asked anew for every call: weather turns. */
export type WeatherReport = () => Weather;

export const CALM: Weather = { lostRequest: 0, lostAnswer: 0, doubledRequest: 0, maxLatencyMs: 3 };
export const STORM: Weather = { lostRequest: 0.15, lostAnswer: 0.15, doubledRequest: 0.25, maxLatencyMs: 900 };

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
