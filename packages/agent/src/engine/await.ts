import type { Clock } from '@gantry/domain';
import type { Log } from '../log.ts';
import type { Engine, EngineInfo } from './port.ts';

const RETRY_MS = 1_000;

/** Waits for as long as it takes; said once. `undefined`: the signal came first. */
export async function awaitEngine(
  engine: Engine,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<EngineInfo | undefined> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      return await engine.ping(signal);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (tries === 1 && !signal.aborted) log('warn', `waiting for the container engine: ${text}`);
      await clock.sleep(RETRY_MS, signal);
    }
  }
  return undefined;
}
