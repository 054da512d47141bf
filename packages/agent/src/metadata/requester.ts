import type { PayloadContainer } from '@gantry/protocol';
import { containerOf } from '../supervisor/model.ts';
import type { TaskView } from '../supervisor/perform.ts';
import type { HandlerPorts, MetadataSource } from './port.ts';

/** A task of one of the instances here. */
export interface Asked {
  readonly source: MetadataSource;
  readonly view: TaskView;
}

export interface AskedContainer extends Asked {
  readonly container: PayloadContainer;
}

const MOST_KNOWN = 10_000;

/**
 * Whose request it is. An id is a secret of its own; it counts only from where its task is: the task's address
 * (awsvpc), an address of one of its containers (bridge), the host (host mode).
 */
export class Requesters {
  readonly #ports: HandlerPorts;
  /** Addresses the engine gave, by container id. */
  readonly #addresses = new Map<string, readonly string[]>();

  constructor(ports: HandlerPorts) {
    this.#ports = ports;
  }

  /** `undefined`: no such id, or not from there. */
  async container(endpointId: string, remoteAddress: string): Promise<AskedContainer | undefined> {
    for (const asked of this.#live()) {
      const { source, view } = asked;
      const container = view.payload.containers.find(
        ({ name }) => source.endpoints.idOf({ taskArn: view.payload.arn, container: name }) === endpointId,
      );
      if (container === undefined) continue;
      return (await this.#isFrom(asked, remoteAddress, container.name)) ? { ...asked, container } : undefined;
    }
    return undefined;
  }

  /** The task whose role's credentials have this id. */
  async credentials(id: string, remoteAddress: string): Promise<Asked | undefined> {
    for (const asked of this.#live()) {
      const { roleCredentials, executionRoleCredentials } = asked.view.payload;
      if (roleCredentials?.credentialsId !== id && executionRoleCredentials?.credentialsId !== id) continue;
      return (await this.#isFrom(asked, remoteAddress)) ? asked : undefined;
    }
    return undefined;
  }

  /** The awsvpc task that has this address. */
  byAddress(remoteAddress: string): Asked | undefined {
    for (const asked of this.#live()) if (hasAddress(asked.view, remoteAddress)) return asked;
    return undefined;
  }

  /** Tasks whose containers may run. */
  *#live(): Generator<Asked> {
    for (const source of this.#ports.sources())
      for (const view of source.tasks()) if (view.model.stoppedAtMs === undefined) yield { source, view };
  }

  async #isFrom({ source, view }: Asked, remoteAddress: string, container?: string): Promise<boolean> {
    switch (view.payload.networkMode ?? 'bridge') {
      case 'awsvpc':
        return hasAddress(view, remoteAddress);
      case 'host':
        return this.#ports.isHost(remoteAddress);
      case 'none':
        return false;
      default:
        return this.#isOnBridge(source, view, remoteAddress, container);
    }
  }

  /** The engine gives addresses at every start: what is not known, or is not so any more, is looked up. */
  async #isOnBridge(source: MetadataSource, view: TaskView, remoteAddress: string, only?: string): Promise<boolean> {
    const names = view.payload.containers.map(({ name }) => name).filter((name) => only === undefined || name === only);
    for (const name of names) {
      const dockerId = containerOf(view.model, name)?.dockerId;
      if (dockerId === undefined) continue;
      if (this.#addresses.get(dockerId)?.includes(remoteAddress) === true && this.#onlyHere(dockerId, remoteAddress))
        return true;
      const state = await source.engine.inspectContainer(dockerId).catch(() => undefined);
      this.#remember(dockerId, state?.status === 'running' ? (state.addresses ?? []) : []);
      if (this.#addresses.get(dockerId)?.includes(remoteAddress) === true) return true;
    }
    return false;
  }

  /** An address that was given to another container meanwhile is no proof. */
  #onlyHere(dockerId: string, address: string): boolean {
    for (const [other, addresses] of this.#addresses)
      if (other !== dockerId && addresses.includes(address)) return false;
    return true;
  }

  #remember(dockerId: string, addresses: readonly string[]): void {
    this.#addresses.delete(dockerId);
    this.#addresses.set(dockerId, addresses);
    for (const oldest of this.#addresses.keys()) {
      if (this.#addresses.size <= MOST_KNOWN) break;
      this.#addresses.delete(oldest);
    }
  }
}

function hasAddress({ payload }: TaskView, address: string): boolean {
  if (payload.networkMode !== 'awsvpc') return false;
  return (payload.elasticNetworkInterfaces ?? []).some((eni) =>
    eni.ipv4Addresses.some(({ privateAddress }) => privateAddress === address),
  );
}
