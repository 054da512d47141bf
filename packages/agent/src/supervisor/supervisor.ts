import type { PayloadTask } from '@gantry/protocol';
import type { Checkpoint } from '../checkpoint/port.ts';
import { nextReport, type Report } from '../report/report.ts';
import type { Reportable, Reporter } from '../report/reporter.ts';
import { TaskActor } from './actor.ts';
import { EngineWatch } from './engine-watch.ts';
import { admit, type Candidate, type Capacity } from './admission.ts';
import { containerOf, type TaskModel } from './model.ts';
import type { Fact } from './observe.ts';
import { messageOf, Performer, type PerformPorts, type TaskView } from './perform.ts';
import { InvalidTask, newModel, planOf, type Reservation, type TaskPlan } from './plan.ts';
import { reconcile } from './reconcile.ts';
import type { SpecOptions } from './container-spec.ts';

export interface SupervisorPorts extends PerformPorts {
  readonly checkpoint: Checkpoint;
  readonly reporter: Reporter;
}

export interface SupervisorOptions extends SpecOptions {
  readonly cluster: string;
  readonly capacity: Capacity;
  readonly stopTimeoutS: number;
  readonly cleanUpDelayMs: number;
  /** Tasks that end together are cleaned up over this much longer. */
  readonly cleanUpJitterMs?: number | undefined;
  readonly resyncMs: number;
}

/** A container's health as it changes, for the telemetry session. */
export type HealthListener = (actor: TaskActor, container: string) => void;

/** All tasks of one instance: who may start, which event is whose, what is kept, and what is found again after a restart. */
export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #options: SupervisorOptions;
  readonly #performer: Performer;
  readonly #actors = new Map<string, TaskActor>();
  readonly #byContainer = new Map<string, { readonly actor: TaskActor; readonly container: string }>();
  readonly #life = new AbortController();
  #nextOrder = 0;
  /** Events from here on count: what happened before was looked up. */
  #restoredAtMs: number | undefined;
  onHealth: HealthListener = () => undefined;

  constructor(ports: SupervisorPorts, options: SupervisorOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#performer = new Performer(ports, options, () => ports.checkpoint.flush());
  }

  tasks(): Iterable<TaskActor> {
    return this.#actors.values();
  }

  task(arn: string): TaskActor | undefined {
    return this.#actors.get(arn);
  }

  /** Those of every task that may still have containers. */
  *imagesInUse(): Iterable<string> {
    for (const { payload } of this.tasks()) for (const { image } of payload.containers) yield image;
  }

  forgetImage(reference: string): void {
    this.#ports.images.forget(reference);
  }

  /** The reporter's view of the tasks. */
  *reportables(): Iterable<Reportable> {
    for (const actor of this.#actors.values()) yield this.#reportable(actor);
  }

  /**
   * Takes a task from a payload: a new one, or a word about one that is here (STOPPED is never lowered to RUNNING).
   * Starts at once; resolves when it is durable and may be acked.
   */
  async accept(payload: PayloadTask): Promise<void> {
    const known = this.#actors.get(payload.arn);
    if (known !== undefined) {
      if (payload.desiredStatus === 'STOPPED') known.tell({ kind: 'stop-wanted' });
    } else this.#add(payload);
    await this.#ports.checkpoint.flush();
  }

  /** Stops a task the control plane no longer wants; unknown ones are none of ours. */
  stop(arn: string): void {
    this.#actors.get(arn)?.tell({ kind: 'stop-wanted' });
  }

  /**
   * Brings the tasks of the checkpoint back and compares them with what the engine has: what ended meanwhile,
   * vanished, was created but not written down, or is nobody's.
   */
  async restore(documents: ReadonlyMap<string, unknown>): Promise<void> {
    this.#restoredAtMs = this.#ports.clock.now();
    const restored: TaskView[] = [];
    for (const [key, document] of documents) {
      if (!key.startsWith('task/')) continue;
      const model = this.#dueInTime(document as TaskModel);
      const payload = documents.get(`payload/${model.arn}`) as PayloadTask | undefined;
      if (payload === undefined) {
        this.#ports.checkpoint.delete(key);
        continue;
      }
      const plan = this.#planOf(payload);
      restored.push({ plan: 'plan' in plan ? plan.plan : emptyPlan(payload), payload, model });
      this.#nextOrder = Math.max(this.#nextOrder, model.order + 1);
    }
    const found = await reconcile(this.#ports, this.#options.owner, restored, this.#life.signal);
    if (this.#life.signal.aborted) return;
    for (const { task, facts } of found) {
      const actor = new TaskActor(this.#actorPorts(), task.plan, task.payload, task.model);
      this.#actors.set(task.plan.arn, actor);
      this.#index(actor);
      this.#followLogs(actor);
      actor.tell(...facts, ...exempt(task));
    }
    this.#admit();
  }

  /** The clock may have been set back while no agent ran: a clean-up never waits longer than it may. */
  #dueInTime(model: TaskModel): TaskModel {
    if (model.cleanUpAtMs === undefined) return model;
    const latestMs = this.#ports.clock.now() + this.#options.cleanUpDelayMs;
    return { ...model, cleanUpAtMs: Math.min(model.cleanUpAtMs, latestMs) };
  }

  /** Watches the engine until the signal aborts. */
  watch(signal: AbortSignal): Promise<void> {
    const { owner, resyncMs } = this.#options;
    const tracked = { containerOf: (id: string) => this.#byContainer.get(id), tasks: () => this.tasks() };
    return new EngineWatch(this.#ports, tracked, { owner, resyncMs, fromMs: this.#restoredAtMs }).run(signal);
  }

  /** Forgets everything. Containers go on running. */
  close(): void {
    this.#life.abort();
    for (const actor of this.#actors.values()) actor.close();
  }

  // ---- coming and going ----

  #add(payload: PayloadTask): void {
    const result = this.#planOf(payload);
    const plan = 'plan' in result ? result.plan : emptyPlan(payload);
    let model = newModel(plan, this.#nextOrder, payload.desiredStatus);
    this.#nextOrder += 1;
    if ('problem' in result) {
      const reason = `UnrecogniedTaskError: Error loading task - ${result.problem}`;
      model = { ...model, desired: 'STOPPED', reason };
      this.#ports.log('warn', `task ${payload.arn} cannot be run: ${result.problem}`);
    } else if (payload.desiredStatus === 'STOPPED' && plan.containers.length === 0) {
      // Whatever an earlier life of this agent made for it is given back.
      const resources = { ...model.resources, network: 'ready', cgroup: 'ready' } as const;
      model = { ...model, resources, reason: "TaskStateError: Agent could not progress task's state to stopped" };
    }
    const actor = new TaskActor(this.#actorPorts(), plan, payload, model);
    this.#actors.set(plan.arn, actor);
    this.#ports.checkpoint.put(`payload/${plan.arn}`, payload);
    this.#ports.checkpoint.put(`task/${plan.arn}`, model);
    if (model.desired === 'STOPPED' || plan.reservation === undefined) actor.tell(...exempt(actor));
    else this.#admit();
  }

  #planOf(payload: PayloadTask): { readonly plan: TaskPlan } | { readonly problem: string } {
    const isPlaced = payload.networkMode !== 'none' && payload.containers.length > 0;
    if (payload.roleCredentials !== undefined && isPlaced && this.#ports.surroundings === undefined)
      return { problem: 'it has a task role, and containers cannot ask for credentials on this instance' };
    try {
      const plan = planOf(payload, this.#options);
      if (plan.firelens !== undefined && this.#ports.firelens === undefined)
        return { problem: 'it has a log router (FireLens), which this instance does not offer' };
      // It would wait for them for ever, and all behind it, too.
      const unknown = plan.reservation?.gpuIds.find((id) => !this.#options.capacity.gpuIds.includes(id));
      return unknown === undefined ? { plan } : { problem: `its GPU ${unknown} is not on this instance` };
    } catch (error) {
      if (error instanceof InvalidTask) return { problem: error.message };
      // A shape the types promise and the wire did not keep.
      return { problem: messageOf(error) };
    }
  }

  /** Lets in who fits, in the order they came. */
  #admit(): void {
    const taken: Reservation[] = [];
    const waiting: Candidate[] = [];
    for (const { plan, model } of this.#actors.values()) {
      if (plan.reservation === undefined || model.stoppedAtMs !== undefined) continue;
      if (model.admitted) taken.push(plan.reservation);
      else if (model.desired === 'RUNNING')
        waiting.push({ arn: plan.arn, order: model.order, reservation: plan.reservation });
    }
    for (const arn of admit(this.#options.capacity, taken, waiting)) this.#actors.get(arn)?.tell({ kind: 'admitted' });
  }

  #actorPorts(): ConstructorParameters<typeof TaskActor>[0] {
    return {
      clock: this.#ports.clock,
      performer: this.#performer,
      changed: (actor, before) => this.#changed(actor, before),
    };
  }

  #changed(actor: TaskActor, before: TaskModel): void {
    const { model, plan } = actor;
    if (model.cleaning === 'done') return this.#forget(actor);
    this.#ports.checkpoint.put(`task/${plan.arn}`, model);
    this.#ports.reporter.poke(this.#reportable(actor));
    if (model.containers === before.containers && model.stoppedAtMs === before.stoppedAtMs) return;
    this.#index(actor);
    this.#followLogs(actor);
    for (const container of model.containers) {
      const was = containerOf(before, container.name);
      if (was?.health !== container.health || was?.known !== container.known) this.onHealth(actor, container.name);
    }
    if (model.stoppedAtMs === undefined || before.stoppedAtMs !== undefined) return;
    this.#ports.secrets.forget(plan.arn);
    this.#admit();
  }

  #forget(actor: TaskActor): void {
    actor.close();
    const { arn } = actor.plan;
    this.#actors.delete(arn);
    for (const { dockerId } of actor.model.containers) {
      if (dockerId === undefined) continue;
      this.#byContainer.delete(dockerId);
    }
    this.#ports.checkpoint.delete(`task/${arn}`);
    this.#ports.checkpoint.delete(`payload/${arn}`);
  }

  #index(actor: TaskActor): void {
    for (const { name, dockerId } of actor.model.containers) {
      if (dockerId !== undefined) this.#byContainer.set(dockerId, { actor, container: name });
    }
  }

  #followLogs(actor: TaskActor): void {
    for (const { name, dockerId, startedAtMs } of actor.model.containers) {
      if (dockerId === undefined || startedAtMs === undefined) continue;
      this.#ports.logs.follow(actor.plan, name, dockerId, () => containerOf(actor.model, name)?.known === 'RUNNING');
    }
  }

  #reportable(actor: TaskActor): Reportable {
    return {
      arn: actor.plan.arn,
      next: () => nextReport(actor.plan, actor.model, this.#options.cluster),
      accepted: (report: Report) => {
        const over = report.sent.task === 'STOPPED';
        const { cleanUpDelayMs, cleanUpJitterMs = 0 } = this.#options;
        const delayMs = cleanUpDelayMs + cleanUpJitterMs * shareOf(actor.plan.taskId);
        const cleanUpAtMs = over ? this.#ports.clock.now() + delayMs : undefined;
        actor.tell({ kind: 'sent', ...report.sent, cleanUpAtMs });
      },
    };
  }
}

/** A task's own number in [0, 1): its id is random. */
function shareOf(taskId: string): number {
  return (Number.parseInt(taskId.slice(-6), 16) || 0) / 2 ** 24;
}

/** Tasks that the instance does not account for start when they come. */
function exempt({ plan, model }: TaskView): readonly Fact[] {
  return plan.reservation === undefined && !model.admitted && model.desired === 'RUNNING' ? [{ kind: 'admitted' }] : [];
}

/** A payload that could not be read: no containers, nothing to do but to say so. */
function emptyPlan(payload: PayloadTask): TaskPlan {
  return {
    arn: payload.arn,
    taskId: payload.arn.slice(payload.arn.lastIndexOf('/') + 1),
    networkMode: 'bridge',
    containers: [],
    needs: {
      holder: false,
      cgroup: false,
      network: false,
      volumes: false,
      directories: false,
      secrets: false,
      logs: false,
    },
    firelens: undefined,
    attachmentArn: undefined,
    reservation: undefined,
  };
}
