import type { Platform } from '../platform.ts';
import { oldestShownMs } from './api/groups.ts';
import type { LogStore } from './port.ts';

const EVERY_MS = 3_600_000;

/** Every hour, drops what is wholly older than its group's retention. Ends when the signal aborts; never rejects. */
export async function keepRetention(platform: Platform, store: LogStore, signal: AbortSignal): Promise<void> {
  const { state, clock } = platform;
  for (; !signal.aborted; await clock.sleep(EVERY_MS, signal)) {
    const groups = Array.from(state.tables.logGroups.values());
    for (const group of groups) {
      if (group.retentionInDays === undefined || signal.aborted) continue;
      const [, , , region = '', account = ''] = group.arn.split(':');
      const key = `${account}/${region}/${group.logGroupName}`;
      try {
        const dropped = await store.expire(key, oldestShownMs(group, clock.now()));
        if (dropped > 0) platform.log('info', 'log segments expired', { group: key, dropped });
      } catch (error) {
        platform.log('error', 'log segments could not be expired', { group: key, error: String(error) });
      }
    }
  }
}
