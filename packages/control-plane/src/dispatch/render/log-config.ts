import type { LogConfiguration } from '@gantry/domain';
import type { Loose } from './loose.ts';

/**
 * `LogConfig`: options pass through. For awslogs the stream name is made here, `<prefix>/<container>/<task id>`, and
 * the prefix goes (Docker's awslogs driver refuses options it does not know); without a prefix the runtime id is
 * the stream, which the driver takes by itself.
 */
export function renderLogConfig(
  configuration: LogConfiguration | undefined,
  containerName: string,
  taskId: string,
): Loose | undefined {
  if (configuration?.logDriver === undefined) return undefined;
  const options: Record<string, string> = { ...configuration.options };
  // A full buffer drops lines: ECS gives it 10 MiB where Docker would take 1.
  if (options['mode'] === 'non-blocking') options['max-buffer-size'] ??= '10m';
  if (configuration.logDriver === 'awslogs') {
    const prefix = options['awslogs-stream-prefix'];
    delete options['awslogs-stream-prefix'];
    if (prefix !== undefined) options['awslogs-stream'] ??= `${prefix}/${containerName}/${taskId}`;
  }
  return { Type: configuration.logDriver, Config: options };
}
