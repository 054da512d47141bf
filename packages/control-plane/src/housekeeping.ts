import type { Platform } from './platform.ts';
import type { Journal } from './store/port.ts';

const EVERY_MS = 3_600_000;

/** Every hour, forgets history that is older than promised. Ends when the signal aborts; never rejects. */
export async function keepHistory(platform: Platform, journal: Journal, signal: AbortSignal): Promise<void> {
  const { clock, config } = platform;
  for (; !signal.aborted; await clock.sleep(EVERY_MS, signal)) {
    try {
      const before = (clock.now() - config.historyRetentionMs) as ReturnType<typeof clock.now>;
      const forgotten = await journal.forgetHistoryBefore(before);
      if (forgotten > 0) platform.log('info', 'history forgotten', { events: forgotten });
    } catch (error) {
      platform.log('error', 'history could not be forgotten', { error: String(error) });
    }
  }
}
