import type { AcsToAgent, NetworkMapMessage } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { backoffMs } from '../acs/outgoing.ts';
import { changedMap, networkIdOf, wholeMap, type MapContent, type MapView, type SentGroups } from './decide.ts';
import type { AddressDirectory, Touched } from './directory.ts';

export interface FeedOptions {
  readonly platform: Pick<Platform, 'state' | 'clock' | 'ids' | 'config'>;
  readonly directory: AddressDirectory;
  readonly instanceKey: string;
  readonly nextGeneration: () => number;
  readonly send: (frame: AcsToAgent) => void;
  readonly onClose: () => void;
}

/**
 * Keeps one agent's picture of the network right over one session: whole first, then what changed. What is not acked is
 * followed by a whole one.
 */
export class NetworkMapFeed {
  readonly #options: FeedOptions;
  readonly #view: MapView;
  #pending = { addresses: new Set<string>(), groups: new Set<string>() };
  #sentGroups: SentGroups = new Map();
  /** Generation of the last message; undefined before the first. */
  #sent: number | undefined;
  /** Messages without an ack, oldest first: an agent takes them in order. */
  #unacked: { readonly messageId: string; readonly againAt: number }[] = [];
  #attempts = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { platform, directory, instanceKey } = options;
    const { securityGroups } = platform.state.tables;
    this.#view = { directory, instanceKey, groupOf: (key) => securityGroups.get(key) };
  }

  /** The session is open: the agent has nothing. */
  open(): void {
    this.#sendWhole();
  }

  close(): void {
    this.#options.onClose();
  }

  /** Notes what a commit changed. `true`: it is about the instance's own tasks, whose payloads wait for it. */
  touch({ addresses, groups }: Touched): boolean {
    if (this.#sent === undefined) return false;
    const { directory, instanceKey } = this.#options;
    let own = false;
    for (const address of addresses) {
      this.#pending.addresses.add(address);
      own ||= directory.get(address)?.instanceKey === instanceKey;
    }
    for (const group of groups) if (this.#sentGroups.has(group)) this.#pending.groups.add(group);
    return own;
  }

  /** Tells what has been noted. */
  flush(): void {
    if (this.#sent === undefined || this.#pending.addresses.size + this.#pending.groups.size === 0) return;
    const changed = changedMap(this.#view, this.#pending, this.#sentGroups);
    this.#send(changed, this.#sent);
  }

  /** `true`: it was an ack of a message of this feed. */
  acked(messageId: string): boolean {
    const at = this.#unacked.findIndex((message) => message.messageId === messageId);
    if (at < 0) return false;
    this.#unacked = this.#unacked.slice(at + 1);
    this.#attempts = 0;
    return true;
  }

  /** By `elapsedMs`. */
  nextAt(): number {
    return this.#unacked[0]?.againAt ?? Infinity;
  }

  /** Sends again what is due. */
  turn(): void {
    if (this.nextAt() <= this.#options.platform.clock.elapsedMs()) this.#sendWhole();
  }

  #sendWhole(): void {
    this.#unacked = [];
    this.#attempts += 1;
    this.#send(wholeMap(this.#view), undefined);
  }

  #send({ content, groups }: MapContent, since: number | undefined): void {
    const { platform, nextGeneration, send } = this.#options;
    const messageId = platform.ids.uuid();
    const message: NetworkMapMessage = {
      messageId,
      generation: nextGeneration(),
      ...(since === undefined ? {} : { since }),
      networkId: networkIdOf(platform.config.subnets.map(({ cidr }) => cidr)),
      ...content,
    };
    this.#pending = { addresses: new Set(), groups: new Set() };
    this.#sentGroups = groups;
    this.#sent = message.generation;
    this.#unacked.push({ messageId, againAt: platform.clock.elapsedMs() + backoffMs(Math.max(1, this.#attempts)) });
    send({ type: 'NetworkMapMessage', message });
  }
}
