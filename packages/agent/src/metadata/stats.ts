import type { Clock } from '@gantry/domain';
import type { Engine } from '../engine/port.ts';

type Json = Readonly<Record<string, unknown>>;

interface Sample {
  readonly body: Json;
  readonly atMs: number;
}

const MOST_KEPT = 1000;

/**
 * What containers use, as the engine says it, with the sample before (`precpu_stats`) and the network's rates. Asked for
 * when a container asks: nothing is read of containers that never do.
 */
export class ContainerStats {
  readonly #clock: Clock;
  readonly #before = new Map<string, Sample>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `null`: the engine has none of it. */
  async of(engine: Engine, dockerId: string, version: 2 | 3 | 4): Promise<Json | null> {
    const body = (await engine.containerStats(dockerId).catch(() => undefined)) as Json | undefined;
    if (body === undefined) return null;
    const atMs = this.#clock.elapsedMs();
    const before = this.#before.get(dockerId);
    this.#before.delete(dockerId);
    this.#before.set(dockerId, { body, atMs });
    for (const oldest of this.#before.keys()) {
      if (this.#before.size <= MOST_KEPT) break;
      this.#before.delete(oldest);
    }
    return {
      ...body,
      ...(before === undefined ? {} : { precpu_stats: before.body['cpu_stats'], preread: before.body['read'] }),
      ...(version === 4 ? { network_rate_stats: rates(before, { body, atMs }) } : {}),
    };
  }
}

function rates(before: Sample | undefined, now: Sample): Json | null {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  if (before === undefined || seconds <= 0) return null;
  const rate = (member: string): number =>
    Math.max(0, (received(now.body, member) - received(before.body, member)) / seconds);
  return { rx_bytes_per_sec: rate('rx_bytes'), tx_bytes_per_sec: rate('tx_bytes') };
}

function received(body: Json, member: string): number {
  const networks = Object.values((body['networks'] ?? {}) as Record<string, Readonly<Record<string, number>>>);
  return networks.reduce((sum, network) => sum + (network[member] ?? 0), 0);
}
