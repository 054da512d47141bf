import type { ContainerDefinition, Task } from '@gantry/domain';
import { compact, flag, list, number, record, text, texts, type Loose } from './loose.ts';
import { renderLogConfig, type LogMode } from './log-config.ts';

const BYTES_PER_MIB = 1024 * 1024;
/** What every Fargate container gets when it asks for nothing else (2.5). */
const FARGATE_NOFILE = { Name: 'nofile', Soft: 65535, Hard: 65535 };

/** What comes from elsewhere than the definition. */
export interface HostConfigInput {
  /** MiB, merged with the task's overrides. */
  readonly memory?: number | undefined;
  readonly memoryReservation?: number | undefined;
  readonly logMode: LogMode;
}

/** The Engine API's `HostConfig` of a container, as far as the definition says something. */
export function renderHostConfig(task: Task, definition: ContainerDefinition, given: HostConfigInput): Loose {
  const privileged = flag(definition['privileged']);
  return compact({
    // In awsvpc the agent joins the task's own namespace.
    NetworkMode: task.networkMode === 'awsvpc' ? undefined : task.networkMode,
    LogConfig: renderLogConfig(definition.logConfiguration, {
      name: definition.name,
      taskId: task.id,
      mode: given.logMode,
    }),
    Privileged: privileged,
    ReadonlyRootfs: flag(definition['readonlyRootFilesystem']),
    Dns: texts(definition['dnsServers']),
    DnsSearch: texts(definition['dnsSearchDomains']),
    ExtraHosts: list(definition['extraHosts']).flatMap(renderExtraHost),
    SecurityOpt: texts(definition['dockerSecurityOptions']),
    Ulimits: renderUlimits(task, definition['ulimits']),
    MemoryReservation: bytes(given.memoryReservation),
    Sysctls: renderSysctls(definition['systemControls']),
    ...renderLinuxParameters(record(definition['linuxParameters']), privileged === true, given.memory),
  });
}

function renderLinuxParameters(linux: Loose, privileged: boolean, memoryMiB: number | undefined): Loose {
  const capabilities = record(linux['capabilities']);
  const maxSwapMiB = number(linux['maxSwap']);
  return {
    // Docker gives a privileged container all of them anyway (2.7).
    CapAdd: privileged ? undefined : texts(capabilities['add']),
    CapDrop: privileged ? undefined : texts(capabilities['drop']),
    Devices: list(linux['devices']).flatMap(renderDevice),
    Init: flag(linux['initProcessEnabled']),
    ShmSize: bytes(number(linux['sharedMemorySize'])),
    Tmpfs: Object.fromEntries(list(linux['tmpfs']).flatMap(renderTmpfs)),
    // Docker's MemorySwap is memory and swap together, and means nothing without a memory limit.
    MemorySwap: maxSwapMiB === undefined || !memoryMiB ? undefined : bytes(memoryMiB + maxSwapMiB),
    // Without maxSwap ECS ignores it (2.4).
    MemorySwappiness: maxSwapMiB === undefined ? undefined : number(linux['swappiness']),
  };
}

function bytes(mib: number | undefined): number | undefined {
  return mib === undefined || mib === 0 ? undefined : mib * BYTES_PER_MIB;
}

function renderExtraHost(value: unknown): readonly string[] {
  const { hostname, ipAddress } = record(value);
  return typeof hostname === 'string' && typeof ipAddress === 'string' ? [`${hostname}:${ipAddress}`] : [];
}

function renderUlimits(task: Task, value: unknown): readonly Loose[] {
  const given = list(value).flatMap((item) => {
    const { name, softLimit, hardLimit } = record(item);
    const [soft, hard] = [number(softLimit), number(hardLimit)];
    if (typeof name !== 'string' || soft === undefined || hard === undefined) return [];
    return [{ Name: name, Soft: soft, Hard: hard }];
  });
  const wantsDefault = task.launchType === 'FARGATE' && !given.some((limit) => limit.Name === 'nofile');
  return wantsDefault ? [...given, FARGATE_NOFILE] : given;
}

function renderSysctls(value: unknown): Loose {
  const pairs = list(value).flatMap((item) => {
    const { namespace, value: setting } = record(item);
    return typeof namespace === 'string' && typeof setting === 'string' ? [[namespace, setting] as const] : [];
  });
  return Object.fromEntries(pairs);
}

const DEVICE_LETTERS: Readonly<Record<string, string>> = { read: 'r', write: 'w', mknod: 'm' };

function renderDevice(value: unknown): readonly Loose[] {
  const { hostPath, containerPath, permissions } = record(value);
  const path = text(hostPath);
  if (path === undefined) return [];
  const letters = texts(permissions).map((name) => DEVICE_LETTERS[name] ?? '');
  return [
    {
      PathOnHost: path,
      PathInContainer: text(containerPath) ?? path,
      CgroupPermissions: letters.join('') || 'rwm',
    },
  ];
}

function renderTmpfs(value: unknown): readonly (readonly [string, string])[] {
  const { containerPath, size, mountOptions } = record(value);
  const path = text(containerPath);
  if (path === undefined) return [];
  const sizeMiB = number(size);
  const options = [...texts(mountOptions), ...(sizeMiB === undefined ? [] : [`size=${sizeMiB}m`])];
  return [[path, options.join(',')]];
}
