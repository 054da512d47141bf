import type { EngineEvent } from '../engine/port.ts';
import type { TaskActor } from './actor.ts';
import { insist } from '../engine/insist.ts';
import { containerOf } from './model.ts';
import { OWNER_LABEL } from './naming.ts';
import { factsOfState, isUp } from './engine-state.ts';
import { messageOf, type PerformPorts } from './perform.ts';

/** Whose container is it? And which tasks are there? */
export interface Tracked {
  containerOf(dockerId: string): { readonly actor: TaskActor; readonly container: string } | undefined;
  tasks(): Iterable<TaskActor>;
}

export interface WatchOptions {
  readonly owner: string;
  readonly resyncMs: number;
  /** Events from this moment on are asked for. Default: now. */
  readonly fromMs?: number | undefined;
}

const RETRY_MS = 500;
/** Asked for from a little before: the engine's clock is not ours, and a death that is told twice is one death. */
const OVERLAP_MS = 2_000;
const KILLED = 137;

/** Turns the engine's events into facts for the tasks. Nothing is polled but for a slow look at the whole, as a net. */
export class EngineWatch {
  readonly #ports: PerformPorts;
  readonly #tracked: Tracked;
  readonly #options: WatchOptions;
  readonly #oomKilled = new Set<string>();
  readonly #dying = new Map<string, Promise<void>>();

  constructor(ports: PerformPorts, tracked: Tracked, options: WatchOptions) {
    this.#ports = ports;
    this.#tracked = tracked;
    this.#options = options;
  }

  /** Until the signal aborts. A broken connection is opened again, and what was missed is looked up. */
  async run(signal: AbortSignal): Promise<void> {
    const { engine, clock, log } = this.#ports;
    let sinceMs = (this.#options.fromMs ?? clock.now()) - OVERLAP_MS;
    while (!signal.aborted) {
      const connection = new AbortController();
      const both = AbortSignal.any([signal, connection.signal]);
      void this.#lookNowAndThen(both);
      try {
        for await (const event of engine.events({ sinceMs, signal: both })) {
          sinceMs = Math.max(sinceMs, event.atMs - OVERLAP_MS);
          this.#onEvent(event);
        }
      } catch (error) {
        if (!signal.aborted) log('warn', `the engine's event stream broke: ${messageOf(error)}`);
      } finally {
        connection.abort();
      }
      await clock.sleep(RETRY_MS, signal);
    }
  }

  #onEvent(event: EngineEvent): void {
    const owner = this.#tracked.containerOf(event.id);
    if (owner === undefined) return;
    const { actor, container } = owner;
    switch (event.kind) {
      case 'started':
        return; // the answer to the start says so, with the ports
      case 'oom':
        this.#oomKilled.add(event.id);
        return;
      case 'health':
        return actor.tell({ kind: 'health', container, health: event.health, atMs: event.atMs });
      case 'destroyed':
        void this.#onRemoval(actor, container, event);
        return;
      case 'died':
        this.#dying.set(
          event.id,
          this.#onDeath(actor, container, event).finally(() => this.#dying.delete(event.id)),
        );
    }
  }

  /** A container that is removed by force dies first, and its exit code is being looked into. */
  async #onRemoval(
    actor: TaskActor,
    container: string,
    event: { readonly id: string; readonly atMs: number },
  ): Promise<void> {
    await this.#dying.get(event.id);
    this.#oomKilled.delete(event.id);
    actor.tell({ kind: 'vanished', container, atMs: event.atMs });
  }

  async #onDeath(
    actor: TaskActor,
    container: string,
    event: { readonly id: string; readonly atMs: number; readonly exitCode?: number },
  ): Promise<void> {
    const model = containerOf(actor.model, container);
    if (model === undefined || model.known === 'STOPPED') return;
    // An event that is read again after a reconnect: the one that made us start the container anew.
    if (event.atMs < (model.restartedAtMs ?? 0)) return;
    let oomKilled = this.#oomKilled.delete(event.id);
    const killedByOthers = event.exitCode === KILLED && model.applied !== 'STOPPED';
    if (!oomKilled && killedByOthers) {
      const state = await this.#ports.engine.inspectContainer(event.id).catch(() => undefined);
      oomKilled = state?.oomKilled === true;
    }
    actor.tell({ kind: 'died', container, exitCode: event.exitCode, atMs: event.atMs, oomKilled, watched: true });
  }

  /** At once, too: an engine that has restarted since the last look remembers no death. */
  async #lookNowAndThen(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    for (let waitMs = 0; !signal.aborted; waitMs = this.#options.resyncMs) {
      await clock.sleep(waitMs, signal);
      if (signal.aborted) return;
      const onFailure = (error: unknown): void => log('debug', `comparing with the engine: ${messageOf(error)}`);
      // What died while nobody listened is only seen here: the look is made again soon, not at the next turn.
      await insist({ clock, signal, tries: Infinity, onFailure }, () => this.#look()).catch(() => undefined);
    }
  }

  /** One list; only containers we take for running and that are not are looked at one by one. */
  async #look(): Promise<void> {
    const { engine, clock } = this.#ports;
    const running = [...this.#tracked.tasks()].flatMap((actor) =>
      actor.model.containers
        .filter(({ known, dockerId }) => known === 'RUNNING' && dockerId !== undefined)
        .map(({ name, dockerId = '' }) => ({ actor, name, dockerId })),
    );
    if (running.length === 0) return;
    const listed = await engine.listContainers(`${OWNER_LABEL}=${this.#options.owner}`);
    const up = new Set(listed.filter(isUp).map(({ id }) => id));
    for (const { actor, name, dockerId } of running) {
      if (up.has(dockerId)) continue;
      const state = await engine.inspectContainer(dockerId);
      const nowMs = clock.now();
      if (state === undefined) actor.tell({ kind: 'vanished', container: name, atMs: nowMs });
      else if (!isUp(state)) actor.tell(...factsOfState(name, state, nowMs, true));
    }
  }
}
