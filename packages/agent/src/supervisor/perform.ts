import type { Clock } from '@gantry/domain';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { TaskCgroups } from '../cgroup/port.ts';
import { EngineError, type Engine } from '../engine/port.ts';
import type { LogService } from '../logs/service.ts';
import type { TaskNetwork } from '../network/port.ts';
import type { Log } from '../log.ts';
import { containerSpec, fixedPorts, InvalidVolume, type SpecOptions } from './container-spec.ts';
import { factsOfState, isUp, portsOfState } from './engine-state.ts';
import type { EngineGate } from './gate.ts';
import { PullFailed, type Images } from './images.ts';
import { containerOf, type ContainerModel, type PortBinding, type Resource, type TaskModel } from './model.ts';
import { containerName, TASK_ARN_LABEL } from './naming.ts';
import type { ContainerFact, Fact } from './observe.ts';
import type { TaskPlan } from './plan.ts';
import type { Action } from './step.ts';
import { makeVolumes, removeTask } from './task-resources.ts';

export interface PerformPorts {
  readonly engine: Engine;
  readonly network: TaskNetwork;
  readonly cgroups: TaskCgroups;
  readonly images: Images;
  readonly gate: EngineGate;
  readonly logs: LogService;
  readonly clock: Clock;
  readonly log: Log;
}

/** A task as an action sees it: the model is the one of this moment, not of when the action was decided. */
export interface TaskView {
  readonly plan: TaskPlan;
  readonly payload: PayloadTask;
  readonly model: TaskModel;
}

const MOST_TIMEOUTS = 2;
const NETWORK_TRIES = 3;
const NETWORK_RETRY_MS = 500;
const RELEASE_TRIES = 10;
const RELEASE_RETRY_MS = 500;

/** Makes the calls that `step` decided on. Never rejects: what goes wrong is a fact like any other. */
export class Performer {
  readonly #ports: PerformPorts;
  readonly #options: SpecOptions;

  constructor(ports: PerformPorts, options: SpecOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async perform(view: TaskView, action: Action, signal: AbortSignal): Promise<readonly Fact[]> {
    switch (action.kind) {
      case 'make':
        return [await this.#make(view, action.resource, signal)];
      case 'release':
        return [await this.#release(view, action.resource, signal)];
      case 'prepare-image':
        return [await this.#prepareImage(view, action.container, signal)];
      case 'create':
        return await this.#create(view, action.container);
      case 'start':
        return await this.#start(view, action.container);
      case 'stop':
        return await this.#stop(view, action.container, action.timeoutS);
      case 'clean-up':
        await removeTask(this.#ports, view, signal);
        return [{ kind: 'cleaned' }];
      case 'cancel-pull':
        return [];
    }
  }

  async #make(view: TaskView, resource: Resource, signal: AbortSignal): Promise<Fact> {
    const { payload, plan } = view;
    const failed = (what: string, error: unknown): Fact => ({
      kind: 'resource-failed',
      resource,
      reason: `ResourceInitializationError: ${what}: ${messageOf(error)}`,
    });
    switch (resource) {
      case 'cgroup':
        try {
          const limits = { cpuVcpus: positive(payload.cpu), memoryMiB: positive(payload.memory) };
          return {
            kind: 'resource-ready',
            resource,
            cgroupParent: await this.#ports.cgroups.ensure(plan.taskId, limits),
          };
        } catch (error) {
          return failed("failed to set up the task's cgroup", error);
        }
      case 'network':
        try {
          return { kind: 'resource-ready', resource, pauseContainerId: await this.#attach(payload, signal) };
        } catch (error) {
          return failed('failed to configure ENI', error);
        }
      case 'volumes':
        try {
          await makeVolumes(this.#ports.engine, payload, this.#options.owner);
          return { kind: 'resource-ready', resource };
        } catch (error) {
          return failed('failed to create volumes', error);
        }
      case 'logs': {
        const problem = await this.#ports.logs.validate(plan, signal);
        return problem === undefined
          ? { kind: 'resource-ready', resource }
          : { kind: 'resource-failed', resource, reason: problem };
      }
    }
  }

  async #attach(payload: PayloadTask, signal: AbortSignal): Promise<string> {
    const [eni] = payload.elasticNetworkInterfaces ?? [];
    if (eni === undefined) throw new Error('the payload names no network interface');
    const address = eni.ipv4Addresses.find(({ primary }) => primary) ?? eni.ipv4Addresses[0];
    const request = {
      taskArn: payload.arn,
      macAddress: eni.macAddress,
      ipv4Address: address?.privateAddress ?? '',
      gatewayCidr: eni.subnetGatewayIpv4Address,
      hostname: eni.privateDnsName,
      dnsServers: eni.domainNameServers,
    };
    for (let tries = 1; ; tries += 1) {
      try {
        return (await this.#ports.network.attach(request)).pauseContainerId;
      } catch (error) {
        if (tries >= NETWORK_TRIES || signal.aborted) throw error;
        await this.#ports.clock.sleep(NETWORK_RETRY_MS, signal);
      }
    }
  }

  /** Insists for a while: STOPPED is told when the address is free. What fails for good is tried again by the clean-up. */
  async #release(view: TaskView, resource: 'cgroup' | 'network', signal: AbortSignal): Promise<Fact> {
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        if (resource === 'network') await this.#ports.network.release(view.plan.arn);
        else await this.#ports.cgroups.remove(view.plan.taskId);
        break;
      } catch (error) {
        this.#ports.log('warn', `releasing the ${resource} of ${view.plan.arn}: ${messageOf(error)}`);
        if (tries >= RELEASE_TRIES) break;
        await this.#ports.clock.sleep(RELEASE_RETRY_MS, signal);
      }
    }
    return { kind: 'resource-released', resource };
  }

  async #prepareImage(view: TaskView, container: string, signal: AbortSignal): Promise<ContainerFact> {
    const { image } = payloadContainer(view, container);
    try {
      const { digest, pull, warning } = await this.#ports.images.prepare(image, signal);
      return { kind: 'image-ready', container, digest, pull, warning };
    } catch (error) {
      if (signal.aborted) return { kind: 'pull-cancelled', container };
      if (error instanceof PullFailed) {
        return { kind: 'call-failed', container, reason: error.message, pull: { startedAtMs: error.startedAtMs } };
      }
      if (isUnreachable(error)) return { kind: 'call-delayed', container };
      return { kind: 'call-failed', container, reason: `CannotPullContainerError: ${messageOf(error)}` };
    }
  }

  async #create(view: TaskView, container: string): Promise<readonly ContainerFact[]> {
    const { payload, model } = view;
    const wanted = payloadContainer(view, container);
    const name = containerName(payload, container);
    try {
      const spec = containerSpec(payload, wanted, model, this.#options);
      const { id } = await this.#ports.gate.run('create', () => this.#ports.engine.createContainer(name, spec));
      return [{ kind: 'created', container, dockerId: id }];
    } catch (error) {
      if (error instanceof InvalidVolume) return [failure(container, `HostConfigError: ${error.message}`)];
      const attempts = containerOf(model, container)?.attempts ?? 0;
      if (error instanceof EngineError && error.kind === 'conflict') {
        const adopted = await this.#adopt(payload.arn, container, name);
        if (adopted !== undefined) return [adopted];
      }
      if (error instanceof EngineError && error.kind === 'not-found' && attempts === 0) {
        this.#ports.images.forget(wanted.image);
        return [{ kind: 'image-gone', container }];
      }
      return [this.#callFailed(view, container, 'CannotCreateContainerError', 'created', error)];
    }
  }

  /** An earlier create did its work and only the answer was lost. */
  async #adopt(taskArn: string, container: string, name: string): Promise<ContainerFact | undefined> {
    const found = await this.#ports.engine.inspectContainer(name).catch(() => undefined);
    if (found === undefined || found.labels[TASK_ARN_LABEL] !== taskArn) return undefined;
    return { kind: 'created', container, dockerId: found.id };
  }

  async #start(view: TaskView, container: string): Promise<readonly ContainerFact[]> {
    const { engine, gate, clock } = this.#ports;
    const seen = containerOf(view.model, container);
    const id = seen?.dockerId;
    if (seen === undefined || id === undefined)
      return [failure(container, 'CannotStartContainerError: it has no container')];
    try {
      // The answer of the last attempt was lost: it may have started, and even ended.
      const before = seen.attempts > 0 ? await this.#startedSince(seen, id) : undefined;
      if (before !== undefined) return before;
      await gate.run('start', () => engine.startContainer(id));
      const atMs = clock.now();
      const dynamic = view.plan.containers.find(({ name }) => name === container)?.dynamicPorts === true;
      const ports = dynamic ? await this.#portsOf(id) : fixedPorts(view.payload, payloadContainer(view, container));
      return [{ kind: 'started', container, atMs, ports }];
    } catch (error) {
      return await this.#startFailed(view, seen, id, error);
    }
  }

  /** An engine may say no and do it all the same: a container that runs is not told STOPPED. */
  async #startFailed(
    view: TaskView,
    seen: ContainerModel,
    id: string,
    error: unknown,
  ): Promise<readonly ContainerFact[]> {
    const container = seen.name;
    if (!isUnreachable(error)) {
      try {
        const facts = await this.#startedSince(seen, id);
        if (facts !== undefined) return facts;
      } catch {
        return [{ kind: 'call-delayed', container }];
      }
    }
    return [this.#callFailed(view, container, 'CannotStartContainerError', 'started', error)];
  }

  /** What happened since it was to be started; `undefined`: it was not. */
  async #startedSince(seen: ContainerModel, id: string): Promise<readonly ContainerFact[] | undefined> {
    const state = await this.#ports.engine.inspectContainer(id);
    if (state === undefined || (state.startedAtMs ?? 0) <= (seen.restartedAtMs ?? 0)) return undefined;
    return factsOfState(seen.name, state, this.#ports.clock.now(), true);
  }

  async #portsOf(id: string): Promise<readonly PortBinding[]> {
    const state = await this.#ports.engine.inspectContainer(id).catch(() => undefined);
    return state === undefined ? [] : portsOfState(state);
  }

  async #stop(view: TaskView, container: string, timeoutS: number): Promise<readonly ContainerFact[]> {
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
      return factsOfState(container, state, clock.now(), true);
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'not-found')
        return [{ kind: 'vanished', container, atMs: clock.now() }];
      const reason = `CannotStopContainerError: Error response from daemon: ${messageOf(error)}`;
      return [{ kind: 'stop-failed', container, reason, engineAway: isUnreachable(error) }];
    }
  }

  #callFailed(view: TaskView, container: string, name: string, state: string, error: unknown): ContainerFact {
    if (isUnreachable(error)) return { kind: 'call-delayed', container };
    if (error instanceof EngineError && error.kind === 'timeout') {
      const attempts = containerOf(view.model, container)?.attempts ?? 0;
      if (attempts < MOST_TIMEOUTS) return { kind: 'call-delayed', container };
      return failure(container, `DockerTimeoutError: Could not transition to ${state}; ${error.message}`);
    }
    return failure(container, `${name}: Error response from daemon: ${messageOf(error)}`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function payloadContainer(view: TaskView, name: string): PayloadContainer {
  const found = view.payload.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`Task ${view.plan.arn} has no container ${name}.`);
  return found;
}

function failure(container: string, reason: string): ContainerFact {
  return { kind: 'call-failed', container, reason };
}

function isUnreachable(error: unknown): boolean {
  return error instanceof EngineError && error.kind === 'unreachable';
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
