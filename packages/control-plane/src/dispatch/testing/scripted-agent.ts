import type {
  AcsToAgent,
  IamRoleCredentialsMessage,
  PayloadMessage,
  RoleCredentials,
  PayloadTask,
  TaskManifestMessage,
} from '@gantry/protocol';
import { socketPair, type SocketPair } from '@gantry/testkit/socket-pair.ts';
import type { Caller } from '../../platform.ts';
import { CALLER, CONTEXT, type DispatchWorld } from './world.ts';

type Received<T extends AcsToAgent['type']> = Extract<AcsToAgent, { type: T }>;

/**
 * The agent's side of the command channel as the stock agent behaves (agent-protocol 3.2): acks what it accepts,
 * never lowers a desired status, discards manifests that are not newer, offers what a manifest does not list.
 * Its memory survives reconnects; `crash` takes back to what it had checkpointed.
 */
export class ScriptedAgent {
  readonly arn: string;
  readonly received: AcsToAgent[] = [];
  /** Desired status by task ARN. */
  readonly tasks = new Map<string, 'RUNNING' | 'STOPPED'>();
  timeline = -1;
  /** What it does with each ack it owes. */
  ackPolicy: (messageId: string) => 'ack' | 'twice' | 'never' = () => 'ack';
  acksHeartbeats = true;
  acksCredentials = true;
  /** All it got, in order. */
  readonly credentials: RoleCredentials[] = [];
  reportsStops = true;
  pair: SocketPair | undefined;
  #connections = 0;
  readonly #world: DispatchWorld;

  constructor(world: DispatchWorld, arn: string) {
    this.#world = world;
    this.arn = arn;
  }

  params(over: Readonly<Record<string, string>> = {}): URLSearchParams {
    return new URLSearchParams({
      agentHash: 'abcdef0',
      agentVersion: '1.105.1',
      clusterArn: 'default',
      containerInstanceArn: this.arn,
      dockerVersion: 'DockerVersion: 20.10.24',
      protocolVersion: '2',
      sendCredentials: this.#connections === 0 ? 'true' : 'false',
      seqNum: '1',
      ...over,
    });
  }

  connect(over: Readonly<Record<string, string>> = {}, caller: Caller = CALLER): SocketPair {
    const pair = socketPair();
    this.#world.dispatch.accept('acs', this.params(over), pair.server, caller);
    this.#connections += 1;
    this.pair = pair;
    pair.agent.onFrame((text) => this.#frame(pair, JSON.parse(text) as AcsToAgent));
    pair.agent.onClose(() => undefined);
    return pair;
  }

  /** The process dies and a new one starts from `checkpoint`. */
  crash(checkpoint: ReadonlyMap<string, 'RUNNING' | 'STOPPED'> = this.tasks): void {
    const kept = [...checkpoint];
    this.pair?.cut();
    this.tasks.clear();
    for (const [arn, desired] of kept) this.tasks.set(arn, desired);
    this.#connections = 0;
  }

  get<T extends AcsToAgent['type']>(type: T): readonly Received<T>[] {
    return this.received.filter((frame): frame is Received<T> => frame.type === type);
  }

  payloads(): readonly PayloadMessage[] {
    return this.get('PayloadMessage').map((frame) => frame.message);
  }

  /** `RUNNING 1`, `STOPPED 1`: what it was told, in order. */
  told(): readonly string[] {
    return this.payloads().map(({ tasks }) => `${tasks[0]?.desiredStatus} ${shortId(tasks[0]?.arn ?? '')}`);
  }

  async report(task: string, status: 'PENDING' | 'RUNNING' | 'STOPPED', exitCode?: number): Promise<unknown> {
    return this.#world.handlers.SubmitTaskStateChange(
      { cluster: 'default', task, status, containers: [{ containerName: 'web', status, exitCode }] },
      CONTEXT,
    );
  }

  send(frame: unknown): void {
    this.pair?.agent.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  ack(messageId: string): void {
    this.send({ type: 'AckRequest', message: { cluster: 'default', containerInstance: this.arn, messageId } });
  }

  #frame(pair: SocketPair, frame: AcsToAgent): void {
    if (pair !== this.pair) return;
    this.received.push(frame);
    if (frame.type === 'HeartbeatMessage' && this.acksHeartbeats) {
      this.send({ type: 'HeartbeatAckRequest', message: { messageId: frame.message.messageId } });
    }
    if (frame.type === 'PayloadMessage') this.#payload(frame.message);
    if (frame.type === 'NetworkMapMessage') this.#maybeAck(frame.message.messageId);
    if (frame.type === 'IAMRoleCredentialsMessage') this.#credentials(frame.message.messageId, frame.message);
    if (frame.type === 'TaskManifestMessage') this.#manifest(frame.message);
    if (frame.type === 'TaskStopVerificationAck') {
      for (const { taskArn } of frame.message.stopTasks) this.#stop(taskArn);
    }
  }

  #payload(message: PayloadMessage): void {
    this.timeline = Math.max(this.timeline, message.seqNum);
    for (const task of message.tasks) {
      this.#accept(task);
      for (const roleCredentials of [task.roleCredentials, task.executionRoleCredentials])
        if (roleCredentials !== undefined) this.#credentials(message.messageId, { taskArn: task.arn, roleCredentials });
    }
    this.#maybeAck(message.messageId);
  }

  /** One of a task it does not have is not acked. */
  #credentials(messageId: string, given: Pick<IamRoleCredentialsMessage, 'taskArn' | 'roleCredentials'>): void {
    const { credentialsId, expiration } = given.roleCredentials;
    if (!this.tasks.has(given.taskArn)) return;
    this.credentials.push({ ...given.roleCredentials });
    if (!this.acksCredentials) return;
    this.send({ type: 'IAMRoleCredentialsAckRequest', message: { messageId, credentialsId, expiration } });
  }

  #accept(task: PayloadTask): void {
    if (task.desiredStatus === 'STOPPED') return this.#stop(task.arn);
    if (!this.tasks.has(task.arn)) this.tasks.set(task.arn, 'RUNNING');
  }

  #stop(arn: string): void {
    this.tasks.set(arn, 'STOPPED');
    if (this.reportsStops) this.report(arn, 'STOPPED', 143).catch(() => undefined);
  }

  #manifest(message: TaskManifestMessage): void {
    if (message.timeline <= this.timeline) return;
    this.timeline = message.timeline;
    this.#maybeAck(message.messageId);
    const listed = new Set(message.tasks.map(({ taskArn }) => taskArn));
    const stopCandidates = [...this.tasks]
      .filter(([arn, desired]) => desired === 'RUNNING' && !listed.has(arn))
      .map(([taskArn]) => ({ taskArn, taskClusterArn: 'default', desiredStatus: 'STOPPED' }));
    if (stopCandidates.length > 0) {
      this.send({ type: 'TaskStopVerificationMessage', message: { messageId: message.messageId, stopCandidates } });
    }
  }

  #maybeAck(messageId: string): void {
    const policy = this.ackPolicy(messageId);
    if (policy !== 'never') this.ack(messageId);
    if (policy === 'twice') this.ack(messageId);
  }
}

/** The task's number. */
export function shortId(arn: string): number {
  return Number.parseInt(arn.slice(-32), 16);
}
