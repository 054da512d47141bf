import { objectOf } from './channel.ts';

/** The first message of a client, as text: it must hold the token of the session. */
export interface OpenDataChannel {
  readonly MessageSchemaVersion: '1.0';
  readonly RequestId: string;
  readonly TokenValue: string;
  readonly ClientId: string;
  readonly ClientVersion: string;
}

/** A command of this name and a port is no program: the session is a connection to that port of the container. */
export const PORT_FORWARD = 'gantry-port-forward';

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/**
 * What our own command line adds to its handshake response, and session-manager-plugin does not. Who sends it knows the payloads
 * `stderr` and `exitCode` and the flag `endOfInput`, and takes larger pieces.
 */
export interface ClientWishes {
  /** Absent: no terminal; the program reads and writes pipes. */
  readonly terminal?: TerminalSize | undefined;
}

/** The agent's side begins with this (payload type 5). */
export function handshakeRequest(): string {
  const ActionParameters = { SessionType: 'InteractiveCommands', Properties: null };
  const RequestedClientActions = [{ ActionType: 'SessionType', ActionParameters }];
  return JSON.stringify({ AgentVersion: '3.3.0.0', RequestedClientActions });
}

/** What a client answers (payload type 6). */
export function handshakeResponse(clientVersion: string, wishes?: ClientWishes): string {
  const ProcessedClientActions = [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }];
  const Gantry = wishes === undefined ? {} : { Gantry: wishes };
  return JSON.stringify({ ClientVersion: clientVersion, ProcessedClientActions, Errors: [], ...Gantry });
}

/** `undefined`: the client is not ours: it has a terminal and tells its size later. */
export function wishesOf(payload: Uint8Array): ClientWishes | undefined {
  const wishes = objectOf(payload)['Gantry'];
  if (typeof wishes !== 'object' || wishes === null) return undefined;
  const { terminal } = wishes as { readonly terminal?: unknown };
  return { terminal: terminal === undefined ? undefined : (sizeOf(terminal) ?? { cols: 80, rows: 24 }) };
}

/** Payload type 7. */
export function handshakeComplete(tookMs: number): string {
  return JSON.stringify({ HandshakeTimeToComplete: Math.round(tookMs * 1_000_000), CustomerMessage: '' });
}

/** Payload type 3; `undefined` for what no terminal can be. */
export function readSize(payload: Uint8Array): TerminalSize | undefined {
  return sizeOf(objectOf(payload));
}

function sizeOf(value: unknown): TerminalSize | undefined {
  const { cols, rows } = (value ?? {}) as { readonly cols?: unknown; readonly rows?: unknown };
  return isSide(cols) && isSide(rows) ? { cols, rows } : undefined;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}

/** Payload type 10. */
export function flagPayload(flag: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(flag);
  return payload;
}

export function readFlag(payload: Uint8Array): number | undefined {
  return payload.length === 4 ? Buffer.from(payload).readUInt32BE() : undefined;
}
