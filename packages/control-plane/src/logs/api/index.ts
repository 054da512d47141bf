import type { LogsOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { LogStore } from '../port.ts';
import { describeHandlers } from './describe.ts';
import { manageHandlers } from './manage.ts';
import { putHandlers } from './put.ts';
import { readHandlers } from './read.ts';

/** CloudWatch Logs, as far as ECS users need it. Groups and streams are state; events are in the log store. */
export function logsHandlers(platform: Platform, store: LogStore): HandlersOf<LogsOperations> {
  return {
    ...manageHandlers(platform, store),
    ...describeHandlers(platform, store),
    ...putHandlers(platform, store),
    ...readHandlers(platform, store),
  };
}
