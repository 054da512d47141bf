import type { Attribute, ContainerDefinition } from '@gantry/domain';

/** What the derivation looks at: a definition with its defaults filled in. */
export interface AttributeSource {
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly networkMode: string;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
  readonly pidMode?: string | undefined;
  readonly ipcMode?: string | undefined;
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

const CAPABILITY = 'com.amazonaws.ecs.capability.';
const INCREASED_CPU_UNITS = 10 * 1024;

/** Attributes an instance must have to run the definition (ecs-semantics 2.12), each once, in name order. Pure. */
export function requiresAttributes(source: AttributeSource): readonly Attribute[] {
  const names = new Set([`${CAPABILITY}docker-remote-api.1.18`, ...taskAttributes(source)]);
  for (const container of source.containerDefinitions) {
    for (const name of containerAttributes(container, source.executionRoleArn)) names.add(name);
  }
  return [...names].sort().map((name) => ({ name }));
}

function taskAttributes(source: AttributeSource): readonly string[] {
  const names: string[] = [];
  if (source.taskRoleArn !== undefined) {
    names.push(`${CAPABILITY}${source.networkMode === 'host' ? 'task-iam-role-network-host' : 'task-iam-role'}`);
  }
  if (source.networkMode === 'awsvpc') names.push('ecs.capability.task-eni');
  if (source.cpu !== undefined || source.memory !== undefined) names.push('ecs.capability.task-cpu-mem-limit');
  if (Number(source.cpu ?? 0) > INCREASED_CPU_UNITS) names.push('ecs.capability.increased-task-cpu-limit');
  if (source.pidMode !== undefined || source.ipcMode !== undefined) {
    names.push('ecs.capability.pid-ipc-namespace-sharing');
  }
  for (const volume of source.volumes) {
    const docker = volume['dockerVolumeConfiguration'] as { readonly driver?: string } | undefined;
    if (docker === undefined) continue;
    names.push(`${CAPABILITY}docker-remote-api.1.21`);
    if (docker.driver !== undefined) names.push(`ecs.capability.docker-plugin.${docker.driver}`);
  }
  return names;
}

function containerAttributes(container: ContainerDefinition, executionRole: string | undefined): readonly string[] {
  const names: string[] = [];
  const has = (member: string): boolean => container[member] !== undefined && container[member] !== null;
  const driver = container.logConfiguration?.logDriver;
  if (driver !== undefined) names.push(`${CAPABILITY}logging-driver.${driver}`, `${CAPABILITY}docker-remote-api.1.19`);
  if (driver === 'awslogs' && executionRole !== undefined) names.push('ecs.capability.execution-role-awslogs');
  if (/\.dkr\.ecr\.[^.]+\.amazonaws\.com/.test(container.image)) {
    names.push(`${CAPABILITY}ecr-auth`);
    if (executionRole !== undefined) names.push('ecs.capability.execution-role-ecr-pull');
  }
  if (container['privileged'] === true) names.push(`${CAPABILITY}privileged-container`);
  if (has('healthCheck')) names.push('ecs.capability.container-health-check');
  if ((container.dependsOn ?? []).length > 0) names.push('ecs.capability.container-ordering');
  if (has('restartPolicy')) names.push('ecs.capability.container-restart-policy');
  if (has('repositoryCredentials')) names.push('ecs.capability.private-registry-authentication.secretsmanager');
  if (isNonEmpty(container['environmentFiles'])) names.push('ecs.capability.env-files.s3');
  for (const { valueFrom } of secretsOf(container)) {
    const kind = valueFrom?.includes(':secretsmanager:') === true ? 'asm' : 'ssm';
    names.push(`ecs.capability.secrets.${kind}.environment-variables`);
  }
  const firelens = container['firelensConfiguration'] as { readonly type?: string } | undefined;
  if (firelens?.type !== undefined) names.push(`ecs.capability.firelens.${firelens.type}`);
  const linux = container['linuxParameters'] as { readonly initProcessEnabled?: boolean } | undefined;
  if (linux?.initProcessEnabled === true) names.push(`${CAPABILITY}docker-remote-api.1.25`);
  if (container.portMappings.some((mapping) => mapping.containerPortRange !== undefined)) {
    names.push('ecs.capability.network.container-port-range');
  }
  return names;
}

function secretsOf(container: ContainerDefinition): readonly { readonly valueFrom?: string | undefined }[] {
  const secrets = container['secrets'];
  return Array.isArray(secrets) ? (secrets as readonly { readonly valueFrom?: string }[]) : [];
}

function isNonEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
