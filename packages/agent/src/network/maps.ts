import type { Clock } from '@gantry/domain';
import type { NetworkMap, NetworkMapMessage } from '@gantry/protocol';
import type { Log } from '../log.ts';
import { messageOf } from '../supervisor/perform.ts';
import { NetworkPicture, routesOf } from './picture.ts';
import type { TaskNetwork } from './port.ts';

export interface NetworkMapsOptions {
  readonly network: Pick<TaskNetwork, 'enforce' | 'reach'>;
  /** What the host registered, if anything. */
  readonly hostAddress?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const AGAIN_FIRST_MS = 1_000;
const AGAIN_MOST_MS = 30_000;

/**
 * What the instances of this host were told about the network, made true together: they share a bridge. What is
 * in force stays while there is no control plane, and over restarts of the agent until every instance with tasks was told anew.
 */
export class NetworkMaps {
  readonly #options: NetworkMapsOptions;
  readonly #pictures = new Map<string, NetworkPicture>();
  /** Instances with tasks of an earlier process: without their maps the rules would cut those off. */
  readonly #awaited = new Set<string>();
  readonly #life = new AbortController();
  #news = false;
  #working: Promise<void> | undefined;

  constructor(options: NetworkMapsOptions) {
    this.#options = options;
  }

  /** Nothing changes before this instance was told. */
  await(instance: string): void {
    this.#awaited.add(instance);
  }

  /** `false`: it does not go on from what the instance was told; it must not be acked. */
  take(instance: string, message: NetworkMapMessage): boolean {
    const picture = this.#pictures.get(instance) ?? new NetworkPicture(this.#options.hostAddress);
    if (!picture.take(message)) return false;
    this.#pictures.set(instance, picture);
    this.#awaited.delete(instance);
    this.#changed();
    return true;
  }

  /** The instance has ended, and will not be told. */
  giveUp(instance: string): void {
    if (this.#awaited.delete(instance)) this.#changed();
  }

  /** What is in force stays. */
  async close(): Promise<void> {
    this.#life.abort();
    await this.#working;
  }

  #changed(): void {
    this.#news = true;
    if (this.#awaited.size > 0) {
      this.#options.log('info', 'the network stays as it is until every instance with running tasks was told of it');
      return;
    }
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  async #work(): Promise<void> {
    let pauseMs = AGAIN_FIRST_MS;
    while (this.#news && !this.#life.signal.aborted) {
      this.#news = false;
      if (await this.#apply([...this.#pictures.values()].flatMap((picture) => picture.map() ?? []))) {
        pauseMs = AGAIN_FIRST_MS;
        continue;
      }
      this.#news = true;
      await this.#options.clock.sleep(pauseMs, this.#life.signal);
      pauseMs = Math.min(AGAIN_MOST_MS, pauseMs * 2);
    }
  }

  /** Routes before rules: whoever waits for an address to be covered finds it routed here, and nowhere else. */
  async #apply(maps: readonly NetworkMap[]): Promise<boolean> {
    const { network, log } = this.#options;
    let done = true;
    const failed = (what: string) => (error: unknown) => {
      done = false;
      log('warn', `${what}: ${messageOf(error)}`);
    };
    const newest = maps.reduce((one, other) => (other.generation > one.generation ? other : one), NOTHING);
    const { networkId, ownAddress } = newest;
    await network
      .reach({ networkId, routes: routesOf(maps), ownAddress })
      .catch(failed('tasks on other hosts cannot be reached'));
    await network.enforce(maps).catch(failed('security groups could not be brought up to date'));
    return done;
  }
}

const NOTHING: NetworkMap = { generation: -1, networkId: 0, endpoints: [], securityGroups: [], routes: [] };
