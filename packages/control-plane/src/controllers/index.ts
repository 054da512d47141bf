import type { Platform } from '../platform.ts';
import { Driver, type Controller, type DriverOptions } from './driver.ts';
import { DrainController } from './drain/controller.ts';
import { LivenessController } from './liveness/controller.ts';
import { ReaperController } from './reaper/controller.ts';
import { SchedulerController } from './scheduler/controller.ts';
import { SecretController } from './secret/controller.ts';
import { ServiceController } from './service/controller.ts';
import { TargetController } from './target/controller.ts';
import { TaskController } from './task/controller.ts';

const RESCAN_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const MOST_RETRY_MS = 60_000;

export interface Controllers {
  /** Resolves when no controller has anything to do now: only time, an agent or a user can change that. */
  settled(): Promise<void>;
  /** Resolves after the signal aborted and all work in progress has ended. Never rejects. */
  readonly stopped: Promise<void>;
}

/** Starts every controller on the platform; they run until `signal` aborts. Needs no order: each reads for itself. */
export function startControllers(
  platform: Platform,
  signal: AbortSignal,
  more: readonly Controller[] = [],
): Controllers {
  const options: DriverOptions = {
    rescanMs: RESCAN_MS,
    onError(error, controller, key, failures) {
      const retryMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
      platform.log('error', 'A controller failed and tries again', { controller, key, retryMs, error: textOf(error) });
      return retryMs;
    },
  };
  const controllers: readonly Controller[] = [
    new TaskController(platform),
    new ServiceController(platform),
    new SchedulerController(platform),
    new DrainController(platform),
    new LivenessController(platform),
    new ReaperController(platform),
    new SecretController(platform),
    new TargetController(platform),
    ...more,
  ];
  const drivers = controllers.map((controller) => new Driver(controller, platform.clock, options));
  platform.state.onCommit((changes) => {
    if (!signal.aborted) for (const driver of drivers) driver.observe(changes);
  });
  const stopped = Promise.all(drivers.map((driver) => driver.run(signal))).then(() => undefined);
  return { settled: () => settled(drivers, signal), stopped };
}

async function settled(drivers: readonly Driver[], signal: AbortSignal): Promise<void> {
  // A driver that finishes may have woken another: all must be idle at the same time.
  while (!signal.aborted && drivers.some((driver) => !driver.idle)) {
    for (const driver of drivers) await driver.whenIdle();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
