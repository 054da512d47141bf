import { clientException } from '@gantry/protocol';
import type {
  ContainerDefinition,
  Device,
  KernelCapabilities,
  LinuxParameters,
  RegisterTaskDefinitionRequest,
  Tmpfs,
} from '@aws-sdk/client-ecs';

const CAPABILITIES = new Set(
  (
    'ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER ' +
    'FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE ' +
    'NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE ' +
    'SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM'
  ).split(' '),
);
const MOUNT_OPTIONS = new Set(
  (
    'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime ' +
    'nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime ' +
    'strictatime nostrictatime mode uid gid nr_inodes nr_blocks mpol'
  ).split(' '),
);
const IPC_CONTROL = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/;
const NET_CONTROL = /^net\..+/;
const MAX_SWAPPINESS = 100;

/** linuxParameters, ulimits and systemControls of all containers (ecs-semantics 2.4–2.7). Pure; throws ClientException. */
export function checkLinux(input: RegisterTaskDefinitionRequest): void {
  for (const container of input.containerDefinitions ?? []) {
    const name = container.name ?? '';
    if (container.linuxParameters !== undefined) checkParameters(name, container.linuxParameters);
    checkUlimits(name, container);
    checkSystemControls(name, container, input);
  }
}

function checkParameters(name: string, linux: LinuxParameters): void {
  checkCapabilities(name, linux.capabilities);
  for (const device of linux.devices ?? []) checkDevice(name, device);
  for (const tmpfs of linux.tmpfs ?? []) checkTmpfs(name, tmpfs);
  const { maxSwap, sharedMemorySize, swappiness } = linux;
  if (sharedMemorySize !== undefined && sharedMemorySize < 1) {
    throw invalid(name, 'sharedMemorySize', `it must be at least 1 MiB; it is ${sharedMemorySize}.`);
  }
  if (maxSwap !== undefined && maxSwap < 0) throw invalid(name, 'maxSwap', 'it must be 0 or more MiB.');
  if (swappiness !== undefined && (swappiness < 0 || swappiness > MAX_SWAPPINESS)) {
    throw invalid(name, 'swappiness', `it must be between 0 and ${MAX_SWAPPINESS}; it is ${swappiness}.`);
  }
}

function checkCapabilities(name: string, capabilities: KernelCapabilities | undefined): void {
  for (const capability of [...(capabilities?.add ?? []), ...(capabilities?.drop ?? [])]) {
    if (CAPABILITIES.has(capability)) continue;
    throw invalid(name, 'capabilities', `there is no capability '${capability.slice(0, 64)}'.`);
  }
}

function checkDevice(name: string, { containerPath, hostPath }: Device): void {
  if (hostPath === undefined || hostPath === '') throw invalid(name, 'devices', "each device needs a 'hostPath'.");
  for (const path of [hostPath, containerPath ?? hostPath]) {
    if (!path.startsWith('/')) throw invalid(name, 'devices', `'${path}' is not an absolute path.`);
  }
}

function checkTmpfs(name: string, { containerPath, mountOptions, size }: Tmpfs): void {
  if (containerPath === undefined || !containerPath.startsWith('/')) {
    throw invalid(name, 'tmpfs', `'containerPath' must be an absolute path; it is '${containerPath ?? ''}'.`);
  }
  if (size === undefined || size < 1) throw invalid(name, 'tmpfs', "'size' must be at least 1 MiB.");
  for (const option of mountOptions ?? []) {
    const [word = ''] = option.split('=', 1);
    if (!MOUNT_OPTIONS.has(word)) {
      throw invalid(name, 'tmpfs', `there is no mount option '${option.slice(0, 64)}'.`);
    }
  }
}

function checkUlimits(name: string, container: ContainerDefinition): void {
  for (const { name: limit = '', softLimit, hardLimit } of container.ulimits ?? []) {
    if (softLimit !== undefined && hardLimit !== undefined && hardLimit >= 0 && softLimit > hardLimit) {
      throw clientException(`Invalid ulimit '${limit}' of container '${name}': softLimit is greater than hardLimit.`);
    }
  }
}

function checkSystemControls(
  name: string,
  container: ContainerDefinition,
  { ipcMode, networkMode }: RegisterTaskDefinitionRequest,
): void {
  for (const { namespace = '', value } of container.systemControls ?? []) {
    const ipc = IPC_CONTROL.test(namespace);
    if (!ipc && !NET_CONTROL.test(namespace)) {
      throw clientException(
        `Invalid setting for container '${name}'. There is no system control '${namespace.slice(0, 64)}': give net.*, fs.mqueue.* or an IPC control of kernel.*.`,
      );
    }
    if (value === undefined || value === '') {
      throw clientException(`Invalid setting for container '${name}'. System control '${namespace}' has no 'value'.`);
    }
    if (ipc && ipcMode === 'host') {
      throw clientException(
        `Invalid setting for container '${name}'. 'systemControls ${namespace}' is not supported with ipcMode 'host'.`,
      );
    }
    if (!ipc && networkMode === 'host') {
      throw clientException(
        `Invalid setting for container '${name}'. 'systemControls ${namespace}' is not supported with networkMode 'host'.`,
      );
    }
  }
}

function invalid(container: string, member: string, why: string): Error {
  return clientException(`Invalid 'linuxParameters.${member}' setting for container '${container}': ${why}`);
}
