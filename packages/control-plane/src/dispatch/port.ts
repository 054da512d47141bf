import type { FrameSocket } from '@gantry/protocol';
import type { Caller } from '../platform.ts';
import type { ExecChannels } from './exec/sessions.ts';

export type SessionKind = 'acs' | 'tcs';

/** What the front door needs of the agent sessions. */
export interface Dispatch {
  /** Sessions between clients and programs in containers. */
  readonly exec: ExecChannels;
  /**
   * Checks a websocket handshake before it is upgraded and returns what to do with the socket once it is.
   * @throws ServiceError InvalidInstanceException | InactiveInstanceException | InvalidClusterException |
   * AccessDeniedException: answer the handshake with `handshakeError(error)`.
   */
  admit(kind: SessionKind, params: URLSearchParams, caller: Caller): (socket: FrameSocket) => void;
  /** `admit` and its result in one: for a socket that is open already. Same errors, thrown before the socket is touched. */
  accept(kind: SessionKind, params: URLSearchParams, socket: FrameSocket, caller: Caller): void;
  /** Closes all sockets with 1001, staggered (agents come back at once), and stops all timers. Writes nothing. */
  stop(): Promise<void>;
}
