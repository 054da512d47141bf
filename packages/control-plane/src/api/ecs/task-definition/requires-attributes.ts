import type { Attribute, ContainerDefinition, TaskDefinition } from '@gantry/domain';
import type { Volume } from '@aws-sdk/client-ecs';

/** What the derivation looks at: a definition with its defaults filled in. */
export type AttributeSource = Pick<
  TaskDefinition,
  | 'containerDefinitions'
  | 'networkMode'
  | 'cpu'
  | 'taskRoleArn'
  | 'executionRoleArn'
  | 'pidMode'
  | 'ipcMode'
  | 'volumes'
  | 'proxyConfiguration'
  | 'enableFaultInjection'
>;

const CAPABILITY = 'com.amazonaws.ecs.capability.';
const INCREASED_CPU_UNITS = 10 * 1024;

/** Attributes an instance must have to run the definition (ecs-semantics 2.12), each once, in name order. Pure. */
export function requiresAttributes(source: AttributeSource): readonly Attribute[] {
  const names = new Set([...taskAttributes(source), ...source.volumes.flatMap(volumeAttributes)]);
  for (const container of source.containerDefinitions) {
    for (const name of containerAttributes(container, source.executionRoleArn)) names.add(name);
    for (const name of loggingAttributes(container, source.executionRoleArn)) names.add(name);
  }
  return [...names].sort().map((name) => ({ name }));
}

/** An image of a private ECR registry. Pure. */
export function isEcr(image: string): boolean {
  return /\.dkr[.-]ecr(-fips)?\.[^.]+\.(amazonaws\.com|on\.aws)/.test(image);
}

/** The engine's API level: 1.24 and so on. */
function remoteApi(minor: number): string {
  return `${CAPABILITY}docker-remote-api.1.${minor}`;
}

function taskAttributes(source: AttributeSource): readonly string[] {
  const names: string[] = [];
  if (source.taskRoleArn !== undefined) {
    names.push(`${CAPABILITY}task-iam-role`);
    if (source.networkMode === 'host') names.push(`${CAPABILITY}task-iam-role-network-host`);
  }
  if (source.networkMode === 'awsvpc') names.push('ecs.capability.task-eni', remoteApi(18));
  if (Number(source.cpu ?? 0) > INCREASED_CPU_UNITS) names.push('ecs.capability.increased-task-cpu-limit');
  if (source.pidMode !== undefined || source.ipcMode !== undefined) {
    names.push('ecs.capability.pid-ipc-namespace-sharing');
  }
  if (source.ipcMode === 'none') names.push(remoteApi(32));
  if (source.proxyConfiguration !== undefined) names.push('ecs.capability.aws-appmesh');
  if (source.enableFaultInjection === true) names.push('ecs.capability.fault-injection');
  return names;
}

function volumeAttributes(loose: Readonly<Record<string, unknown>>): readonly string[] {
  const volume = loose as Partial<Volume>;
  const docker = volume.dockerVolumeConfiguration;
  if (volume.host?.sourcePath) return [remoteApi(17)];
  if (docker !== undefined) {
    return [remoteApi(21), ...(docker.driver === undefined ? [] : [`ecs.capability.docker-plugin.${docker.driver}`])];
  }
  // With or without an access point.
  if (volume.efsVolumeConfiguration !== undefined) {
    return ['ecs.capability.efs', 'ecs.capability.efsAuth', remoteApi(25)];
  }
  if (volume.fsxWindowsFileServerVolumeConfiguration !== undefined) return ['ecs.capability.fsxWindowsFileServer'];
  if (volume.s3filesVolumeConfiguration !== undefined) return ['ecs.capability.storage.s3-files'];
  return volume.configuredAtLaunch === true ? ['ecs.capability.storage.ebs-task-volume-attach'] : [];
}

function containerAttributes(container: ContainerDefinition, executionRole: string | undefined): readonly string[] {
  const names: string[] = [];
  if (isEcr(container.image)) {
    names.push(`${CAPABILITY}ecr-auth`);
    if (executionRole !== undefined) names.push('ecs.capability.execution-role-ecr-pull');
  }
  if (container.privileged === true) names.push(`${CAPABILITY}privileged-container`);
  if ((container.memoryReservation ?? 0) > 0) names.push(remoteApi(21));
  if (container.healthCheck !== undefined) names.push('ecs.capability.container-health-check', remoteApi(24));
  if ((container.dependsOn ?? []).length > 0) names.push('ecs.capability.container-ordering');
  if (container.restartPolicy?.enabled === true) names.push('ecs.capability.container-restart-policy');
  if (container.repositoryCredentials !== undefined) {
    names.push('ecs.capability.private-registry-authentication.secretsmanager');
  }
  if ((container.environmentFiles ?? []).length > 0) names.push('ecs.capability.env-files.s3');
  for (const { valueFrom } of container.secrets ?? []) {
    names.push(`ecs.capability.secrets.${storeOf(valueFrom)}.environment-variables`);
  }
  // Given at all, also when it is empty.
  if (container.dockerSecurityOptions !== undefined) names.push(remoteApi(17));
  if (container.ulimits !== undefined || container.dockerLabels !== undefined) names.push(remoteApi(18));
  for (const option of container.dockerSecurityOptions ?? []) {
    if (option.startsWith('no-new-privileges')) names.push(remoteApi(23));
    if (option.startsWith('apparmor:')) names.push(`${CAPABILITY}apparmor`);
    if (option.startsWith('label:')) names.push(`${CAPABILITY}selinux`);
    if (option.startsWith('credentialspec:')) names.push('ecs.capability.gmsa');
  }
  for (const spec of container.credentialSpecs ?? []) {
    names.push(`ecs.capability.${spec.startsWith('credentialspecdomainless:') ? 'gmsa-domainless' : 'gmsa'}`);
  }
  const { initProcessEnabled, sharedMemorySize, tmpfs } = container.linuxParameters ?? {};
  if (initProcessEnabled === true) names.push(remoteApi(25));
  if (sharedMemorySize !== undefined || tmpfs !== undefined) names.push(remoteApi(22));
  if (container.portMappings.some((mapping) => mapping.containerPortRange !== undefined)) {
    names.push('ecs.capability.network.container-port-range');
  }
  return names;
}

function loggingAttributes(container: ContainerDefinition, executionRole: string | undefined): readonly string[] {
  const names: string[] = [];
  const { logDriver, options = {}, secretOptions } = container.logConfiguration ?? {};
  if (logDriver !== undefined) names.push(`${CAPABILITY}logging-driver.${logDriver}`, remoteApi(19));
  if (logDriver === 'awslogs') {
    if (executionRole !== undefined) names.push('ecs.capability.execution-role-awslogs');
    if (options['awslogs-create-group'] !== undefined) names.push(remoteApi(29));
  }
  if (options['mode'] !== undefined || options['max-buffer-size'] !== undefined) names.push(remoteApi(28));
  for (const { valueFrom } of secretOptions ?? []) {
    names.push(`ecs.capability.secrets.${storeOf(valueFrom)}.bootstrap.log-driver`);
  }
  const router = container.firelensConfiguration;
  if (router?.type !== undefined) {
    names.push(`ecs.capability.firelens.${router.type}`);
    const file = router.options?.['config-file-type'];
    if (file !== undefined) names.push(`ecs.capability.firelens.options.config.${file}`);
  }
  return names;
}

function storeOf(valueFrom: string | undefined): 'asm' | 'ssm' {
  return valueFrom?.includes(':secretsmanager:') === true ? 'asm' : 'ssm';
}
