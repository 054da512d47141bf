import { NAME_PATTERN, parseArn } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import type {
  ContainerDefinition,
  DockerVolumeConfiguration,
  EFSVolumeConfiguration,
  FSxWindowsFileServerVolumeConfiguration,
  RegisterTaskDefinitionRequest,
  S3FilesVolumeConfiguration,
  Volume,
} from '@aws-sdk/client-ecs';

const MAX_PORT = 65_535;

/** Volumes and who mounts them (ecs-semantics 2.9). Pure; throws ClientException. */
export function checkVolumes(input: RegisterTaskDefinitionRequest): void {
  const volumes = input.volumes ?? [];
  const names = new Set<string>();
  for (const volume of volumes) {
    const name = volume.name ?? '';
    if (!NAME_PATTERN.test(name)) {
      throw clientException(
        `Invalid volume name '${name.slice(0, 64)}': up to 255 letters, numbers, underscores and hyphens.`,
      );
    }
    if (names.has(name)) throw clientException(`Duplicate volume name '${name}'. Volume names must be unique.`);
    names.add(name);
    checkVolume(name, volume);
  }
  if (volumes.filter((volume) => volume.configuredAtLaunch === true).length > 1) {
    throw clientException("A task definition can have at most one volume with 'configuredAtLaunch'.");
  }
  if (volumes.some((volume) => volume.s3filesVolumeConfiguration !== undefined) && !input.taskRoleArn) {
    throw clientException("When you are specifying S3 Files volumes, you must also specify a value for 'taskRoleArn'.");
  }
  for (const container of input.containerDefinitions ?? []) checkMounts(container, names);
}

/** The members of a volume that say what kind it is. Pure. */
export function kindsOf(volume: Volume): readonly string[] {
  return [
    ...(volume.host?.sourcePath ? ['host'] : []),
    ...(volume.dockerVolumeConfiguration === undefined ? [] : ['dockerVolumeConfiguration']),
    ...(volume.efsVolumeConfiguration === undefined ? [] : ['efsVolumeConfiguration']),
    ...(volume.s3filesVolumeConfiguration === undefined ? [] : ['s3filesVolumeConfiguration']),
    ...(volume.fsxWindowsFileServerVolumeConfiguration === undefined
      ? []
      : ['fsxWindowsFileServerVolumeConfiguration']),
    ...(volume.configuredAtLaunch === true ? ['configuredAtLaunch'] : []),
  ];
}

function checkVolume(name: string, volume: Volume): void {
  const [first, second] = kindsOf(volume);
  if (second !== undefined) {
    throw clientException(`Volume '${name}' has both '${first}' and '${second}'; give one of them.`);
  }
  if (volume.dockerVolumeConfiguration !== undefined) checkDocker(name, volume.dockerVolumeConfiguration);
  if (volume.efsVolumeConfiguration !== undefined) checkEfs(name, volume.efsVolumeConfiguration);
  if (volume.s3filesVolumeConfiguration !== undefined) checkS3Files(name, volume.s3filesVolumeConfiguration);
  if (volume.fsxWindowsFileServerVolumeConfiguration !== undefined) {
    checkFsx(name, volume.fsxWindowsFileServerVolumeConfiguration);
  }
}

function checkDocker(name: string, docker: DockerVolumeConfiguration): void {
  if ((docker.scope ?? 'task') === 'task' && docker.autoprovision !== undefined) {
    throw clientException(`Volume '${name}': 'autoprovision' needs scope 'shared'.`);
  }
}

function checkEfs(name: string, efs: EFSVolumeConfiguration): void {
  const { authorizationConfig, fileSystemId = '', rootDirectory, transitEncryption } = efs;
  if (!/^fs-[0-9a-f]+$/.test(fileSystemId)) {
    throw clientException(`Volume '${name}': '${fileSystemId.slice(0, 64)}' is not the id of an EFS file system.`);
  }
  checkRoot(name, rootDirectory);
  checkPort(name, efs.transitEncryptionPort);
  const encrypted = transitEncryption === 'ENABLED';
  if (authorizationConfig?.accessPointId !== undefined) {
    if ((rootDirectory ?? '/') !== '/') {
      throw clientException(
        'When using an EFS access point, the root directory must either be set to "/" or be omitted.',
      );
    }
    if (!encrypted) {
      throw clientException(`Volume '${name}': transit encryption must be enabled when an EFS access point is used.`);
    }
  }
  if (authorizationConfig?.iam === 'ENABLED' && !encrypted) {
    throw clientException(`Volume '${name}': transit encryption must be enabled when EFS IAM authorization is used.`);
  }
}

function checkS3Files(name: string, files: S3FilesVolumeConfiguration): void {
  const { accessPointArn, fileSystemArn = '', rootDirectory } = files;
  for (const arn of [fileSystemArn, ...(accessPointArn === undefined ? [] : [accessPointArn])]) {
    if (parseArn(arn)?.service === 's3files') continue;
    throw clientException(`Volume '${name}': '${arn.slice(0, 128)}' is not an ARN of S3 Files.`);
  }
  checkRoot(name, rootDirectory);
  checkPort(name, files.transitEncryptionPort);
  if (accessPointArn !== undefined && (rootDirectory ?? '/') !== '/') {
    throw clientException(
      'When using an S3 Files access point, the root directory must either be set to "/" or be omitted.',
    );
  }
}

function checkFsx(name: string, fsx: FSxWindowsFileServerVolumeConfiguration): void {
  const { authorizationConfig, fileSystemId = '', rootDirectory } = fsx;
  if (!/^fs-[0-9a-f]+$/.test(fileSystemId)) {
    throw clientException(`Volume '${name}': '${fileSystemId.slice(0, 64)}' is not the id of an FSx file system.`);
  }
  if (!rootDirectory) throw clientException(`Volume '${name}': an FSx volume needs a 'rootDirectory'.`);
  if (!authorizationConfig?.domain) throw clientException(`Volume '${name}': an FSx volume needs a 'domain'.`);
  const service = parseArn(authorizationConfig.credentialsParameter ?? '')?.service;
  if (service !== 'secretsmanager' && service !== 'ssm') {
    throw clientException(
      `Volume '${name}': 'credentialsParameter' must be the ARN of a Secrets Manager secret or of an SSM parameter.`,
    );
  }
}

function checkRoot(name: string, rootDirectory: string | undefined): void {
  if (rootDirectory === undefined || rootDirectory.startsWith('/')) return;
  throw clientException(`Volume '${name}': 'rootDirectory' must be an absolute path; it is '${rootDirectory}'.`);
}

function checkPort(name: string, port: number | undefined): void {
  if (port === undefined || (port >= 1 && port <= MAX_PORT)) return;
  throw clientException(`Volume '${name}': 'transitEncryptionPort' must be between 1 and ${MAX_PORT}; it is ${port}.`);
}

function checkMounts(container: ContainerDefinition, volumes: ReadonlySet<string>): void {
  const name = container.name ?? '';
  for (const { sourceVolume, containerPath } of container.mountPoints ?? []) {
    if (sourceVolume === undefined || !volumes.has(sourceVolume)) {
      throw clientException(`Unknown volume '${sourceVolume ?? ''}' in the mount points of container '${name}'.`);
    }
    if (containerPath === undefined || containerPath === '') {
      throw clientException(`Mount point of volume '${sourceVolume}' in container '${name}' has no 'containerPath'.`);
    }
  }
}
