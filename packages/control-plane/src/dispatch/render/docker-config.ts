import type { ContainerDefinition, HealthCheck } from '@gantry/domain';
import { compact, flag, text, textMap, type Loose } from './loose.ts';

const NANOSECONDS_PER_SECOND = 1e9;

/** The Engine API's `Config` of a container, as far as the definition says something; the agent fills the rest. */
export function renderConfig(definition: ContainerDefinition): Loose {
  return compact({
    User: text(definition['user']),
    WorkingDir: text(definition['workingDirectory']),
    Hostname: text(definition['hostname']),
    Labels: textMap(definition['dockerLabels']),
    OpenStdin: flag(definition['interactive']),
    Tty: flag(definition['pseudoTerminal']),
    NetworkDisabled: flag(definition['disableNetworking']),
    Healthcheck: renderHealthCheck(definition.healthCheck),
  });
}

/** ECS counts in seconds, Docker in nanoseconds; the defaults are ECS's (2.8). */
export function renderHealthCheck(check: HealthCheck | undefined): Loose | undefined {
  if (check?.command === undefined || check.command.length === 0) return undefined;
  const form = check.command[0];
  const named = form === 'CMD' || form === 'CMD-SHELL' || form === 'NONE';
  return {
    Test: named ? check.command : ['CMD', ...check.command],
    Interval: (check.interval ?? 30) * NANOSECONDS_PER_SECOND,
    Timeout: (check.timeout ?? 5) * NANOSECONDS_PER_SECOND,
    Retries: check.retries ?? 3,
    StartPeriod: (check.startPeriod ?? 0) * NANOSECONDS_PER_SECOND,
  };
}
