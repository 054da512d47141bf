import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { EngineError, type ContainerState } from '../engine/port.ts';
import type { FirelensAdded } from '../firelens/added.ts';
import { NoRouterFiles } from '../firelens/service.ts';
import { containerSpec, fixedPorts, InvalidVolume, NoLogDriver, type SpecOptions } from './container-spec.ts';
import { factsOfState, isUp, portsOfState } from './engine-state.ts';
import { NoBlock } from './host-ports.ts';
import type { Surroundings } from '../metadata/port.ts';
import { rangeKey, readRange } from './port-ranges.ts';
import { insist, isNotFound, isUnreachable } from '../engine/insist.ts';
import { containerOf, type ContainerModel, type PortBinding } from './model.ts';
import { containerName, TASK_ARN_LABEL } from './naming.ts';
import { isEndedRun, MOST_STOP_ATTEMPTS, type ContainerFact } from './observe.ts';
import { messageOf, type PerformPorts, type TaskView } from './perform.ts';

const MOST_TIMEOUTS = 2;
const LOOKS = 5;

/**
 * Create, start and stop. An engine may do a thing and say that it did not, or say nothing: after such an answer it is
 * asked what there is, before anything is told of the container.
 */
export class ContainerCalls {
  readonly #ports: PerformPorts;
  readonly #options: SpecOptions;

  constructor(ports: PerformPorts, options: SpecOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async create(view: TaskView, container: string, signal: AbortSignal): Promise<readonly ContainerFact[]> {
    const { payload, model } = view;
    const wanted = payloadContainer(view, container);
    const name = containerName(payload, container);
    try {
      const secrets = this.#ports.secrets.of(payload.arn, container);
      const blocks = await this.#blocks(payload, wanted);
      const firelens = await this.#firelens(view, container);
      const told = this.#ports.surroundings?.(payload, wanted);
      const surroundings = this.#ports.metadataFiles === undefined ? told : await this.#withFile(view, wanted, told);
      const { directories } = this.#ports;
      const added = { secrets, blocks, surroundings, firelens, directories };
      const spec = containerSpec(payload, wanted, model, this.#options, added);
      const { id } = await this.#ports.gate.run('create', () => this.#ports.engine.createContainer(name, spec));
      return [{ kind: 'created', container, dockerId: id }];
    } catch (error) {
      if (error instanceof InvalidVolume) return [failure(container, `HostConfigError: ${error.message}`)];
      if (error instanceof NoBlock || error instanceof NoRouterFiles || error instanceof NoLogDriver)
        return [failure(container, `CannotCreateContainerError: ${error.message}`)];
      const attempts = containerOf(model, container)?.attempts ?? 0;
      if (error instanceof EngineError && error.kind === 'conflict') {
        // An earlier create did its work and only the answer was lost.
        const found = await this.#look(name, signal).catch(() => 'unknown' as const);
        if (found === 'unknown') return [{ kind: 'call-delayed', container }];
        if (found?.labels[TASK_ARN_LABEL] === payload.arn) return [{ kind: 'created', container, dockerId: found.id }];
      }
      if (isNotFound(error) && attempts === 0) {
        this.#ports.images.forget(wanted.image);
        return [{ kind: 'image-gone', container }];
      }
      return [this.#callFailed(view, container, 'CannotCreateContainerError', 'created', error)];
    }
  }

  async #withFile({ payload }: TaskView, wanted: PayloadContainer, told?: Surroundings): Promise<Surroundings> {
    const file = await this.#ports.metadataFiles?.begin(payload, wanted);
    return { ...told, environment: { ...told?.environment, ...file?.environment }, binds: file?.binds };
  }

  /** A container that has started is told where it runs. What fails here is no failure of the container. */
  async tellFile({ payload, plan, model }: TaskView, facts: readonly ContainerFact[]): Promise<void> {
    const { engine, log, metadataFiles } = this.#ports;
    const container = facts.find(({ kind }) => kind === 'started')?.container;
    const wanted = payload.containers.find(({ name }) => name === container);
    const id = container === undefined ? undefined : containerOf(model, container)?.dockerId;
    if (metadataFiles === undefined || wanted === undefined || id === undefined) return;
    try {
      const state = await engine.inspectContainer(id);
      if (state !== undefined) await metadataFiles.ready(payload, wanted, state);
    } catch (error) {
      log('warn', `the metadata file of container ${wanted.name} of ${plan.arn}: ${messageOf(error)}`);
    }
  }

  /** Nothing is waited for when the task has no log router. */
  #firelens(view: TaskView, name: string): Promise<FirelensAdded | undefined> | undefined {
    const { plan, model } = view;
    if (plan.firelens === undefined) return undefined;
    return this.#ports.firelens?.prepare(plan.firelens, {
      name,
      routerId: containerOf(model, plan.firelens.router)?.dockerId,
      secretsOf: (routed) => this.#ports.secrets.of(plan.arn, routed).logOptions,
      included: () => this.#ports.secrets.of(plan.arn, name).routerFile,
    });
  }

  async start(view: TaskView, container: string, signal: AbortSignal): Promise<readonly ContainerFact[]> {
    const { engine, gate, clock } = this.#ports;
    const seen = containerOf(view.model, container);
    const id = seen?.dockerId;
    if (seen === undefined || id === undefined)
      return [failure(container, 'CannotStartContainerError: it has no container')];
    try {
      // The answer of the last attempt was lost: it may have started, and even ended.
      const before = seen.maybeStarted === true ? await this.#startedSince(seen, id, signal) : undefined;
      if (before !== undefined) return before;
      await gate.run('start', () => engine.startContainer(id));
      const atMs = clock.now();
      const dynamic = view.plan.containers.find(({ name }) => name === container)?.dynamicPorts === true;
      const ports = dynamic
        ? await this.#portsOf(id, signal)
        : fixedPorts(view.payload, payloadContainer(view, container));
      return [{ kind: 'started', container, atMs, ports }];
    } catch (error) {
      return await this.#startFailed(view, { seen, id, error }, signal);
    }
  }

  async stop(
    view: TaskView,
    { container, timeoutS }: { readonly container: string; readonly timeoutS: number },
    signal: AbortSignal,
  ): Promise<readonly ContainerFact[]> {
    const { engine, clock } = this.#ports;
    const id = containerOf(view.model, container)?.dockerId;
    if (id === undefined) return [{ kind: 'vanished', container, atMs: clock.now() }];
    try {
      await engine.stopContainer(id, { timeoutS });
      // Mostly the event was here first, and nothing is left to ask.
      if (containerOf(view.model, container)?.known === 'STOPPED') return [];
      const state = await engine.inspectContainer(id);
      if (state === undefined) return [{ kind: 'vanished', container, atMs: clock.now() }];
      if (isUp(state)) throw new EngineError('failed', 'the container still runs after the engine stopped it');
      if (!hasRun(containerOf(view.model, container), state))
        return [{ kind: 'never-ran', container, atMs: clock.now() }];
      return factsOfState(container, state, clock.now(), true);
    } catch (error) {
      if (isNotFound(error)) return [{ kind: 'vanished', container, atMs: clock.now() }];
      const reason = `CannotStopContainerError: Error response from daemon: ${messageOf(error)}`;
      const engineAway = isUnreachable(error);
      const attempts = (containerOf(view.model, container)?.attempts ?? 0) + 1;
      if (!engineAway && attempts >= MOST_STOP_ATTEMPTS) await this.#removeByForce(view, id, signal);
      return [{ kind: 'stop-failed', container, reason, engineAway }];
    }
  }

  /** It is about to be told STOPPED: what it holds (ports, memory, an address) will be given to others. */
  async #removeByForce(view: TaskView, id: string, signal: AbortSignal): Promise<void> {
    const { clock, engine, log } = this.#ports;
    await insist({ clock, signal }, () => engine.removeContainer(id)).catch((error: unknown) => {
      if (signal.aborted) return;
      log('error', `container ${id} of ${view.plan.arn} can neither be stopped nor removed: ${messageOf(error)}`);
    });
  }

  /** A container that runs is not told STOPPED because the engine said that its start failed. */
  async #startFailed(
    view: TaskView,
    { seen, id, error }: { readonly seen: ContainerModel; readonly id: string; readonly error: unknown },
    signal: AbortSignal,
  ): Promise<readonly ContainerFact[]> {
    const container = seen.name;
    if (isUnreachable(error)) return [{ kind: 'call-delayed', container }];
    try {
      const facts = await this.#startedSince(seen, id, signal);
      if (facts !== undefined) return facts;
    } catch {
      return [{ kind: 'call-delayed', container }];
    }
    return [this.#callFailed(view, container, 'CannotStartContainerError', 'started', error)];
  }

  /** What happened since it was to be started; `undefined`: it was not. */
  async #startedSince(
    seen: ContainerModel,
    id: string,
    signal: AbortSignal,
  ): Promise<readonly ContainerFact[] | undefined> {
    const state = await this.#look(id, signal);
    if (state === undefined || !hasRun(seen, state)) return undefined;
    return factsOfState(seen.name, state, this.#ports.clock.now(), true);
  }

  /** Host ports for each range of a container in bridge mode. */
  async #blocks(
    { networkMode = 'bridge' }: PayloadTask,
    { portMappings }: PayloadContainer,
  ): Promise<ReadonlyMap<string, number>> {
    const blocks = new Map<string, number>();
    if (networkMode !== 'bridge') return blocks;
    for (const mapping of portMappings) {
      const range = readRange(mapping.containerPortRange ?? '');
      if (range === undefined) continue;
      blocks.set(rangeKey(mapping), await this.#ports.hostPorts.take(range.count, mapping.protocol));
    }
    return blocks;
  }

  async #portsOf(id: string, signal: AbortSignal): Promise<readonly PortBinding[]> {
    const state = await this.#look(id, signal).catch(() => undefined);
    return state === undefined ? [] : portsOfState(state);
  }

  #look(idOrName: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    const { clock, engine } = this.#ports;
    return insist({ clock, signal, tries: LOOKS }, () => engine.inspectContainer(idOrName));
  }

  #callFailed(view: TaskView, container: string, name: string, state: string, error: unknown): ContainerFact {
    if (isUnreachable(error)) return { kind: 'call-delayed', container };
    const words = this.#ports.secrets.hide(view.payload, messageOf(error));
    if (error instanceof EngineError && error.kind === 'timeout') {
      const attempts = containerOf(view.model, container)?.attempts ?? 0;
      if (attempts < MOST_TIMEOUTS) return { kind: 'call-delayed', container };
      return failure(container, `DockerTimeoutError: Could not transition to ${state}; ${words}`);
    }
    return failure(container, `${name}: Error response from daemon: ${words}`);
  }
}

export function payloadContainer(view: TaskView, name: string): PayloadContainer {
  const found = view.payload.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`Task ${view.plan.arn} has no container ${name}.`);
  return found;
}

/** Since its last restart in place, if there was one. */
function hasRun(seen: ContainerModel | undefined, { startedAtMs }: ContainerState): boolean {
  return startedAtMs !== undefined && !isEndedRun(seen, startedAtMs);
}

function failure(container: string, reason: string): ContainerFact {
  return { kind: 'call-failed', container, reason };
}
