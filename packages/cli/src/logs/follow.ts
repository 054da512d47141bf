import type { Api, LogEvent, Task } from '../api/port.ts';
import { Definitions } from '../api/read.ts';
import type { Host } from '../host/port.ts';
import { moment } from '../text/duration.ts';
import { StreamReader, type ReadFrom } from './reader.ts';
import { prefixOf, streamsOf, type LogStream } from './streams.ts';

const POLL_MS = 500;
const TASKS_EVERY_MS = 2_000;

export interface FollowOptions extends ReadFrom {
  readonly timestamps: boolean;
  /** Asked again while following: tasks of a service come and go. */
  tasks(): Promise<readonly Task[]>;
}

/** Shows the output of tasks, now or as it comes. */
export class LogFollower {
  readonly #host: Host;
  readonly #api: Api;
  readonly #options: FollowOptions;
  readonly #definitions: Definitions;
  readonly #readers = new Map<string, StreamReader>();

  constructor(host: Host, api: Api, options: FollowOptions) {
    this.#host = host;
    this.#api = api;
    this.#options = options;
    this.#definitions = new Definitions(api);
  }

  /** All that is there, ordered by time over all streams. @returns how many streams there are to read from */
  async showOnce(): Promise<number> {
    await this.#findStreams();
    await this.#show();
    return this.#readers.size;
  }

  /** Until the signal, or until every task has stopped and all of its output was shown. @returns the tasks as last seen */
  async follow(signal: AbortSignal, untilStopped: boolean): Promise<readonly Task[]> {
    let tasks = await this.#findStreams();
    let askedAt = this.#host.clock.now();
    while (!signal.aborted) {
      const shown = await this.#show();
      if (this.#host.clock.now() - askedAt >= (untilStopped ? POLL_MS : TASKS_EVERY_MS)) {
        tasks = await this.#findStreams();
        askedAt = this.#host.clock.now();
        if (untilStopped && shown === 0 && tasks.every((t) => t.lastStatus === 'STOPPED')) {
          await this.#host.clock.sleep(POLL_MS, signal); // what was on its way when the task stopped
          await this.#show();
          return tasks;
        }
      }
      await this.#host.clock.sleep(POLL_MS, signal);
    }
    return tasks;
  }

  async #findStreams(): Promise<readonly Task[]> {
    const tasks = await this.#options.tasks();
    for (const task of tasks) {
      for (const stream of streamsOf(task, await this.#definitions.of(task))) {
        const key = `${stream.group}\n${stream.stream}`;
        if (!this.#readers.has(key)) this.#readers.set(key, new StreamReader(this.#api, stream, this.#options));
      }
    }
    return tasks;
  }

  async #show(): Promise<number> {
    const all = [...this.#readers.values()].map((reader) => reader.stream);
    const read = await Promise.all(
      [...this.#readers.values()].map(async (reader) => {
        const prefix = prefixOf(reader.stream, all);
        return (await reader.read()).map((event) => ({ event, prefix }));
      }),
    );
    const lines = read.flat().sort((a, b) => (a.event.timestamp ?? 0) - (b.event.timestamp ?? 0));
    for (const { event, prefix } of lines) this.#host.terminal.out(this.#line(event, prefix));
    return lines.length;
  }

  #line(event: LogEvent, prefix: string): string {
    const time = this.#options.timestamps && event.timestamp !== undefined ? `${moment(event.timestamp)} ` : '';
    return `${prefix}${time}${event.message ?? ''}`;
  }
}

export type { LogStream };
