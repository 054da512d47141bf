import { parseArn, type ContainerDefinition, type ContainerOverride, type LaunchType, type Task } from '@gantry/domain';
import type { PayloadContainer } from '@gantry/protocol';
import { renderConfig } from './docker-config.ts';
import { renderHostConfig } from './host-config.ts';
import type { LogMode } from './log-config.ts';
import { flag, list, number, record, text, textMap, texts } from './loose.ts';
import { renderPortMappings } from './network.ts';

const EXECUTION_ENV: Readonly<Record<LaunchType, string>> = {
  EC2: 'AWS_ECS_EC2',
  EXTERNAL: 'AWS_ECS_EXTERNAL',
  FARGATE: 'AWS_ECS_FARGATE',
  MANAGED_INSTANCES: 'AWS_ECS_MANAGED_INSTANCES',
};
/** Seconds; ECS's default (3.7). */
const RESTART_ATTEMPT_PERIOD_S = 300;

/** One container of a task's payload: definition, then the task's override of it, in the wire's exact types. */
export function renderContainer(task: Task, definition: ContainerDefinition, logMode: LogMode): PayloadContainer {
  const override = task.overrides.containerOverrides.find((candidate) => candidate.name === definition.name) ?? {};
  const memory = number(override.memory) ?? number(definition.memory);
  const memoryReservation = number(override.memoryReservation) ?? number(definition.memoryReservation);
  const command = override.command ?? definition.command;
  const config = renderConfig(definition);
  const container: PayloadContainer = {
    name: definition.name,
    image: imageOf(task, definition),
    ...(command === undefined ? {} : { command }),
    ...(definition.entryPoint === undefined ? {} : { entryPoint: definition.entryPoint }),
    environment: renderEnvironment(task, definition, override),
    essential: definition.essential,
    cpu: Math.trunc(number(override.cpu) ?? number(definition.cpu) ?? 0),
    memory: Math.trunc(memory ?? 0),
    overrides: JSON.stringify(override.command === undefined ? {} : { command: override.command }),
    dockerConfig: {
      config: JSON.stringify(config),
      hostConfig: JSON.stringify(renderHostConfig(task, definition, { memory, memoryReservation, logMode })),
      version: needsInit(definition) ? '1.25' : '1.24',
    },
    portMappings: renderPortMappings(task, definition),
    mountPoints: renderMountPoints(definition),
    volumesFrom: renderVolumesFrom(definition),
    dependsOn: renderDependsOn(definition),
    containerArn: task.containers.find((container) => container.name === definition.name)?.containerArn ?? '',
  };
  return { ...container, ...renderRest(task, definition, override, config['Healthcheck'] !== undefined) };
}

/** By the digest its service's revision has resolved it to, if it has. */
function imageOf({ containers }: Task, { name, image }: ContainerDefinition): string {
  const digest = containers.find((container) => container.name === name)?.pinnedDigest;
  return digest === undefined ? image : `${image.replace(/:[^/:]*$/, '')}@${digest}`;
}

/** The members that are sent only when the definition says something. */
function renderRest(
  task: Task,
  definition: ContainerDefinition,
  override: ContainerOverride,
  checked: boolean,
): Partial<PayloadContainer> {
  const links = texts(definition['links']);
  const files = override['environmentFiles'] ?? definition['environmentFiles'];
  const environmentFiles = list(files).flatMap((file) => {
    const value = text(record(file)['value']);
    return value === undefined ? [] : [{ value, type: 's3' as const }];
  });
  const secrets = renderSecrets(task, definition);
  const credentials = text(record(definition['repositoryCredentials'])['credentialsParameter']);
  const fireLens = record(definition['firelensConfiguration']);
  const router = fireLens['type'];
  return {
    ...(links.length === 0 ? {} : { links }),
    ...(definition.startTimeout === undefined ? {} : { startTimeout: definition.startTimeout }),
    ...(definition.stopTimeout === undefined ? {} : { stopTimeout: definition.stopTimeout }),
    ...(checked ? { healthCheckType: 'docker' as const } : {}),
    ...renderRestartPolicy(definition),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(environmentFiles.length === 0 ? {} : { environmentFiles }),
    ...(credentials === undefined
      ? {}
      : {
          registryAuthentication: {
            type: 'asm' as const,
            asmAuthData: { credentialsParameter: credentials, region: regionOf(credentials, task) },
          },
        }),
    ...(router === 'fluentd' || router === 'fluentbit'
      ? { firelensConfiguration: { type: router, options: textMap(fireLens['options']) } }
      : {}),
  };
}

/** The definition's, then the override's by name. A value the user gives for AWS_EXECUTION_ENV wins over ours. */
function renderEnvironment(
  task: Task,
  definition: ContainerDefinition,
  override: ContainerOverride,
): Readonly<Record<string, string>> {
  const environment = new Map<string, string>([['AWS_EXECUTION_ENV', EXECUTION_ENV[task.launchType]]]);
  for (const { name, value } of [...definition.environment, ...(override.environment ?? [])]) {
    if (name !== undefined && name !== '') environment.set(name, value ?? '');
  }
  return Object.fromEntries(environment);
}

function renderMountPoints(definition: ContainerDefinition): PayloadContainer['mountPoints'] {
  return list(definition['mountPoints']).flatMap((item) => {
    const { sourceVolume, containerPath, readOnly } = record(item);
    if (typeof sourceVolume !== 'string' || typeof containerPath !== 'string') return [];
    return [{ sourceVolume, containerPath, readOnly: flag(readOnly) ?? false }];
  });
}

function renderVolumesFrom(definition: ContainerDefinition): PayloadContainer['volumesFrom'] {
  return list(definition['volumesFrom']).flatMap((item) => {
    const { sourceContainer, readOnly } = record(item);
    return typeof sourceContainer === 'string' ? [{ sourceContainer, readOnly: flag(readOnly) ?? false }] : [];
  });
}

function renderDependsOn(definition: ContainerDefinition): PayloadContainer['dependsOn'] {
  return (definition.dependsOn ?? []).flatMap(({ containerName, condition }) =>
    containerName === undefined || condition === undefined ? [] : [{ containerName, condition }],
  );
}

function renderRestartPolicy(definition: ContainerDefinition): Pick<PayloadContainer, 'restartPolicy'> {
  const policy = definition.restartPolicy;
  if (policy?.enabled === undefined) return {};
  return {
    restartPolicy: {
      enabled: policy.enabled,
      ignoredExitCodes: policy.ignoredExitCodes ?? [],
      restartAttemptPeriod: policy.restartAttemptPeriod ?? RESTART_ATTEMPT_PERIOD_S,
    },
  };
}

function renderSecrets(task: Task, definition: ContainerDefinition): NonNullable<PayloadContainer['secrets']> {
  const into = (type: 'ENVIRONMENT_VARIABLE' | 'BOOTSTRAP', target: 'CONTAINER' | 'LOG_DRIVER') => (item: unknown) => {
    const { name, valueFrom } = record(item);
    if (typeof name !== 'string' || typeof valueFrom !== 'string') return [];
    const provider = parseArn(valueFrom)?.service === 'secretsmanager' ? ('asm' as const) : ('ssm' as const);
    return [{ name, valueFrom, region: regionOf(valueFrom, task), provider, type, target }];
  };
  return [
    ...list(definition['secrets']).flatMap(into('ENVIRONMENT_VARIABLE', 'CONTAINER')),
    ...list(definition.logConfiguration?.secretOptions).flatMap(into('BOOTSTRAP', 'LOG_DRIVER')),
  ];
}

/** The region an ARN names, else the task's own. */
function regionOf(arnOrName: string, task: Task): string {
  return parseArn(arnOrName)?.region || task.scope.region;
}

function needsInit(definition: ContainerDefinition): boolean {
  return flag(record(definition['linuxParameters'])['initProcessEnabled']) === true;
}
