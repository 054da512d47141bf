import { clientException } from '@gantry/protocol';
import type { ContainerDefinition, HealthCheck } from '@aws-sdk/client-ecs';

const MAX_IGNORED_EXIT_CODES = 50;
const SECURITY_OPTION = /^(no-new-privileges(:(true|false))?|(apparmor|label|credentialspec):.+)$/;
const CREDENTIAL_SPEC = /^credentialspec(domainless)?:arn:[^:]+:(ssm|s3):.+/;

/** Members that can be judged one container at a time (ecs-semantics 2.5, 2.8, 3.7). Pure; throws ClientException. */
export function checkMembers(name: string, container: ContainerDefinition): void {
  checkHealthCheck(name, container.healthCheck);
  checkRestartPolicy(name, container);
  checkTimeouts(name, container);
  checkSecurity(name, container);
  for (const variable of container.environment ?? []) {
    if (variable.name === undefined || variable.name === '') {
      throw clientException(`Container '${name}' has an environment variable without a name.`);
    }
  }
  for (const { hostname, ipAddress } of container.extraHosts ?? []) {
    if ((hostname ?? '') === '' || (ipAddress ?? '') === '') {
      throw clientException(`Container '${name}': each of 'extraHosts' needs a 'hostname' and an 'ipAddress'.`);
    }
  }
  for (const member of ['dnsServers', 'dnsSearchDomains'] as const) {
    if ((container[member] ?? []).some((value) => value === '')) {
      throw clientException(`Container '${name}': '${member}' has an empty entry.`);
    }
  }
}

function checkHealthCheck(name: string, check: HealthCheck | undefined): void {
  if (check === undefined) return;
  if (check.command === undefined || check.command.length === 0) {
    throw clientException(`Container '${name}': 'healthCheck' needs a 'command'.`);
  }
  const ranges = [
    ['interval', check.interval, 5, 300],
    ['timeout', check.timeout, 2, 60],
    ['retries', check.retries, 1, 10],
    ['startPeriod', check.startPeriod, 0, 300],
  ] as const;
  for (const [member, value, min, max] of ranges) {
    if (value !== undefined && (value < min || value > max)) {
      throw clientException(
        `Invalid health check of container '${name}': '${member}' must be between ${min} and ${max}; it is ${value}.`,
      );
    }
  }
}

function checkRestartPolicy(name: string, { restartPolicy }: ContainerDefinition): void {
  if (restartPolicy === undefined) return;
  const { enabled, ignoredExitCodes = [], restartAttemptPeriod } = restartPolicy;
  if (enabled === undefined) {
    throw clientException(`Invalid restart policy of container '${name}': 'enabled' must be given.`);
  }
  if (ignoredExitCodes.length > MAX_IGNORED_EXIT_CODES) {
    throw clientException(
      `Invalid restart policy of container '${name}': at most ${MAX_IGNORED_EXIT_CODES} 'ignoredExitCodes'.`,
    );
  }
  if (restartAttemptPeriod !== undefined && (restartAttemptPeriod < 60 || restartAttemptPeriod > 1800)) {
    throw clientException(
      `Invalid restart policy of container '${name}': 'restartAttemptPeriod' must be between 60 and 1800 seconds.`,
    );
  }
}

function checkTimeouts(name: string, container: ContainerDefinition): void {
  for (const member of ['startTimeout', 'stopTimeout'] as const) {
    const value = container[member];
    if (value !== undefined && value < 0) {
      throw clientException(`Invalid '${member}' setting for container '${name}': it must not be negative.`);
    }
  }
}

function checkSecurity(name: string, { credentialSpecs, dockerSecurityOptions }: ContainerDefinition): void {
  for (const option of dockerSecurityOptions ?? []) {
    if (SECURITY_OPTION.test(option)) continue;
    throw clientException(
      `Container '${name}': there is no Docker security option '${option.slice(0, 64)}'. Use no-new-privileges, apparmor:PROFILE, label:VALUE or credentialspec:FILE.`,
    );
  }
  const specs = credentialSpecs ?? [];
  if (specs.length > 1) throw clientException(`Container '${name}' has ${specs.length} 'credentialSpecs'; give one.`);
  const wrong = specs.find((spec) => !CREDENTIAL_SPEC.test(spec));
  if (wrong !== undefined) {
    throw clientException(
      `Container '${name}': '${wrong.slice(0, 128)}' in 'credentialSpecs' must be credentialspec:ARN or credentialspecdomainless:ARN, of SSM or S3.`,
    );
  }
}
