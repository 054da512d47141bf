import type { Clock } from '@gantry/domain';
import type { PayloadTask } from '@gantry/protocol';
import { ClockSet, setBy } from './clock-set.ts';
import { containerOf, type TaskModel } from './model.ts';
import { observe, type ContainerFact, type Fact } from './observe.ts';
import type { Performer, TaskView } from './perform.ts';
import type { TaskPlan } from './plan.ts';
import { step, type Action } from './step.ts';

export interface ActorPorts {
  readonly clock: Clock;
  readonly performer: Performer;
  /** After every change: keep it, report it, index it. Must not throw, must not call back into the actor. */
  changed(actor: TaskActor, before: TaskModel): void;
}

/**
 * One task: facts come in, `observe` and `step` decide, calls go out, their answers come back as facts.
 * All state is in the model; everything here can be thrown away at any moment and made again from the checkpoint.
 */
export class TaskActor implements TaskView {
  readonly plan: TaskPlan;
  readonly payload: PayloadTask;
  readonly #ports: ActorPorts;
  readonly #life = new AbortController();
  readonly #pulls = new Map<string, AbortController>();
  /** What the engine said of a container whose start has not answered yet; it comes after the answer. */
  readonly #held = new Map<string, ContainerFact[]>();
  readonly #clockSet: ClockSet;
  #model: TaskModel;
  #facts: Fact[] = [];
  #stepping = false;
  #timer: { readonly atMs: number; readonly cancel: AbortController } | undefined;

  constructor(ports: ActorPorts, plan: TaskPlan, payload: PayloadTask, model: TaskModel) {
    this.#ports = ports;
    this.plan = plan;
    this.payload = payload;
    this.#model = model;
    this.#clockSet = new ClockSet(ports.clock);
  }

  get model(): TaskModel {
    return this.#model;
  }

  /** Takes facts in and does what follows. With none: just looks at what is due. */
  tell(...facts: readonly Fact[]): void {
    if (this.#life.signal.aborted) return;
    this.#facts.push(...facts);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      do this.#advance();
      while (this.#facts.length > 0);
    } finally {
      this.#stepping = false;
    }
  }

  /** Forgets everything that is in flight. Containers stay as they are. */
  close(): void {
    this.#life.abort();
    this.#timer?.cancel.abort();
    for (const pull of this.#pulls.values()) pull.abort();
  }

  #advance(): void {
    const before = this.#model;
    const nowMs = this.#ports.clock.now();
    const setByMs = this.#clockSet.since();
    let model = setByMs === 0 ? before : setBy(before, setByMs);
    for (const fact of this.#facts.splice(0)) {
      if (this.#holds(fact, model)) continue;
      model = observe(this.plan, model, fact, nowMs);
      if ('container' in fact && answersStart(fact)) this.#facts.push(...this.#letGo(fact.container));
    }
    const next = step(this.plan, model, nowMs);
    this.#model = next.model;
    if (next.model !== before) this.#ports.changed(this, before);
    this.#wakeAt(next.wakeAtMs);
    for (const action of next.actions) void this.#perform(action);
  }

  #holds(fact: Fact, model: TaskModel): boolean {
    if (!('container' in fact) || !(fact.kind === 'died' || fact.kind === 'health' || fact.kind === 'vanished'))
      return false;
    const container = containerOf(model, fact.container);
    if (container?.applied !== 'RUNNING' || container.known === 'RUNNING') return false;
    this.#held.set(fact.container, [...(this.#held.get(fact.container) ?? []), fact]);
    return true;
  }

  #letGo(container: string): readonly ContainerFact[] {
    const held = this.#held.get(container) ?? [];
    this.#held.delete(container);
    return held;
  }

  async #perform(action: Action): Promise<void> {
    const { signal } = this.#life;
    if (action.kind === 'cancel-pull') {
      this.#pulls.get(action.container)?.abort();
      return;
    }
    let own = signal;
    if (action.kind === 'prepare-image') {
      const pull = new AbortController();
      this.#pulls.set(action.container, pull);
      own = pull.signal;
    }
    const facts = await this.#ports.performer.perform(this, action, own);
    if (action.kind === 'prepare-image') this.#pulls.delete(action.container);
    this.tell(...facts);
  }

  #wakeAt(atMs: number | undefined): void {
    if (this.#timer?.atMs === atMs) return;
    this.#timer?.cancel.abort();
    this.#timer = undefined;
    if (atMs === undefined) return;
    const cancel = new AbortController();
    this.#timer = { atMs, cancel };
    void this.#ports.clock.sleep(atMs - this.#ports.clock.now(), cancel.signal).then(() => {
      if (cancel.signal.aborted) return;
      this.#timer = undefined;
      this.tell();
    });
  }
}

function answersStart(fact: ContainerFact): boolean {
  return fact.kind === 'started' || fact.kind === 'call-failed' || fact.kind === 'call-delayed';
}
