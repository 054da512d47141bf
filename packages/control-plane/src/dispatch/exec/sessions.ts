import type { Task } from '@gantry/domain';
import { ServiceError, type AcsToAgent, type ByteSocket } from '@gantry/protocol';
import type { Caller, Platform } from '../../platform.ts';
import { admitInstance } from '../admission.ts';
import { instanceKey } from '../keys.ts';
import { ExecSession } from './session.ts';

/** Path of a client's websocket, without the session's id. */
export const DATA_CHANNEL_PATH = '/v1/data-channel/';
export const AGENT_PATH = '/exec/ws';

const MOST_SESSIONS = 2_000;

export interface ExecGrant {
  readonly sessionId: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
}

/** What ExecuteCommand and the front door need of the sessions. */
export interface ExecChannels {
  /**
   * A session for this command in this container of a placed task.
   * @throws ServiceError ClientException: there are too many.
   */
  grant(task: Task, containerName: string, command: string): ExecGrant;
  /** @throws ServiceError 404 there is no such session. What to do with the client's socket otherwise. */
  admitClient(sessionId: string): (socket: ByteSocket) => void;
  /** @throws ServiceError as `admitInstance`, and 404 when the session is none of this instance's. */
  admitAgent(params: URLSearchParams, caller: Caller): (socket: ByteSocket) => void;
}

/** All sessions of ECS Exec. In memory: they end with the control plane. */
export class ExecSessions implements ExecChannels {
  readonly #platform: Platform;
  /** Sends the agent of an instance a frame; `false`: it is not connected. */
  readonly #tell: (instanceKey: string, frame: AcsToAgent) => boolean;
  readonly #sessions = new Map<string, ExecSession>();
  #isStopped = false;

  constructor(platform: Platform, tell: (instanceKey: string, frame: AcsToAgent) => boolean) {
    this.#platform = platform;
    this.#tell = tell;
  }

  grant(task: Task, containerName: string, command: string): ExecGrant {
    this.#forgetExpired();
    if (this.#sessions.size >= MOST_SESSIONS || this.#isStopped) {
      throw new ServiceError('ClientException', `There are ${MOST_SESSIONS} sessions already. End some and try again.`);
    }
    const { clock, ids, config, log } = this.#platform;
    const { endpoint } = config;
    const sessionId = `ecs-execute-command-${ids.hex32()}`;
    const tokenValue = Buffer.from(ids.hex32() + ids.hex32(), 'hex').toString('base64url');
    const { taskArn } = task;
    const key = task.instanceKey ?? '';
    const message = { sessionId, taskArn, containerName, command, endpoint: `${endpoint}/exec/` };
    const session = new ExecSession({
      clock,
      ids,
      sessionId,
      token: tokenValue,
      instanceKey: key,
      ask: () => this.#tell(key, { type: 'ExecSessionMessage', message }),
      over: () => {
        this.#sessions.delete(sessionId);
        log('info', 'an exec session is over', { session: sessionId, task: taskArn });
      },
    });
    this.#sessions.set(sessionId, session);
    const streamUrl = `${endpoint.replace(/^http/, 'ws')}${DATA_CHANNEL_PATH}${sessionId}?role=publish_subscribe`;
    return { sessionId, streamUrl, tokenValue };
  }

  admitClient(sessionId: string): (socket: ByteSocket) => void {
    this.#forgetExpired();
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw noSession();
    return (socket) => session.claimedBy(socket);
  }

  admitAgent(params: URLSearchParams, caller: Caller): (socket: ByteSocket) => void {
    const key = instanceKey(admitInstance(this.#platform.state.tables, params, caller));
    const session = this.#sessions.get(params.get('sessionId') ?? '');
    if (session?.instanceKey !== key || !session.waitsForAgent) throw noSession();
    return (socket) => session.joinedBy(socket);
  }

  stop(): void {
    this.#isStopped = true;
    for (const session of this.#sessions.values()) session.end('The session ended: the control plane stops.', 1001);
  }

  #forgetExpired(): void {
    for (const [id, session] of this.#sessions) if (session.isExpired) this.#sessions.delete(id);
  }
}

function noSession(): ServiceError {
  const words = 'There is no such session: it is over, or its token has expired. Ask for a new one.';
  return new ServiceError('BadRequestException', words, { status: 404 });
}
