import type { PayloadTask } from '@gantry/protocol';
import type { RegistryLogin } from '../engine/port.ts';
import { fetchSecrets, FilesUnavailable, SecretsUnavailable, type FetchedSecrets, type FetchPorts } from './fetch.ts';
import { usesSecrets } from './references.ts';

/** Values that go into one container, and who pulls its image; nothing for one without secrets. */
export interface ContainerSecrets {
  readonly environment: Readonly<Record<string, string>>;
  readonly logOptions: Readonly<Record<string, string>>;
  readonly login?: RegistryLogin | undefined;
  /** Of a log router: the rest of its configuration. */
  readonly routerFile?: string | undefined;
}

const NONE: ContainerSecrets = { environment: {}, logOptions: {} };
/** What is shorter is in many words that tell nothing. */
const LEAST_HIDDEN = 3;

/** The secrets of tasks, from when they are fetched to the end of the task; in memory alone. */
export class TaskSecrets {
  readonly #ports: FetchPorts;
  readonly #byTask = new Map<string, FetchedSecrets>();
  readonly #fetching = new Map<string, AbortController>();

  constructor(ports: FetchPorts) {
    this.#ports = ports;
  }

  /** Resolves when they are here, or the task is over; with the reason when they cannot be had. Never rejects. */
  async fetch(task: PayloadTask, signal: AbortSignal): Promise<string | undefined> {
    const own = new AbortController();
    this.#fetching.set(task.arn, own);
    const either = AbortSignal.any([signal, own.signal]);
    try {
      const fetched = await fetchSecrets(this.#ports, task, either);
      if (!either.aborted) this.#byTask.set(task.arn, fetched);
      return undefined;
    } catch (error) {
      if (either.aborted) return undefined;
      if (error instanceof FilesUnavailable) return `ResourceInitializationError: ${error.what}: ${error.message}`;
      // Of other errors the name alone: a parser's words may quote an answer.
      const why = error instanceof SecretsUnavailable ? error.message : error instanceof Error ? error.name : 'unknown';
      return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${why}`;
    } finally {
      if (this.#fetching.get(task.arn) === own) this.#fetching.delete(task.arn);
    }
  }

  of(taskArn: string, container: string): ContainerSecrets {
    const fetched = this.#byTask.get(taskArn);
    if (fetched === undefined) return NONE;
    const routerFile = fetched.routerFiles.get(container);
    return {
      environment: fetched.environment.get(container) ?? {},
      logOptions: fetched.logOptions.get(container) ?? {},
      login: fetched.logins.get(container),
      ...(routerFile === undefined ? {} : { routerFile }),
    };
  }

  /** An engine's words about a container of the task, without its secrets: they may quote what it was given. */
  hide(task: PayloadTask, words: string): string {
    if (!usesSecrets(task)) return words;
    const fetched = this.#byTask.get(task.arn);
    if (fetched === undefined) return 'the words of the container engine are left out: they may hold a secret';
    const maps = [...fetched.environment.values(), ...fetched.logOptions.values()];
    const values = maps.flatMap((values) => Object.values(values)).filter(({ length }) => length >= LEAST_HIDDEN);
    // The longest first: one may be part of another.
    const ordered = values.toSorted((a, b) => b.length - a.length);
    return ordered.reduce((text, value) => text.replaceAll(value, '***'), words);
  }

  /** The task is over. */
  forget(taskArn: string): void {
    this.#fetching.get(taskArn)?.abort();
    this.#byTask.delete(taskArn);
  }
}
