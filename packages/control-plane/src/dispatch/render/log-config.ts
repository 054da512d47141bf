import type { LogConfiguration } from '@gantry/domain';
import type { Loose } from './loose.ts';

/** How output is handed to a log driver by containers that do not say so themselves. */
export type LogMode = 'blocking' | 'non-blocking';

/**
 * `LogConfig`: options pass through, with the mode (2.10). For awslogs the stream name is made here, `<prefix>/<container>/<task id>`,
 * and the prefix goes (Docker's awslogs driver refuses options it does not know); without a prefix the runtime id is
 * the stream, which the driver takes by itself. Options of awsfirelens are the router's: nothing is added to them.
 */
export function renderLogConfig(
  configuration: LogConfiguration | undefined,
  container: { readonly name: string; readonly taskId: string; readonly mode: LogMode },
): Loose | undefined {
  if (configuration?.logDriver === undefined) return undefined;
  const { logDriver } = configuration;
  const options: Record<string, string> = { ...configuration.options };
  if (logDriver === 'awsfirelens') return { Type: logDriver, Config: options };
  options['mode'] ??= container.mode;
  // A full buffer drops lines: ECS gives it 10 MiB where Docker would take 1. Docker refuses a buffer that nothing uses.
  if (options['mode'] === 'non-blocking') options['max-buffer-size'] ??= '10m';
  else delete options['max-buffer-size'];
  if (logDriver === 'awslogs') {
    const prefix = options['awslogs-stream-prefix'];
    delete options['awslogs-stream-prefix'];
    if (prefix !== undefined) options['awslogs-stream'] ??= `${prefix}/${container.name}/${container.taskId}`;
  }
  return { Type: logDriver, Config: options };
}
