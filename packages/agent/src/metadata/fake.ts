import type { Clock } from '@gantry/domain';
import { MetadataHandler } from './handler.ts';
import type { MetadataAnswer, MetadataHost, MetadataSource } from './port.ts';

/** The real handler without sockets: tests say who asks. The host's own address is `host`. */
export class FakeMetadataHost implements MetadataHost {
  readonly endpoint = 'http://127.0.0.1:4566';
  readonly #handler: MetadataHandler;
  #sources: MetadataSource[] = [];

  constructor(clock: Clock) {
    this.#handler = new MetadataHandler({ clock, sources: () => this.#sources, isHost: (at) => at === 'host' });
  }

  macAddress(taskArn: string, container: string): string {
    return `06:00 of ${container} of ${taskArn.slice(-1)}`;
  }

  register(source: MetadataSource): void {
    this.#sources.push(source);
  }

  /** The process that registered them has ended. */
  forget(): void {
    this.#sources = [];
  }

  ask(url: string, remoteAddress: string, method = 'GET', body = ''): Promise<MetadataAnswer> {
    const path = url.replace(/^http:\/\/[^/]+/, '');
    return this.#handler.answer({ method, url: path, remoteAddress, body }, new AbortController().signal);
  }
}
