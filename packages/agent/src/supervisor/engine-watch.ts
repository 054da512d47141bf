import type { ContainerState, EngineEvent } from '../engine/port.ts';
import type { TaskActor } from './actor.ts';
import { insist } from '../engine/insist.ts';
import { containerOf, type ContainerModel } from './model.ts';
import { OWNER_LABEL } from './naming.ts';
import { endOfRun, isUp } from './engine-state.ts';
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
/** The first events are asked for from a little before: the engine's clock is not ours. */
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
          // Not from before: an old verdict of a health check, told again, would stop a task that is well.
          sinceMs = Math.max(sinceMs, event.atMs);
          this.#onEvent(event, both);
        }
      } catch (error) {
        if (!signal.aborted) log('warn', `the engine's event stream broke: ${messageOf(error)}`);
      } finally {
        connection.abort();
      }
      await clock.sleep(RETRY_MS, signal);
    }
  }

  #onEvent(event: EngineEvent, connection: AbortSignal): void {
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
          this.#onDeath(actor, container, event, connection).finally(() => this.#dying.delete(event.id)),
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

  /**
   * The engine is asked when the event says too little: which run of a container that may be restarted has ended (a look
   * may have told of it and the next run be up), or whether a kill was the kernel's.
   */
  async #onDeath(
    actor: TaskActor,
    container: string,
    event: { readonly id: string; readonly atMs: number; readonly exitCode?: number },
    connection: AbortSignal,
  ): Promise<void> {
    const { engine, clock, log } = this.#ports;
    const model = containerOf(actor.model, container);
    if (model === undefined || model.known === 'STOPPED') return;
    const { id, atMs, exitCode } = event;
    const oomKilled = this.#oomKilled.delete(id);
    const restarts = actor.plan.containers.find(({ name }) => name === container)?.restart !== undefined;
    const killedByOthers = exitCode === KILLED && model.applied !== 'STOPPED';
    const died = { kind: 'died', container, exitCode, atMs, oomKilled } as const;
    if (!restarts && (oomKilled || !killedByOthers)) return actor.tell({ ...died, watched: true });
    const onFailure = (error: unknown): void => log('debug', `looking into the death of ${id}: ${messageOf(error)}`);
    const insistence = { clock, signal: connection, tries: Infinity, onFailure };
    let state: ContainerState | undefined;
    try {
      state = await insist(insistence, () => engine.inspectContainer(id));
    } catch {
      return; // the connection is over, and the next one begins with a look
    }
    // What is removed cannot be started again.
    if (state === undefined) return actor.tell({ ...died, watched: false });
    if (isUp(state)) return;
    const seen = { ...state, oomKilled: oomKilled || state.oomKilled };
    actor.tell(...endOfRun(container, seen, clock.now(), true));
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
        .map((before) => ({ actor, before })),
    );
    if (running.length === 0) return;
    const listed = await engine.listContainers(`${OWNER_LABEL}=${this.#options.owner}`);
    const up = new Map(listed.filter(isUp).map((state) => [state.id, state]));
    for (const { actor, before } of running) {
      const { name, dockerId = '' } = before;
      const seen = up.get(dockerId);
      if (seen !== undefined) {
        this.#tellHealth(actor, before, seen);
        continue;
      }
      const state = await engine.inspectContainer(dockerId);
      const nowMs = clock.now();
      if (state === undefined) actor.tell({ kind: 'vanished', container: name, atMs: nowMs });
      else if (!isUp(state)) actor.tell(...endOfRun(name, state, nowMs, true));
    }
  }

  /** A verdict given while nobody listened. One that came while the list was on its way is newer than the list. */
  #tellHealth(actor: TaskActor, before: ContainerModel, { health }: ContainerState): void {
    const now = containerOf(actor.model, before.name);
    const changedMeanwhile = now?.healthSinceMs !== before.healthSinceMs || now?.restarts !== before.restarts;
    if (health === undefined || health === before.health || changedMeanwhile) return;
    actor.tell({ kind: 'health', container: before.name, health, atMs: this.#ports.clock.now() });
  }
}
