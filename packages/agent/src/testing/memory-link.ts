import type { ByteSocket, FrameSocket } from '@gantry/protocol';
import { bytePair } from '@gantry/testkit/byte-pair.ts';
import { socketPair, withHeaderBlock } from '@gantry/testkit/socket-pair.ts';
import {
  LinkError,
  type AgentOperation,
  type CallWhere,
  type ControlPlaneLink,
  type Input,
  type Output,
} from '../session/port.ts';

/** A control plane in the same process, as the link needs it. */
export interface MemoryControlPlane {
  /** Throws errors with a `code`, as handlers do. */
  call(operation: AgentOperation, input: unknown, options: CallWhere): Promise<unknown>;
  /** Takes the control plane's end of a new socket, or throws an error with a `code`: the handshake is refused. */
  accept(kind: 'acs' | 'tcs', params: URLSearchParams, socket: FrameSocket): void;
  /** Takes its end of an exec session's socket, or throws. */
  join(params: URLSearchParams, socket: ByteSocket): void;
}

/** The link of tests and the simulator. Nothing is lost on it unless it is told so. */
export class MemoryLink implements ControlPlaneLink {
  readonly #plane: MemoryControlPlane;
  readonly #open = new Set<{ cut(): void }>();
  readonly #faults = new Map<string, { readonly error: Error; readonly afterEffect: boolean }[]>();
  /** Nobody answers: calls and handshakes fail, open sockets were cut. */
  #down = false;

  constructor(plane: MemoryControlPlane) {
    this.#plane = plane;
  }

  /** The network to the control plane is gone until `comeUp`. */
  goDown(): void {
    this.#down = true;
    this.cut();
  }

  comeUp(): void {
    this.#down = false;
  }

  /** Both ends of every open socket see 1006. */
  cut(): void {
    for (const pair of this.#open) pair.cut();
    this.#open.clear();
  }

  /** The next call of this operation fails. `afterEffect`: it does its work and only the answer is lost. */
  failNext(
    operation: AgentOperation,
    error: Error = unreachable(),
    options: { readonly times?: number; readonly afterEffect?: boolean } = {},
  ): void {
    const faults = this.#faults.get(operation) ?? [];
    for (let i = 0; i < (options.times ?? 1); i += 1) faults.push({ error, afterEffect: options.afterEffect ?? false });
    this.#faults.set(operation, faults);
  }

  async call<O extends AgentOperation>(
    operation: O,
    input: Input<O>,
    signal: AbortSignal,
    options: CallWhere = {},
  ): Promise<Output<O>> {
    await Promise.resolve();
    if (signal.aborted) throw unreachable();
    const fault = this.#faults.get(operation)?.shift();
    if (this.#down) throw unreachable();
    if (fault !== undefined && !fault.afterEffect) throw fault.error;
    let output: unknown;
    try {
      output = await this.#plane.call(operation, input, options);
    } catch (error) {
      throw asLinkError(error);
    }
    if (fault !== undefined) throw fault.error;
    if (this.#down || signal.aborted) throw unreachable();
    return output as Output<O>;
  }

  async connect(kind: 'acs' | 'tcs', url: string): Promise<FrameSocket> {
    await Promise.resolve();
    if (this.#down) throw unreachable();
    const pair = socketPair();
    try {
      this.#plane.accept(kind, new URL(url).searchParams, pair.server);
    } catch (error) {
      throw asLinkError(error);
    }
    this.#open.add(pair);
    return kind === 'tcs' ? withHeaderBlock(pair.agent) : pair.agent;
  }

  async connectBytes(url: string): Promise<ByteSocket> {
    await Promise.resolve();
    if (this.#down) throw unreachable();
    const pair = bytePair();
    try {
      this.#plane.join(new URL(url).searchParams, pair.near);
    } catch (error) {
      throw asLinkError(error);
    }
    this.#open.add(pair);
    return pair.far;
  }
}

function unreachable(): LinkError {
  return new LinkError('Unreachable', 'The control plane does not answer.');
}

function asLinkError(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const { code, status } = error as { readonly code?: unknown; readonly status?: number };
  const message = error instanceof Error ? error.message : String(error);
  return new LinkError(typeof code === 'string' ? code : 'InternalFailure', message, { status, cause: error });
}
