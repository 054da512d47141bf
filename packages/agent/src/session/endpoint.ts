import type { Clock } from '@gantry/domain';
import type { ControlPlaneLink } from './port.ts';

export interface PollEndpoints {
  readonly acs: string;
  readonly tcs: string;
}

const REMEMBER_MS = 12 * 3_600_000;

/** Where the sessions are opened. An answer holds for 12 hours; an older one is better than none. */
export class EndpointCache {
  readonly #link: ControlPlaneLink;
  readonly #clock: Clock;
  #known: { readonly endpoints: PollEndpoints; readonly atMs: number } | undefined;

  constructor(link: ControlPlaneLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** @throws LinkError when there never was an answer */
  async get(instance: { readonly cluster: string; readonly arn: string }, signal: AbortSignal): Promise<PollEndpoints> {
    const known = this.#known;
    if (known !== undefined && this.#clock.elapsedMs() - known.atMs < REMEMBER_MS) return known.endpoints;
    try {
      const input = { containerInstance: instance.arn, cluster: instance.cluster, zoneId: '' };
      const answer = await this.#link.call('DiscoverPollEndpoint', input, signal);
      const acs = answer.endpoint ?? '';
      const endpoints = { acs: folder(acs), tcs: folder(answer.telemetryEndpoint ?? acs) };
      this.#known = { endpoints, atMs: this.#clock.elapsedMs() };
      return endpoints;
    } catch (error) {
      if (known !== undefined) return known.endpoints;
      throw error;
    }
  }

  /** The place does not answer: ask anew before the next try. The old answer stays in reserve. */
  doubt(): void {
    if (this.#known !== undefined) this.#known = { ...this.#known, atMs: -Infinity };
  }
}

const folder = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
