import type { Clock, Ids } from '@gantry/domain';
import type { FrameSocket, TaskHealth } from '@gantry/protocol';
import type { Log } from '../log.ts';
import { messageOf, type TaskView } from '../supervisor/perform.ts';
import { frameText, healthFrames, metricFrames, taskHealth, type TelemetryIdentity } from './frames.ts';
import type { UsageReader } from './usage.ts';

export interface PublisherPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly usage: UsageReader;
  readonly tasks: () => Iterable<TaskView>;
}

const INTERVAL_MS = 20_000;

/** What goes out on the telemetry socket: usage and health every 20 seconds, a change of health at once. */
export class Publisher {
  readonly #ports: PublisherPorts;
  readonly #identity: TelemetryIdentity;
  #socket: FrameSocket | undefined;
  /** What was last said of each container's health, on this connection. */
  readonly #said = new Map<string, string>();

  constructor(ports: PublisherPorts, identity: TelemetryIdentity) {
    this.#ports = ports;
    this.#identity = identity;
  }

  /** Publishes on this socket from now on, until the returned function is called. */
  open(socket: FrameSocket): () => void {
    const life = new AbortController();
    this.#socket = socket;
    this.#said.clear();
    void this.#run(socket, life.signal);
    return () => {
      life.abort();
      if (this.#socket === socket) this.#socket = undefined;
    };
  }

  /** A container with a health check started, stopped, or got a verdict. */
  healthChanged(task: TaskView, container: string): void {
    if (this.#socket === undefined) return;
    const health = taskHealth(task, container);
    const status = health?.containers[0]?.healthStatus;
    const key = `${task.plan.arn} ${container}`;
    if (health === undefined || status === undefined || this.#said.get(key) === status) return;
    this.#sendHealth(this.#socket, [health]);
  }

  async #run(socket: FrameSocket, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    while (!signal.aborted) {
      try {
        await this.#publish(socket, signal);
      } catch (error) {
        log('warn', `telemetry: ${messageOf(error)}`);
      }
      await clock.sleep(INTERVAL_MS, signal);
    }
  }

  async #publish(socket: FrameSocket, signal: AbortSignal): Promise<void> {
    const { ids, clock, usage, tasks } = this.#ports;
    const metrics = await usage.read(tasks());
    if (signal.aborted) return;
    for (const frame of metricFrames(this.#identity, metrics, ids.uuid(), clock.now())) socket.send(frameText(frame));
    const health: TaskHealth[] = [];
    for (const task of tasks()) {
      const found = task.model.stoppedAtMs === undefined ? taskHealth(task) : undefined;
      if (found !== undefined) health.push(found);
    }
    this.#said.clear();
    this.#sendHealth(socket, health);
  }

  #sendHealth(socket: FrameSocket, tasks: readonly TaskHealth[]): void {
    const { ids, clock } = this.#ports;
    for (const { taskArn, containers } of tasks) {
      for (const { containerName, healthStatus } of containers)
        this.#said.set(`${taskArn} ${containerName}`, healthStatus);
    }
    for (const frame of healthFrames(this.#identity, tasks, ids.uuid(), clock.now())) socket.send(frameText(frame));
  }
}
