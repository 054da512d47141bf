import { NETWORK_MAP_ATTRIBUTE, type AcsToAgent } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import { AddressDirectory } from './directory.ts';
import { NetworkMapFeed } from './feed.ts';

/** Those whose own tasks did not change are told together, this much later: a container takes longer to start. */
const TOGETHER_MS = 50;

/** What all agents of our own are told about the network. */
export class NetworkMaps {
  readonly #platform: Platform;
  readonly #directory: AddressDirectory;
  readonly #feeds = new Set<NetworkMapFeed>();
  readonly #late = new Set<NetworkMapFeed>();
  readonly #stop: AbortSignal;
  #generation: number;
  #waiting = false;

  /** `firstGeneration`: above all that were given before. */
  constructor(platform: Platform, firstGeneration: number, stop: AbortSignal) {
    this.#platform = platform;
    this.#directory = new AddressDirectory(platform.state.tables);
    this.#generation = firstGeneration;
    this.#stop = stop;
  }

  /** For one session, which is open: its agent is sent the whole map. Undefined for an agent that did not ask for it. */
  feed(instanceKey: string, send: (frame: AcsToAgent) => void): NetworkMapFeed | undefined {
    const instance = this.#platform.state.tables.instances.get(instanceKey);
    if (instance?.attributes.some(({ name }) => name === NETWORK_MAP_ATTRIBUTE) !== true) return undefined;
    const feed: NetworkMapFeed = new NetworkMapFeed({
      platform: this.#platform,
      directory: this.#directory,
      instanceKey,
      nextGeneration: () => (this.#generation += 1),
      send,
      onClose: () => {
        this.#feeds.delete(feed);
        this.#late.delete(feed);
      },
    });
    this.#feeds.add(feed);
    feed.open();
    return feed;
  }

  /** Before the payloads of the same commit: a new task's agent knows its address by then. */
  committed(changes: readonly Change[]): void {
    const touched = this.#directory.committed(changes);
    if (touched.addresses.size + touched.groups.size === 0) return;
    for (const feed of this.#feeds) {
      if (feed.touch(touched)) feed.flush();
      else this.#late.add(feed);
    }
    if (!this.#waiting && this.#late.size > 0) void this.#flushLater();
  }

  async #flushLater(): Promise<void> {
    this.#waiting = true;
    await this.#platform.clock.sleep(TOGETHER_MS, this.#stop);
    this.#waiting = false;
    if (this.#stop.aborted) return;
    const feeds = [...this.#late];
    this.#late.clear();
    for (const feed of feeds) feed.flush();
  }
}
