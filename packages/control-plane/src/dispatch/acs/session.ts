import { clusterArn, type Instance, type OutboxMessage } from '@gantry/domain';
import type { AcsToAgent, FrameSocket } from '@gantry/protocol';
import { requestStop } from '../../controllers/task/stop.ts';
import type { Platform } from '../../platform.ts';
import { CredentialPushes } from '../credentials/pushes.ts';
import { RoleRefused, type TaskRoles } from '../credentials/task-roles.ts';
import { parseFrame } from '../frames.ts';
import { connect, helloOf, type Connected } from '../liveness.ts';
import { outboxKey, takeSeq } from '../outbox.ts';
import { Pulse } from '../pulse.ts';
import { OncePerSession } from '../once.ts';
import { confirmStops, manifestLeap, manifestTasks, type ManifestTask } from './manifest.ts';
import type { NetworkMaps } from '../network-map/feeds.ts';
import { backoffMs, Outgoing } from './outgoing.ts';
import { payloadFor } from './payload.ts';

interface Manifest {
  readonly messageId: string;
  readonly timeline: number;
  readonly attempts: number;
  /** Infinity once it is acked, or a newer one is being made. */
  againAt: number;
}

export interface AcsSessionOptions {
  readonly platform: Platform;
  readonly roles: TaskRoles;
  readonly maps: Pick<NetworkMaps, 'feed'>;
  readonly instanceKey: string;
  readonly params: URLSearchParams;
  readonly socket: FrameSocket;
  /** Called once, whoever ended it. */
  readonly onEnd: (code: number) => void;
}

/**
 * The command channel of one instance: opens with a transaction, sends what the outbox holds in the order of its
 * numbers, then the manifest, then whatever is committed, until the socket ends.
 */
export class AcsSession {
  readonly #options: AcsSessionOptions;
  readonly #outgoing = new Outgoing();
  readonly #once: OncePerSession;
  readonly #pulse: Pulse;
  readonly #credentials: CredentialPushes;
  /** For agents that ask for it. */
  #network: ReturnType<NetworkMaps['feed']>;
  #phase: 'opening' | 'open' | 'ended' = 'opening';
  #manifest: Manifest | undefined;

  constructor(options: AcsSessionOptions) {
    this.#options = options;
    const { platform, roles, instanceKey, params } = options;
    this.#credentials = new CredentialPushes({ platform, roles, instanceKey, send: (frame) => this.#send(frame) });
    this.#once = new OncePerSession(platform, { session: 'acs', instance: instanceKey });
    this.#pulse = new Pulse({
      clock: platform.clock,
      ids: platform.ids,
      expectsAcks: Number(params.get('protocolVersion') ?? '1') >= 2,
      beat: () => this.#send({ type: 'HeartbeatMessage', message: { healthy: true, messageId: platform.ids.uuid() } }),
      dead: () => this.end(1001, 'heartbeats are not acked'),
      dueAt: () => {
        // Credentials end at a moment of the calendar, wherever the clock is set.
        const { clock } = platform;
        const credentialsAt = this.#credentials.nextAt() - clock.now() + clock.elapsedMs();
        const networkAt = this.#network?.nextAt() ?? Infinity;
        return Math.min(this.#outgoing.nextAt(), this.#manifest?.againAt ?? Infinity, credentialsAt, networkAt);
      },
      due: () => this.#due(),
    });
  }

  /** Once the owner knows it: a socket that is closed already says so at once. */
  start(): void {
    this.#options.socket.onFrame((text) => this.#receive(text));
    this.#options.socket.onClose((code) => this.#ended(code));
    if (this.#phase === 'opening') void this.#open();
  }

  /** A message of this instance was committed. Before the session is open it will be read from the table. */
  added(message: OutboxMessage): void {
    if (this.#phase !== 'open') return;
    this.#outgoing.add(message);
    this.#pump();
  }

  /** A message was deleted from the outbox: acked, replaced or pointless. */
  removed(message: OutboxMessage): void {
    if (this.#phase !== 'open') return;
    this.#outgoing.remove(message.messageId);
    this.#pump();
  }

  /** Something of this moment that nobody keeps. `false`: the session is not open. */
  tell(frame: AcsToAgent): boolean {
    if (this.#phase !== 'open') return false;
    this.#send(frame);
    return true;
  }

  /** Closes the socket from our side. */
  end(code: number, reason: string): void {
    if (this.#phase === 'ended') return;
    this.#ended(code);
    this.#options.socket.close(code, reason);
  }

  async #open(): Promise<void> {
    const { platform, instanceKey, params } = this.#options;
    let connected: Connected | undefined;
    try {
      connected = await platform.state.transact((tx) => connect(tx, platform.ids, instanceKey, helloOf(params)));
    } catch (error) {
      platform.log('error', 'An agent could not be marked connected', { instance: instanceKey, error: String(error) });
      // Not one of the codes on which agents come back without a pause.
      return this.end(1013, 'the control plane cannot store changes');
    }
    if (this.#phase === 'ended') return;
    if (connected === undefined) return this.end(1008, 'InactiveInstanceException: it was deregistered');
    this.#phase = 'open';
    const { timeline } = connected;
    this.#network = this.#options.maps.feed(instanceKey, (frame) => this.#send(frame));
    const all = platform.state.tables.outbox.by('instance', instanceKey);
    // A manifest that is older than a payload before it would be discarded: both come from one counter.
    for (const message of all) if (timeline === undefined || message.seq < timeline) this.#outgoing.add(message);
    this.#pump();
    if (timeline !== undefined) {
      this.#sendManifest(timeline, connected.tasks, 1);
      for (const message of all) if (message.seq > timeline) this.#outgoing.add(message);
      this.#pump();
    }
    this.#credentials.open(helloOf(params).freshProcess);
    this.#pulse.start();
  }

  #ended(code: number): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#pulse.stop();
    this.#network?.close();
    this.#options.onEnd(code);
  }

  #due(): void {
    this.#pump();
    this.#credentials.turn();
    this.#network?.turn();
    const manifest = this.#manifest;
    if (manifest !== undefined && manifest.againAt <= this.#options.platform.clock.elapsedMs())
      void this.#manifestAgain();
  }

  /** Sends everything that may go now. */
  #pump(): void {
    const { platform, instanceKey } = this.#options;
    const now = platform.clock.now();
    const instance = platform.state.tables.instances.get(instanceKey);
    if (instance === undefined) return;
    const elapsedMs = platform.clock.elapsedMs();
    const next = (): OutboxMessage | undefined => this.#outgoing.next(elapsedMs);
    for (let message = next(); message !== undefined; message = next()) this.#sendPayload(instance, message, now);
    this.#pulse.reschedule();
  }

  #sendPayload(instance: Instance, message: OutboxMessage, now: number): void {
    const { platform, instanceKey } = this.#options;
    try {
      const options = { now, platform, roles: this.#options.roles };
      const payload = payloadFor(platform.state.tables, instance, instanceKey, message, options);
      if ('obsolete' in payload) return this.#delete(message);
      this.#send(payload.frame);
      for (const task of payload.frame.message.tasks) this.#credentials.inPayload(message.taskKey, task);
    } catch (error) {
      if (!(error instanceof RoleRefused))
        this.#once.log('error', `A task cannot be sent: ${String(error)}`, { task: message.taskKey });
      this.#giveUp(message.taskKey, error);
    }
  }

  /** It could never start: that is told to the user as a stop with its reason, not left PENDING for ever. */
  #giveUp(taskKey: string, cause: unknown): void {
    const { platform } = this.#options;
    const text = cause instanceof Error ? cause.message : String(cause);
    const reason = cause instanceof RoleRefused ? text : `ResourceInitializationError: ${text}`;
    platform.state
      .transact((tx) => {
        const task = tx.tables.tasks.get(taskKey);
        if (task === undefined) return;
        requestStop(tx, platform, task, {
          stopCode: 'TaskFailedToStart',
          stoppedReason: reason,
          because: 'failed-to-start',
        });
      })
      .catch((error: unknown) => this.#once.log('error', `A task cannot be stopped: ${String(error)}`));
  }

  #sendManifest(timeline: number, tasks: readonly ManifestTask[], attempts: number): void {
    const { platform, instanceKey } = this.#options;
    const instance = platform.state.tables.instances.get(instanceKey);
    if (instance === undefined) return;
    const messageId = platform.ids.uuid();
    const now = platform.clock.now();
    this.#manifest = { messageId, timeline, attempts, againAt: platform.clock.elapsedMs() + backoffMs(attempts) };
    this.#send({
      type: 'TaskManifestMessage',
      message: {
        messageId,
        clusterArn: clusterArn(instance.scope, instance.cluster),
        containerInstanceArn: instance.containerInstanceArn,
        generatedAt: now,
        timeline,
        tasks,
      },
    });
  }

  /**
   * Not acked: agents discard a manifest that is not newer than their last, so it goes again under a new number. It
   * leaps further each time: an agent may remember more than a control plane whose data was put back from a copy.
   */
  async #manifestAgain(): Promise<void> {
    const manifest = this.#manifest;
    if (manifest === undefined) return;
    manifest.againAt = Infinity;
    const { platform, instanceKey } = this.#options;
    try {
      const { timeline, tasks } = await platform.state.transact((tx) => ({
        timeline: takeSeq(tx, instanceKey, manifestLeap(manifest.attempts)),
        tasks: manifestTasks(tx.tables.tasks.by('instance', instanceKey)),
      }));
      if (this.#phase !== 'open') return;
      this.#sendManifest(timeline, tasks, manifest.attempts + 1);
      this.#pulse.reschedule();
    } catch (error) {
      manifest.againAt = platform.clock.elapsedMs() + backoffMs(manifest.attempts + 1);
      this.#once.log('error', `A manifest cannot be made: ${String(error)}`);
    }
  }

  #receive(text: string): void {
    if (this.#phase === 'ended') return;
    const frame = parseFrame(text);
    if ('problem' in frame) return this.#once.log('warn', `Dropped a frame ${frame.problem}`);
    const messageId = frame.message['messageId'];
    switch (frame.type) {
      case 'HeartbeatAckRequest':
        return this.#pulse.acked();
      case 'AckRequest':
        return typeof messageId === 'string' ? this.#acked(messageId) : undefined;
      case 'TaskStopVerificationMessage':
        return void this.#verifyStops(messageId, frame.message['stopCandidates']);
      case 'IAMRoleCredentialsAckRequest':
        return this.#credentials.acked(frame.message['credentialsId']);
      case 'NackRequest':
        return this.#once.log('warn', `An agent answered ${frame.type} to something it was not asked`);
      default:
        return this.#once.log('warn', `Dropped a frame of unknown type "${frame.type.slice(0, 64)}"`);
    }
  }

  #acked(messageId: string): void {
    if (this.#network?.acked(messageId) === true) return this.#pulse.reschedule();
    if (messageId === this.#manifest?.messageId) {
      this.#manifest.againAt = Infinity;
      return;
    }
    // Doubled, late, or another instance's: nothing of ours, nothing to do.
    const message = this.#outgoing.find(messageId);
    if (message !== undefined) this.#delete(message);
  }

  #delete(message: OutboxMessage): void {
    const { platform, instanceKey } = this.#options;
    const key = outboxKey(instanceKey, message.seq);
    platform.state
      .transact((tx) => {
        if (tx.tables.outbox.get(key)?.messageId === message.messageId) tx.delete(tx.tables.outbox, key);
      })
      // It stays in the outbox and is sent again; agents ack doubles.
      .catch((error: unknown) => this.#once.log('error', `An ack could not be stored: ${String(error)}`));
  }

  async #verifyStops(messageId: unknown, candidates: unknown): Promise<void> {
    if (messageId !== this.#manifest?.messageId || !Array.isArray(candidates)) {
      return this.#once.log('warn', 'Dropped a stop verification that is not about the last manifest');
    }
    const { platform, instanceKey } = this.#options;
    try {
      // In a transaction: what it reads is durable, and no placement is half done.
      const stopTasks = await platform.state.transact((tx) => confirmStops(tx.tables, instanceKey, candidates));
      if (this.#phase !== 'open' || stopTasks.length === 0) return;
      const now = platform.clock.now();
      platform.log('info', 'Tasks that should not run are stopped', {
        instance: instanceKey,
        tasks: stopTasks.map((task) => task.taskArn),
      });
      this.#send({
        type: 'TaskStopVerificationAck',
        message: { messageId: messageId as string, generatedAt: now, stopTasks },
      });
    } catch (error) {
      this.#once.log('error', `Stop candidates could not be verified: ${String(error)}`);
    }
  }

  #send(frame: AcsToAgent): void {
    if (this.#phase === 'ended') return;
    try {
      this.#options.socket.send(JSON.stringify(frame));
    } catch (error) {
      this.#once.log('warn', `A frame could not be sent: ${String(error)}`);
      this.end(1011, 'a frame could not be sent');
    }
  }
}
