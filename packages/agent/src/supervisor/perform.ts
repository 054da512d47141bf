import type { Clock } from '@gantry/domain';
import type { PayloadTask } from '@gantry/protocol';
import type { TaskCgroups } from '../cgroup/port.ts';
import type { Engine } from '../engine/port.ts';
import type { Firelens } from '../firelens/service.ts';
import type { SharedDirectories } from '../filesystems/port.ts';
import { isSandbox, needsRoot, runtimeOf } from '../isolation/classes.ts';
import type { TaskSandboxes } from '../isolation/sandboxes.ts';
import type { LogService } from '../logs/service.ts';
import type { TaskSecrets } from '../secrets/service.ts';
import type { SurroundingsOf } from '../metadata/port.ts';
import type { MetadataFiles } from '../metadata-file/files.ts';
import type { TaskNetwork } from '../network/port.ts';
import type { Log } from '../log.ts';
import { ContainerCalls, payloadContainer } from './container-calls.ts';
import type { SpecOptions } from './container-spec.ts';
import type { EngineGate } from './gate.ts';
import { ensureHolder, removeHolder } from './holder.ts';
import type { HostPorts } from './host-ports.ts';
import { PullFailed, type Images } from './images.ts';
import { insist, isUnreachable } from '../engine/insist.ts';
import type { Resource, TaskModel } from './model.ts';
import type { ContainerFact, Fact } from './observe.ts';
import type { TaskPlan } from './plan.ts';
import type { Action } from './step.ts';
import { makeVolumes, removeTask } from './task-resources.ts';

export interface PerformPorts {
  readonly engine: Engine;
  readonly network: TaskNetwork;
  /** `undefined`: no task shares a sandbox here. */
  readonly sandboxes?: TaskSandboxes | undefined;
  readonly cgroups: TaskCgroups;
  readonly images: Images;
  readonly gate: EngineGate;
  readonly hostPorts: HostPorts;
  readonly logs: LogService;
  /** `undefined`: containers are told nothing of where they are. */
  readonly surroundings?: SurroundingsOf | undefined;
  /** `undefined`: containers are given no metadata file. */
  readonly metadataFiles?: MetadataFiles | undefined;
  readonly secrets: TaskSecrets;
  /** `undefined`: tasks cannot have log routers of their own here. */
  readonly firelens?: Firelens | undefined;
  /** `undefined`: no file system of the control plane's host can be mounted here. */
  readonly directories?: SharedDirectories | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A task as an action sees it: the model is the one of this moment, not of when the action was decided. */
export interface TaskView {
  readonly plan: TaskPlan;
  readonly payload: PayloadTask;
  readonly model: TaskModel;
}

const MAKE_TRIES = 3;

/** Makes the calls that `step` decided on. Never rejects: what goes wrong is a fact like any other. */
export class Performer {
  readonly #ports: PerformPorts;
  readonly #options: SpecOptions;
  readonly #kept: () => Promise<void>;
  readonly #containers: ContainerCalls;

  /** `kept`: resolves when all that is known of the tasks is on the disk. */
  constructor(ports: PerformPorts, options: SpecOptions, kept: () => Promise<void>) {
    this.#ports = ports;
    this.#options = options;
    this.#kept = kept;
    this.#containers = new ContainerCalls(ports, options);
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
        return await this.#containers.create(view, action.container, signal);
      case 'start': {
        const facts = await this.#containers.start(view, action.container, signal);
        void this.#containers.tellFile(view, facts);
        return facts;
      }
      case 'stop':
        return await this.#containers.stop(view, action, signal);
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
          const limits = limitsOf(payload);
          const cgroupParent = await this.#try(signal, () => this.#ports.cgroups.ensure(plan.taskId, limits));
          return { kind: 'resource-ready', resource, cgroupParent };
        } catch (error) {
          return failed("failed to set up the task's cgroup", error);
        }
      case 'network':
        try {
          if (plan.needs.holder) {
            const { engine } = this.#ports;
            const held = await this.#try(signal, () => ensureHolder(engine, payload, this.#options.owner));
            return { kind: 'resource-ready', resource, pauseContainerId: held };
          }
          const pauseContainerId = await this.#try(signal, () => this.#attach(payload));
          await this.#try(signal, () => this.#enclose(view, pauseContainerId));
          return { kind: 'resource-ready', resource, pauseContainerId };
        } catch (error) {
          return failed(plan.needs.holder ? 'failed to make shared namespaces' : 'failed to configure ENI', error);
        }
      case 'volumes':
        try {
          await this.#try(signal, () => makeVolumes(this.#ports, payload, this.#options.owner));
          return { kind: 'resource-ready', resource };
        } catch (error) {
          return failed('failed to create volumes', error);
        }
      case 'secrets':
        return checked(resource, await this.#ports.secrets.fetch(payload, signal));
      case 'logs':
        return checked(resource, await this.#ports.logs.validate(plan, signal));
    }
  }

  /**
   * Everything that is made for a task may be asked for twice. It carries no owner's name, as containers do: made for a
   * task that a restart has forgotten it would stay for ever. So the task is on the disk first.
   */
  #try<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const make = async (): Promise<T> => {
      await this.#kept();
      signal.throwIfAborted();
      return await call();
    };
    return insist({ clock: this.#ports.clock, signal, tries: MAKE_TRIES }, make);
  }

  async #attach(payload: PayloadTask): Promise<string> {
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
    return (await this.#ports.network.attach(request)).pauseContainerId;
  }

  /** The sandbox that all containers of the task are in, with the task's limits: made when there is more than one to hold. */
  async #enclose({ plan, payload }: TaskView, pauseContainerId: string): Promise<void> {
    const { sandboxes, cgroups } = this.#ports;
    const { mostProcesses } = this.#options;
    const taskRuntime = runtimeOf(this.#options.taskRuntime, payload.containers);
    if (sandboxes === undefined || taskRuntime === undefined) return;
    if (!isSandbox(taskRuntime) || !needsRoot(plan.containers)) return;
    const cgroupParent = await cgroups.ensure(plan.taskId, limitsOf(payload));
    await sandboxes.ensure({ pauseContainerId, runtime: taskRuntime.runtime, cgroupParent, mostProcesses });
  }

  async #releaseNetwork({ plan, payload, model }: TaskView): Promise<void> {
    const { engine, sandboxes, network } = this.#ports;
    if (plan.needs.holder) return removeHolder(engine, payload);
    if (model.pauseContainerId !== undefined) await sandboxes?.remove(model.pauseContainerId);
    await network.release(plan.arn);
  }

  /** Insists: STOPPED is told when the address is free. What fails for good is tried again by the clean-up. */
  async #release(view: TaskView, resource: 'cgroup' | 'network', signal: AbortSignal): Promise<Fact> {
    const { clock, log, cgroups } = this.#ports;
    const what = `releasing the ${resource} of ${view.plan.arn}`;
    const onFailure = (error: unknown): void => log('warn', `${what}: ${messageOf(error)}`);
    try {
      await insist({ clock, signal, onFailure }, () =>
        resource === 'network' ? this.#releaseNetwork(view) : cgroups.remove(view.plan.taskId),
      );
    } catch (error) {
      if (!signal.aborted) log('error', `${what}: ${messageOf(error)}; the task is told STOPPED all the same`);
    }
    return { kind: 'resource-released', resource };
  }

  async #prepareImage(view: TaskView, container: string, signal: AbortSignal): Promise<ContainerFact> {
    const { image } = payloadContainer(view, container);
    const { login } = this.#ports.secrets.of(view.plan.arn, container);
    try {
      const { digest, pull, warning } = await this.#ports.images.prepare(image, signal, login);
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
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function checked(resource: Resource, reason: string | undefined): Fact {
  return reason === undefined ? { kind: 'resource-ready', resource } : { kind: 'resource-failed', resource, reason };
}

function limitsOf({ cpu, memory }: PayloadTask): Parameters<TaskCgroups['ensure']>[1] {
  return { cpuVcpus: positive(cpu), memoryMiB: positive(memory) };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
