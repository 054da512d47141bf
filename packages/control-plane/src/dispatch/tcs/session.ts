import type { FrameSocket, TcsToAgent } from '@gantry/protocol';
import { applyHealth } from '../../controllers/task/report.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { parseFrame } from '../frames.ts';
import { taskKeyOfArn } from '../keys.ts';
import type { Metrics } from '../metrics.ts';
import { OncePerSession } from '../once.ts';
import { Pulse } from '../pulse.ts';
import { healthReports, usageReports, type HealthReport } from './reports.ts';

export interface TcsSessionOptions {
  readonly platform: Platform;
  readonly metrics: Metrics;
  readonly instanceKey: string;
  readonly socket: FrameSocket;
  readonly onEnd: () => void;
}

/** The telemetry channel of one instance: utilisation into the metrics, health verdicts into the tasks. */
export class TcsSession {
  readonly #options: TcsSessionOptions;
  readonly #once: OncePerSession;
  readonly #pulse: Pulse;
  #ended = false;

  constructor(options: TcsSessionOptions) {
    this.#options = options;
    const { platform, instanceKey } = options;
    this.#once = new OncePerSession(platform, { session: 'tcs', instance: instanceKey });
    this.#pulse = new Pulse({
      clock: platform.clock,
      ids: platform.ids,
      expectsAcks: false,
      beat: () => this.#send({ type: 'HeartbeatMessage', message: { healthy: true } }),
      dead: () => undefined,
    });
  }

  /** Once the owner knows it: a socket that is closed already says so at once. */
  start(): void {
    this.#pulse.start();
    this.#options.socket.onFrame((text) => this.#receive(text));
    this.#options.socket.onClose(() => this.#finish());
  }

  /** The instance was deregistered: asks the agent to stop, then closes. */
  stopTelemetry(): void {
    this.#send({
      type: 'StopTelemetrySessionMessage',
      message: { message: 'The container instance was deregistered.' },
    });
    this.end(1000, 'the container instance was deregistered');
  }

  end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#finish();
    this.#options.socket.close(code, reason);
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pulse.stop();
    this.#options.onEnd();
  }

  #receive(text: string): void {
    if (this.#ended) return;
    const frame = parseFrame(text);
    if ('problem' in frame) return this.#once.log('warn', `Dropped a frame ${frame.problem}`);
    switch (frame.type) {
      case 'PublishMetricsRequest':
        this.#recordMetrics(frame.message);
        return this.#send({ type: 'AckPublishMetric', message: { message: 'ok' } });
      case 'PublishHealthRequest':
        return void this.#storeHealth(healthReports(frame.message));
      case 'PublishInstanceStatusRequest':
        return this.#send({ type: 'AckPublishInstanceStatus', message: { message: 'ok' } });
      default:
        return this.#once.log('warn', `Dropped a frame of unknown type "${frame.type.slice(0, 64)}"`);
    }
  }

  #recordMetrics(message: Readonly<Record<string, unknown>>): void {
    const { platform, instanceKey, metrics } = this.#options;
    const { tables } = platform.state;
    const instance = tables.instances.get(instanceKey);
    if (instance === undefined) return;
    for (const { taskArn, usage } of usageReports(message, instance.registered.cpuUnits, platform.clock.now())) {
      if (isHere(tables, instanceKey, taskArn)) metrics.record(taskArn, usage);
    }
  }

  /** Verdicts come every 20 s; only news is worth a transaction. */
  async #storeHealth(reports: readonly HealthReport[]): Promise<void> {
    const { platform, instanceKey } = this.#options;
    try {
      const { tables } = platform.state;
      const now = platform.clock.now();
      const news = reports.filter((report) => {
        const found = isHere(tables, instanceKey, report.taskArn);
        return found !== undefined && applyHealth(found.task, report.containerName, report.health, now).changed;
      });
      if (news.length > 0) {
        await platform.state.transact((tx) => {
          for (const report of news) storeHealth(tx, instanceKey, report);
        });
      }
      this.#send({ type: 'AckPublishHealth', message: { message: 'ok' } });
    } catch (error) {
      // No ack; the agent says it again in 20 s.
      this.#once.log('error', `Health could not be stored: ${String(error)}`);
    }
  }

  #send(frame: TcsToAgent): void {
    if (this.#ended) return;
    try {
      this.#options.socket.send(JSON.stringify(frame));
    } catch (error) {
      this.#once.log('warn', `A frame could not be sent: ${String(error)}`);
      this.end(1011, 'a frame could not be sent');
    }
  }
}

function storeHealth(tx: Tx, instanceKey: string, report: HealthReport): void {
  const found = isHere(tx.tables, instanceKey, report.taskArn);
  if (found === undefined) return;
  const reported = applyHealth(found.task, report.containerName, report.health, tx.now);
  if (!reported.changed) return;
  tx.put(tx.tables.tasks, found.key, reported.task);
  for (const event of reported.events) tx.event(event);
}

/** An agent speaks for the tasks of its own instance only. */
function isHere(tables: Tables, instanceKey: string, taskArn: string) {
  const key = taskKeyOfArn(taskArn);
  const task = key === undefined ? undefined : tables.tasks.get(key);
  return key === undefined || task?.instanceKey !== instanceKey ? undefined : { key, task };
}
