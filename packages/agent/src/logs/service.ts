import type { Clock, Ids } from '@gantry/domain';
import type { Checkpoint } from '../checkpoint/port.ts';
import type { Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import type { ControlPlaneLink } from '../session/port.ts';
import type { TaskPlan } from '../supervisor/plan.ts';
import type { LogPosition } from './batch.ts';
import { LogFollower, type FollowerPorts } from './follower.ts';
import { namedStream } from './options.ts';
import { LogStreams } from './streams.ts';

export interface LogServicePorts {
  readonly engine: Engine;
  readonly link: ControlPlaneLink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly checkpoint: Checkpoint;
}

interface LogRecord {
  readonly position?: LogPosition | undefined;
  /** The container ended and all it wrote was accepted. */
  readonly done: boolean;
  /** See Pressure. */
  readonly held?: boolean | undefined;
}

/** Output that cannot be shipped (its group was deleted) holds a stopped container no longer than this. */
const LONGEST_WAIT_MS = 3 * 3_600_000;

/** Ships the output of containers with the awslogs driver. Remembers how far it got and goes on from there after a restart. */
export class LogService {
  readonly #ports: FollowerPorts;
  readonly #checkpoint: Checkpoint;
  readonly #life = new AbortController();
  readonly #records = new Map<string, LogRecord>();
  readonly #followers = new Map<string, { readonly follower: LogFollower; readonly done: Promise<void> }>();

  constructor(ports: LogServicePorts) {
    this.#ports = { ...ports, streams: new LogStreams(ports.link, ports.clock) };
    this.#checkpoint = ports.checkpoint;
  }

  /** Positions from the checkpoint; before the first `follow`. */
  restore(records: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of records) {
      if (key.startsWith('log/')) this.#records.set(key.slice('log/'.length), value as LogRecord);
    }
  }

  /** What keeps the task's containers from logging, as a reason; see LogStreams. */
  validate(plan: TaskPlan, signal: AbortSignal): Promise<string | undefined> {
    return this.#ports.streams.validate(plan, signal);
  }

  /** Ships this container's output from where it stands to its end. Again after each start of it; harmless when it is done. */
  follow(plan: TaskPlan, container: string, dockerId: string, isRunning: () => boolean): void {
    const options = plan.containers.find(({ name }) => name === container)?.awslogs;
    if (options === undefined || this.#life.signal.aborted || this.#followers.has(dockerId)) return;
    const record = this.#records.get(dockerId);
    if (record?.done === true && !isRunning()) return;
    const follower = new LogFollower(this.#ports, {
      dockerId,
      stream: namedStream(options, container, plan.taskId) ?? dockerId,
      options,
      from: record?.position,
      isRunning,
      held: record?.held === true,
      shipped: (position) => this.#keep(dockerId, { ...this.#records.get(dockerId), position, done: false }),
      keepHeld: async (held) => {
        this.#keep(dockerId, { done: false, ...this.#records.get(dockerId), held });
        await this.#checkpoint.flush();
      },
    });
    const done = follower.run(this.#life.signal).then(() => {
      this.#followers.delete(dockerId);
      if (this.#life.signal.aborted) return;
      this.#keep(dockerId, { ...this.#records.get(dockerId), done: true, held: undefined });
      // It was restarted in place while its last lines were on their way.
      if (isRunning()) this.follow(plan, container, dockerId, isRunning);
    });
    this.#followers.set(dockerId, { follower, done });
  }

  /** Resolves when all that these containers wrote is shipped, or cannot be. */
  async finished(dockerIds: readonly string[], signal: AbortSignal): Promise<void> {
    const waiting = dockerIds.flatMap((id) => this.#followers.get(id)?.done ?? []);
    if (waiting.length === 0) return;
    const over = new AbortController();
    const limit = this.#ports.clock.sleep(LONGEST_WAIT_MS, AbortSignal.any([signal, over.signal]));
    await Promise.race([Promise.all(waiting), limit]);
    over.abort();
  }

  /** The container is gone. */
  forget(dockerId: string): void {
    if (this.#records.delete(dockerId)) this.#checkpoint.delete(`log/${dockerId}`);
  }

  /** The control plane is back: nobody waits out a back-off. */
  nudge(): void {
    for (const { follower } of this.#followers.values()) follower.nudge();
  }

  close(): void {
    this.#life.abort();
  }

  #keep(dockerId: string, record: LogRecord): void {
    this.#records.set(dockerId, record);
    this.#checkpoint.put(`log/${dockerId}`, record);
  }
}
