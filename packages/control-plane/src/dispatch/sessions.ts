import type { EpochMs, Instance, OutboxMessage, Task } from '@gantry/domain';
import type { AcsToAgent, FrameSocket } from '@gantry/protocol';
import type { Caller, Platform } from '../platform.ts';
import type { Change } from '../state/state.ts';
import { AcsSession } from './acs/session.ts';
import { admitInstance } from './admission.ts';
import type { TaskRoles } from './credentials/task-roles.ts';
import { ExecSessions } from './exec/sessions.ts';
import { instanceKey } from './keys.ts';
import { disconnect } from './liveness.ts';
import type { Metrics } from './metrics.ts';
import { NetworkMaps } from './network-map/feeds.ts';
import type { Dispatch, SessionKind } from './port.ts';
import { TcsSession } from './tcs/session.ts';
import { GOODBYE_GRACE_MS, RESTART_GRACE_MS, STOP_WITHIN_MS } from './timing.ts';

/** All agent sessions of this control plane: at most one of each kind per instance. */
export class Sessions implements Dispatch {
  readonly exec: ExecSessions;
  readonly #platform: Platform;
  readonly #metrics: Metrics;
  readonly #roles: TaskRoles;
  readonly #maps: NetworkMaps;
  readonly #acs = new Map<string, AcsSession>();
  readonly #tcs = new Map<string, TcsSession>();
  readonly #stopped = new AbortController();

  /** `firstGeneration`: see `network-map/epoch.ts`. */
  constructor(platform: Platform, metrics: Metrics, roles: TaskRoles, firstGeneration: number) {
    this.#roles = roles;
    this.#maps = new NetworkMaps(platform, firstGeneration, this.#stopped.signal);
    this.#platform = platform;
    this.#metrics = metrics;
    this.exec = new ExecSessions(platform, (key, frame) => this.#tell(key, frame));
    platform.state.onCommit((changes) => this.#committed(changes));
    void this.#doubtTheJournal();
  }

  admit(kind: SessionKind, params: URLSearchParams, caller: Caller): (socket: FrameSocket) => void {
    const key = instanceKey(admitInstance(this.#platform.state.tables, params, caller));
    return (socket) => {
      if (this.#stopped.signal.aborted) socket.close(1001, 'the control plane is stopping');
      else if (kind === 'acs') this.#openAcs(key, params, socket);
      else this.#openTcs(key, socket);
    };
  }

  accept(kind: SessionKind, params: URLSearchParams, socket: FrameSocket, caller: Caller): void {
    this.admit(kind, params, caller)(socket);
  }

  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.exec.stop();
    const sessions = [...this.#acs.values(), ...this.#tcs.values()];
    const pauseMs = Math.min(10, STOP_WITHIN_MS / Math.max(1, sessions.length));
    for (const [at, session] of sessions.entries()) {
      if (at > 0) await this.#platform.clock.sleep(pauseMs);
      session.end(1001, 'the control plane is stopping');
    }
  }

  #tell(key: string, frame: AcsToAgent): boolean {
    return this.#acs.get(key)?.tell(frame) ?? false;
  }

  #openAcs(key: string, params: URLSearchParams, socket: FrameSocket): void {
    const before = this.#acs.get(key);
    const session: AcsSession = new AcsSession({
      platform: this.#platform,
      roles: this.#roles,
      maps: this.#maps,
      instanceKey: key,
      params,
      socket,
      onEnd: (code) => {
        if (this.#acs.get(key) !== session) return;
        this.#acs.delete(key);
        const graceMs = code === 1000 || code === 1001 ? GOODBYE_GRACE_MS : 0;
        void this.#lost([key], this.#platform.clock.now(), graceMs);
      },
    });
    this.#acs.set(key, session);
    // Two agents with one identity must not chase each other: on 1008 an agent waits before it comes back.
    before?.end(1008, 'a newer connection of this container instance replaced this one');
    session.start();
  }

  #openTcs(key: string, socket: FrameSocket): void {
    const before = this.#tcs.get(key);
    const session: TcsSession = new TcsSession({
      platform: this.#platform,
      metrics: this.#metrics,
      instanceKey: key,
      socket,
      onEnd: () => {
        if (this.#tcs.get(key) === session) this.#tcs.delete(key);
      },
    });
    this.#tcs.set(key, session);
    before?.end(1008, 'a newer connection of this container instance replaced this one');
    session.start();
  }

  /** The journal says who was connected when the last control plane went; the sockets say who is. */
  async #doubtTheJournal(): Promise<void> {
    const keys = [...this.#platform.state.tables.instances.values()].filter((i) => i.agentConnected).map(instanceKey);
    if (keys.length > 0) await this.#lost(keys, this.#platform.clock.now(), RESTART_GRACE_MS);
  }

  /** Marks the instances disconnected that have no session when the grace is over. */
  async #lost(keys: readonly string[], lostAt: EpochMs, graceMs: number): Promise<void> {
    if (graceMs > 0) await this.#platform.clock.sleep(graceMs, this.#stopped.signal);
    // A control plane that stops says nothing about agents.
    if (this.#stopped.signal.aborted) return;
    try {
      await this.#platform.state.transact((tx) => {
        for (const key of keys) if (!this.#acs.has(key)) disconnect(tx, key, lostAt);
      });
    } catch (error) {
      this.#platform.log('error', 'Lost agents could not be marked disconnected', { error: String(error) });
      await this.#lost(keys, lostAt, GOODBYE_GRACE_MS);
    }
  }

  #committed(changes: readonly Change[]): void {
    this.#maps.committed(changes);
    for (const { kind, key, before, after } of changes) {
      if (kind === 'outbox')
        this.#outboxChanged(before as OutboxMessage | undefined, after as OutboxMessage | undefined);
      else if (kind === 'instance') this.#instanceChanged(key, after as Instance | undefined);
      else if (kind === 'task') this.#taskChanged(before as Task | undefined, after as Task | undefined);
    }
  }

  #outboxChanged(before: OutboxMessage | undefined, after: OutboxMessage | undefined): void {
    if (before === undefined && after !== undefined) this.#acs.get(after.instanceKey)?.added(after);
    if (before !== undefined && after === undefined) this.#acs.get(before.instanceKey)?.removed(before);
  }

  #instanceChanged(key: string, after: Instance | undefined): void {
    if (after !== undefined && after.status !== 'INACTIVE') return;
    // The word makes the stock agent wait an hour before it asks again (agent-protocol 3.3).
    this.#acs.get(key)?.end(1008, 'InactiveInstanceException: the container instance was deregistered');
    this.#tcs.get(key)?.stopTelemetry();
  }

  #taskChanged(before: Task | undefined, after: Task | undefined): void {
    const arn = before?.taskArn ?? after?.taskArn;
    if (arn !== undefined && (after === undefined || after.lastStatus === 'STOPPED')) this.#metrics.forget(arn);
  }
}
