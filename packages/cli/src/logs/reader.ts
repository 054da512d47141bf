import { ServiceError } from '@gantry/protocol/errors.ts';
import type { Api, LogEvent } from '../api/port.ts';
import type { LogStream } from './streams.ts';

const MOST_PAGES = 10_000;

export interface ReadFrom {
  /** Milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  /** Only the last so many at the first read. */
  readonly tail?: number | undefined;
}

/** Reads a stream forward; each call gives what came since the last one. A stream that is not there yet is empty. */
export class StreamReader {
  readonly stream: LogStream;
  readonly #api: Api;
  readonly #from: ReadFrom;
  #token: string | undefined;

  constructor(api: Api, stream: LogStream, from: ReadFrom) {
    this.#api = api;
    this.stream = stream;
    this.#from = from;
  }

  async read(): Promise<readonly LogEvent[]> {
    const events: LogEvent[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await this.#page();
      if (answer === undefined) break;
      events.push(...answer.events);
      const done = answer.token === undefined || answer.token === this.#token;
      this.#token = answer.token ?? this.#token;
      if (done) break;
    }
    return events;
  }

  async #page(): Promise<{ events: readonly LogEvent[]; token: string | undefined } | undefined> {
    const { sinceMs, tail } = this.#from;
    const first = this.#token === undefined;
    try {
      const answer = await this.#api.logs('GetLogEvents', {
        logGroupName: this.stream.group,
        logStreamName: this.stream.stream,
        startFromHead: !(first && tail !== undefined),
        ...(first && tail !== undefined ? { limit: tail } : {}),
        ...(sinceMs === undefined ? {} : { startTime: sinceMs }),
        ...(this.#token === undefined ? {} : { nextToken: this.#token }),
      });
      return { events: answer.events ?? [], token: answer.nextForwardToken };
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }
}
