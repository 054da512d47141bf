import type { Clock, Ids } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import type { EngineInfo } from '../engine/port.ts';
import type { Log } from '../log.ts';
import type { Capacity } from '../supervisor/admission.ts';
import { capabilities, customAttributes, notEchoed, totalResources, type InstanceIdentity } from './attributes.ts';
import { Backoff } from './backoff.ts';
import { isTransient, type ControlPlaneLink } from './port.ts';

export interface Registration {
  readonly cluster: string;
  readonly identity: InstanceIdentity;
  readonly capacity: Capacity;
  readonly engine: EngineInfo;
  /** The same over all tries of one registration. */
  readonly clientToken: string;
  /** From the checkpoint: the instance keeps who it is. */
  readonly containerInstanceArn?: string | undefined;
}

export interface RegisterPorts {
  readonly link: ControlPlaneLink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** `exitCode` 5: trying again is useless; 1: a supervisor may start the agent anew. */
export class RegistrationFailed extends Error {
  override readonly name = 'RegistrationFailed';
  readonly exitCode: 1 | 5;
  constructor(exitCode: 1 | 5, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

const GIVE_UP_MS = 3_600_000;
const BACKOFF = { firstMs: 100, factor: 2, mostMs: 10_000, jitter: 0.2 } as const;

/**
 * Registers the instance and returns its ARN. A control plane that is not there yet is waited for, up to an hour.
 * @throws RegistrationFailed
 */
export async function register(ports: RegisterPorts, registration: Registration, signal: AbortSignal): Promise<string> {
  const input = registerInput(registration);
  const backoff = new Backoff(ports.clock, ports.ids, BACKOFF);
  const until = ports.clock.elapsedMs() + GIVE_UP_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      const { containerInstance } = await ports.link.call('RegisterContainerInstance', input, signal);
      const arn = containerInstance?.containerInstanceArn ?? '';
      if (arn === '') throw new RegistrationFailed(5, 'The control plane registered the instance but gave it no ARN.');
      const changed = notEchoed(input.attributes ?? [], containerInstance?.attributes ?? []);
      if (changed !== undefined) {
        throw new RegistrationFailed(
          5,
          `The control plane did not keep the attribute ${changed.name}=${changed.value}.`,
        );
      }
      return arn;
    } catch (error) {
      if (error instanceof RegistrationFailed) throw error;
      if (signal.aborted) throw error;
      const text = error instanceof Error ? error.message : String(error);
      if (!isTransient(error))
        throw new RegistrationFailed(5, `The control plane refuses this instance: ${text}`, error);
      if (ports.clock.elapsedMs() >= until)
        throw new RegistrationFailed(1, `The control plane did not answer for an hour: ${text}`, error);
      if (tries === 1) ports.log('info', `waiting for the control plane: ${text}`);
      await backoff.wait(signal);
    }
  }
}

export function registerInput(registration: Registration): EcsOperations['RegisterContainerInstance']['input'] {
  const { identity, containerInstanceArn, clientToken } = registration;
  const { gpuIds } = registration.capacity;
  const first = containerInstanceArn === undefined;
  const attributes = [...capabilities(identity, registration.engine), ...(first ? customAttributes(identity) : [])];
  const input = {
    cluster: registration.cluster,
    attributes: [...attributes],
    totalResources: [...totalResources(registration.capacity)],
    ...(gpuIds.length === 0 ? {} : { platformDevices: gpuIds.map((id) => ({ id, type: 'GPU' as const })) }),
    instanceIdentityDocument: '',
    instanceIdentityDocumentSignature: '',
    containerInstanceArn,
    // Not in the public model, but part of what agents send.
    clientToken,
  };
  return input;
}
