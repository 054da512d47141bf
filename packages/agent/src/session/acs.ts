import type {
  AcsFromAgent,
  FrameSocket,
  PayloadMessage,
  PayloadTask,
  TaskIdentifier,
  TaskManifestMessage,
} from '@gantry/protocol';
import type { Log } from '../log.ts';
import { messageOf } from '../supervisor/perform.ts';

/** What the commands act on. */
export interface AcsTarget {
  /** Resolves when the task is durable; rejects when it cannot be kept. */
  accept(task: PayloadTask): Promise<void>;
  /** ARNs and clusters of tasks that shall run here, as far as this agent knows. */
  running(): readonly { readonly arn: string; readonly clusterArn: string }[];
  stop(taskArn: string): void;
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
      await Promise.all([...stops, ...starts].map((task) => this.#target.accept(task)));
      this.#ack(socket, message.messageId);
    } catch (error) {
      // Not acked: it comes again.
      this.#log('error', `message ${message.messageId} cannot be kept: ${messageOf(error)}`);
    }
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
      (task.desiredStatus === 'RUNNING' || task.desiredStatus === 'STOPPED') &&
      Array.isArray(task.containers),
  );
}

function isManifest(message: JsonObject): message is JsonObject & TaskManifestMessage {
  const { messageId, timeline, tasks } = message;
  if (typeof messageId !== 'string' || !Number.isInteger(timeline) || !Array.isArray(tasks)) return false;
  return tasks.every((task: Partial<TaskIdentifier> | null) => typeof task?.taskArn === 'string');
}
