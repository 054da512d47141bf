import type {
  AcsFromAgent,
  ExecSessionMessage,
  FrameSocket,
  IamRoleCredentialsMessage,
  NetworkMapMessage,
  PayloadMessage,
  PayloadTask,
  RoleCredentials,
  RoleType,
  TaskIdentifier,
  TaskManifestMessage,
} from '@gantry/protocol';
import type { Log } from '../log.ts';
import { withoutSecrets } from '../metadata/credentials.ts';
import { messageOf } from '../supervisor/perform.ts';

/** What the commands act on. */
export interface AcsTarget {
  /** Resolves when the task is durable; rejects when it cannot be kept. */
  accept(task: PayloadTask): Promise<void>;
  /** Before the task itself, when they come with its payload. */
  takeCredentials(taskArn: string, roleType: RoleType, credentials: RoleCredentials): void;
  /** Whether there is such a task. */
  has(taskArn: string): boolean;
  /** ARNs and clusters of tasks that shall run here, as far as this agent knows. */
  running(): readonly { readonly arn: string; readonly clusterArn: string }[];
  stop(taskArn: string): void;
  /** Somebody waits for a program in a container. */
  exec(message: ExecSessionMessage): void;
  /** Something is new in the network. `false`: it cannot be used without one that did not come. */
  takeMap(message: NetworkMapMessage): boolean;
  /** The highest number a manifest had; survives restarts. */
  readonly manifestSeq: number;
  rememberManifest(seq: number): void;
}

export interface AcsIdentity {
  readonly cluster: string;
  readonly containerInstanceArn: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The command channel: what comes in, what is acked (agent-protocol 3.1, 3.2). Lives over many connections. */
export class AcsHandler {
  readonly #target: AcsTarget;
  readonly #identity: AcsIdentity;
  readonly #log: Log;
  /** Payloads and manifests share one counter: the highest number seen. */
  #seq: number;
  #lastManifest: string | undefined;

  constructor(target: AcsTarget, identity: AcsIdentity, log: Log) {
    this.#target = target;
    this.#identity = identity;
    this.#log = log;
    this.#seq = target.manifestSeq;
  }

  /** One frame. What does not fit the protocol is dropped with a line in the log, never with an exception. */
  frame(socket: FrameSocket, text: string): void {
    const frame = parseFrame(text);
    if (frame === undefined) return this.#log('warn', 'dropped a frame that is no message');
    const { type, message } = frame;
    switch (type) {
      case 'HeartbeatMessage':
        if (typeof message['messageId'] === 'string') {
          send(socket, { type: 'HeartbeatAckRequest', message: { messageId: message['messageId'] } });
        }
        return;
      case 'PayloadMessage':
        if (isPayload(message)) void this.#payload(socket, message);
        else this.#log('warn', 'dropped a PayloadMessage that lacks members');
        return;
      case 'TaskManifestMessage':
        if (isManifest(message)) void this.#manifest(socket, message);
        else this.#log('warn', 'dropped a TaskManifestMessage that lacks members');
        return;
      case 'IAMRoleCredentialsMessage':
        if (isCredentials(message)) this.#credentials(socket, message);
        else this.#log('warn', 'dropped an IAMRoleCredentialsMessage that lacks members');
        return;
      case 'NetworkMapMessage':
        if (!isNetworkMap(message)) this.#log('warn', 'dropped a NetworkMapMessage that lacks members');
        else if (this.#target.takeMap(message)) this.#ack(socket, message.messageId);
        return;
      case 'ExecSessionMessage':
        if (isExecSession(message)) this.#target.exec(message);
        return;
      case 'TaskStopVerificationAck':
        return this.#stopVerified(message);
      default:
        this.#log('debug', `dropped a frame of type ${type}`);
    }
  }

  async #payload(socket: FrameSocket, message: PayloadMessage): Promise<void> {
    this.#seq = Math.max(this.#seq, message.seqNum);
    const stops = message.tasks.filter(({ desiredStatus }) => desiredStatus === 'STOPPED');
    const starts = message.tasks.filter(({ desiredStatus }) => desiredStatus !== 'STOPPED');
    try {
      for (const task of message.tasks) {
        for (const [type, given] of rolesOf(task)) this.#target.takeCredentials(task.arn, type, given);
      }
      await Promise.all([...stops, ...starts].map((task) => this.#target.accept(withoutSecrets(task))));
      for (const task of message.tasks) {
        for (const [, given] of rolesOf(task)) ackCredentials(socket, message.messageId, given);
      }
      this.#ack(socket, message.messageId);
    } catch (error) {
      // Not acked: it comes again.
      this.#log('error', `message ${message.messageId} cannot be kept: ${messageOf(error)}`);
    }
  }

  /** Those of a task that is not here are not acked. */
  #credentials(
    socket: FrameSocket,
    { messageId, taskArn, roleType, roleCredentials }: IamRoleCredentialsMessage,
  ): void {
    if (!this.#target.has(taskArn)) return;
    this.#target.takeCredentials(taskArn, roleType, roleCredentials);
    ackCredentials(socket, messageId, roleCredentials);
  }

  async #manifest(socket: FrameSocket, message: TaskManifestMessage): Promise<void> {
    if (message.timeline <= this.#seq) return;
    this.#seq = message.timeline;
    this.#target.rememberManifest(message.timeline);
    this.#lastManifest = message.messageId;
    this.#ack(socket, message.messageId);
    const wanted = new Set(message.tasks.filter((t) => t.desiredStatus === 'RUNNING').map(({ taskArn }) => taskArn));
    const stopCandidates = this.#target
      .running()
      .filter(({ arn }) => !wanted.has(arn))
      .map(({ arn, clusterArn }) => ({ taskArn: arn, taskClusterArn: clusterArn, desiredStatus: 'STOPPED' as const }));
    if (stopCandidates.length === 0) return;
    send(socket, { type: 'TaskStopVerificationMessage', message: { messageId: message.messageId, stopCandidates } });
  }

  #stopVerified(message: JsonObject): void {
    if (message['messageId'] !== this.#lastManifest || !Array.isArray(message['stopTasks'])) return;
    for (const { taskArn } of message['stopTasks'] as readonly TaskIdentifier[]) this.#target.stop(taskArn);
  }

  #ack(socket: FrameSocket, messageId: string): void {
    const { cluster, containerInstanceArn: containerInstance } = this.#identity;
    send(socket, { type: 'AckRequest', message: { cluster, containerInstance, messageId } });
  }
}

export interface AcsQuery extends AcsIdentity {
  readonly agentHash: string;
  readonly agentVersion: string;
  readonly dockerVersion: string;
  readonly sendCredentials: boolean;
}

export function acsUrl(endpoint: string, query: AcsQuery): string {
  const params = new URLSearchParams({
    agentHash: query.agentHash,
    agentVersion: query.agentVersion,
    clusterArn: query.cluster,
    containerInstanceArn: query.containerInstanceArn,
    dockerVersion: `DockerVersion: ${query.dockerVersion}`,
    protocolVersion: '2',
    sendCredentials: String(query.sendCredentials),
    seqNum: '1',
  });
  return `${endpoint}ws?${wireQuery(params)}`;
}

/** `+` for a blank would be signed as a plus: percent-encoded, both sides read the same. */
export function wireQuery(params: URLSearchParams): string {
  return params.toString().replaceAll('+', '%20');
}

/** `undefined`: not `{"type": …, "message": {…}}`. */
export function parseFrame(text: string): { readonly type: string; readonly message: JsonObject } | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null) return undefined;
    const { type, message = {} } = value as { readonly type?: unknown; readonly message?: unknown };
    if (typeof type !== 'string' || typeof message !== 'object' || message === null) return undefined;
    return { type, message: message as JsonObject };
  } catch {
    return undefined;
  }
}

function send(socket: FrameSocket, frame: AcsFromAgent): void {
  socket.send(JSON.stringify(frame));
}

function isPayload(message: JsonObject): message is JsonObject & PayloadMessage {
  const { messageId, seqNum, tasks } = message;
  if (typeof messageId !== 'string' || !Number.isInteger(seqNum) || !Array.isArray(tasks)) return false;
  return tasks.every(
    (task: Partial<PayloadTask> | null) =>
      typeof task?.arn === 'string' &&
      [task.roleCredentials, task.executionRoleCredentials].every((one) => one === undefined || areCredentials(one)) &&
      (task.desiredStatus === 'RUNNING' || task.desiredStatus === 'STOPPED') &&
      Array.isArray(task.containers),
  );
}

function isExecSession(message: JsonObject): message is JsonObject & ExecSessionMessage {
  const members = ['sessionId', 'taskArn', 'containerName', 'command', 'endpoint'];
  return members.every((member) => typeof message[member] === 'string');
}

function isNetworkMap(message: JsonObject): message is JsonObject & NetworkMapMessage {
  const { messageId, generation, since, networkId } = message;
  if (typeof messageId !== 'string' || !Number.isSafeInteger(generation) || !Number.isInteger(networkId)) return false;
  if (since !== undefined && !Number.isSafeInteger(since)) return false;
  return ['addresses', 'goneAddresses', 'securityGroups', 'goneSecurityGroups'].every((name) =>
    Array.isArray(message[name]),
  );
}

function isManifest(message: JsonObject): message is JsonObject & TaskManifestMessage {
  const { messageId, timeline, tasks } = message;
  if (typeof messageId !== 'string' || !Number.isInteger(timeline) || !Array.isArray(tasks)) return false;
  return tasks.every((task: Partial<TaskIdentifier> | null) => typeof task?.taskArn === 'string');
}

function rolesOf({ roleCredentials, executionRoleCredentials }: PayloadTask): readonly [RoleType, RoleCredentials][] {
  return [
    ...(roleCredentials === undefined ? [] : ([['TaskApplication', roleCredentials]] as [RoleType, RoleCredentials][])),
    ...(executionRoleCredentials === undefined
      ? []
      : ([['TaskExecution', executionRoleCredentials]] as [RoleType, RoleCredentials][])),
  ];
}

function ackCredentials(socket: FrameSocket, messageId: string, given: RoleCredentials): void {
  const { credentialsId, expiration } = given;
  send(socket, { type: 'IAMRoleCredentialsAckRequest', message: { credentialsId, expiration, messageId } });
}

function isCredentials(message: JsonObject): message is JsonObject & IamRoleCredentialsMessage {
  const { messageId, taskArn, roleType } = message;
  if (typeof messageId !== 'string' || typeof taskArn !== 'string') return false;
  return (roleType === 'TaskApplication' || roleType === 'TaskExecution') && areCredentials(message['roleCredentials']);
}

function areCredentials(value: unknown): boolean {
  const given = (value ?? {}) as Partial<Record<string, unknown>>;
  const members = ['credentialsId', 'roleArn', 'accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'];
  return members.every((member) => typeof given[member] === 'string' && given[member] !== '');
}
