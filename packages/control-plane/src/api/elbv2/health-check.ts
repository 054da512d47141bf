import type { TargetGroupHealthCheck } from '@gantry/domain';
import type { ElasticloadbalancingOperations } from '@gantry/protocol';
import { notSupported, validationError } from './common/errors.ts';

type Input = Pick<
  ElasticloadbalancingOperations['CreateTargetGroup']['input'],
  | 'HealthCheckEnabled'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckPath'
  | 'HealthCheckPort'
  | 'HealthCheckProtocol'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'Matcher'
  | 'UnhealthyThresholdCount'
>;

/**
 * The health check a request asks for, on top of what there is, or of ELB's defaults (ecs-semantics 8.2). Pure.
 * @throws ServiceError ValidationError, InvalidConfigurationRequest
 */
export function checkedHealthCheck(
  input: Input,
  groupProtocol: 'HTTP' | 'TCP',
  before?: TargetGroupHealthCheck,
): TargetGroupHealthCheck {
  const protocol = input.HealthCheckProtocol ?? before?.protocol ?? groupProtocol;
  if (protocol !== 'HTTP' && protocol !== 'TCP')
    throw notSupported(`Health check protocol ${protocol} is`, 'Protocols there are: HTTP, TCP.');
  if (groupProtocol === 'HTTP' && protocol !== 'HTTP')
    throw validationError(
      `Health check protocol '${protocol}' is not supported for target groups with the HTTP protocol`,
    );
  if (input.HealthCheckEnabled === false)
    throw validationError('Health check enabled must be true for target groups with target type instance or ip');
  if (input.Matcher?.GrpcCode !== undefined) throw notSupported('Matcher.GrpcCode is', 'Use Matcher.HttpCode.');
  const old = before?.protocol === protocol ? before : undefined;
  const isHttp = protocol === 'HTTP';
  if (!isHttp && (input.HealthCheckPath ?? input.Matcher?.HttpCode) !== undefined)
    throw validationError('Health check path and matcher are not supported for health checks with the TCP protocol');
  const check: TargetGroupHealthCheck = {
    enabled: true,
    protocol,
    port: portOf(input.HealthCheckPort ?? before?.port ?? 'traffic-port'),
    path: isHttp ? pathOf(input.HealthCheckPath ?? old?.path ?? '/') : undefined,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? before?.intervalSeconds ?? 30,
    timeoutSeconds:
      input.HealthCheckTimeoutSeconds ?? old?.timeoutSeconds ?? (groupProtocol === 'HTTP' ? 5 : isHttp ? 6 : 10),
    healthyThreshold: input.HealthyThresholdCount ?? before?.healthyThreshold ?? 5,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? before?.unhealthyThreshold ?? 2,
    httpCode: isHttp
      ? codeOf(input.Matcher?.HttpCode ?? old?.httpCode ?? (groupProtocol === 'HTTP' ? '200' : '200-399'))
      : undefined,
  };
  if (check.timeoutSeconds >= check.intervalSeconds)
    throw validationError(
      `Health check timeout '${check.timeoutSeconds}' must be smaller than the interval '${check.intervalSeconds}'`,
    );
  return check;
}

function portOf(port: string): string {
  if (port === 'traffic-port' || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535)) return port;
  throw validationError(`Health check port '${port.slice(0, 64)}' must be in the range '1-65535' or 'traffic-port'`);
}

function pathOf(path: string): string {
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw validationError(`Health check path '${path}' must begin with '/' and hold visible ASCII characters alone`);
}

/** `200`, `200,202`, `200-299`, of 200 to 499. */
function codeOf(text: string): string {
  const parts = text.split(',').map((part) => /^([2-4]\d\d)(?:-([2-4]\d\d))?$/.exec(part));
  const fits = parts.every((part) => part !== null && Number(part[1]) <= Number(part[2] ?? part[1]));
  if (fits && text.length <= 128) return text;
  throw validationError(`Health check matcher HTTP code '${text.slice(0, 128)}' must be within '200-499' inclusive`);
}
