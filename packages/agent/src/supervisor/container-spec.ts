import type { PayloadContainer, PayloadTask, PayloadVolume } from '@gantry/protocol';
import type { ContainerSpec } from '../engine/port.ts';
import type { FirelensAdded } from '../firelens/added.ts';
import type { SharedDirectories } from '../filesystems/port.ts';
import type { ContainerSecrets } from '../secrets/service.ts';
import type { InstanceGpus } from '../gpu/port.ts';
import type { Surroundings } from '../metadata/port.ts';
import { runtimeOf, type TaskRuntime } from '../isolation/classes.ts';
import { lackingDriver } from '../logs/drivers.ts';
import { bytesOf } from '../logs/options.ts';
import { gpuIdsOf, gpuMembers } from './gpus.ts';
import type { PortBinding, TaskModel } from './model.ts';
import { CONTAINER_NAME_LABEL, containerName, taskIdOf, taskLabels, taskVolumeName } from './naming.ts';
import { configOf, hostConfigOf } from './plan.ts';
import { singlePorts, type SinglePort } from './port-ranges.ts';

type Json = Readonly<Record<string, unknown>>;

export interface SpecOptions {
  readonly owner: string;
  /** How much of a container's awslogs output the engine keeps until it is shipped. */
  readonly logFileMiB: number;
  readonly logFiles: number;
  /** What the engine has; `undefined`: everything. */
  readonly logDrivers?: readonly string[] | undefined;
  /** As it is called in reasons. */
  readonly instanceName?: (() => string) | undefined;
  /** The engine cannot give a container more open files than this; `undefined`: as many as it is asked for. */
  readonly mostOpenFiles?: number | undefined;
  /** What the instance's tasks run in; `undefined`: the engine's default. */
  readonly taskRuntime?: TaskRuntime | undefined;
  /** Of one container; `undefined`: as many as the host takes. */
  readonly mostProcesses?: number | undefined;
  /** The instance's; a container has only those it was given. */
  readonly gpus?: InstanceGpus | undefined;
}

/** What is not in the payload. */
export interface Added {
  readonly secrets?: ContainerSecrets | undefined;
  /** Where on the host the blocks of port ranges begin (`port-ranges.ts`). */
  readonly blocks?: ReadonlyMap<string, number> | undefined;
  readonly surroundings?: Surroundings | undefined;
  /** Where directories of file systems are. */
  readonly directories?: Pick<SharedDirectories, 'pathOf'> | undefined;
  readonly firelens?: FirelensAdded | undefined;
}

const NOWHERE: Surroundings = { environment: {} };

const MIB = 1024 * 1024;
/** Docker refuses less. */
const LEAST_MEMORY_MIB = 6;

/** The engine cannot take the output where it shall go. */
export class NoLogDriver extends Error {
  override readonly name = 'NoLogDriver';
}

/** A mount names a volume the task does not have. */
export class InvalidVolume extends Error {
  override readonly name = 'InvalidVolume';
}

/**
 * The engine's create body. What the control plane rendered (`dockerConfig`) is laid over what follows from the
 * payload's own members; network, cgroup, logging and labels are the agent's and come last. Pure.
 * @throws InvalidVolume, NoLogDriver
 */
export function containerSpec(
  task: PayloadTask,
  container: PayloadContainer,
  model: TaskModel,
  options: SpecOptions,
  added: Added = {},
): ContainerSpec {
  const { secrets, surroundings = NOWHERE, firelens } = added;
  const rendered = configOf(container);
  const overrides = JSON.parse(container.overrides || '{}') as { readonly command?: readonly string[] };
  const command = overrides.command ?? container.command;
  const gpus = gpuMembers(gpuIdsOf(task, container.name), container.environment, options.gpus !== undefined);
  const environment = {
    ...container.environment,
    ...secrets?.environment,
    ...surroundings.environment,
    ...firelens?.environment,
  };
  const config: Json = {
    Image: container.image,
    ...(command === undefined ? {} : { Cmd: command }),
    ...(container.entryPoint === undefined ? {} : { Entrypoint: container.entryPoint }),
    Env: Object.entries({ ...environment, ...gpus.environment }).map(([name, value]) => `${name}=${value}`),
    // A health check that came with the image is not the task's.
    Healthcheck: { Test: ['NONE'] },
    ExposedPorts: Object.fromEntries(singlePorts(container.portMappings).map((port) => [portKey(port), {}])),
  };
  const body = overlay(config, rendered);
  const labels = {
    ...(body['Labels'] as Json | undefined),
    ...taskLabels(task, options.owner),
    [CONTAINER_NAME_LABEL]: container.name,
  };
  const base = hostConfig(task, container, model, options, added);
  const host = { ...withBinds(base, surroundings.binds ?? []), ...gpus.hostConfig };
  const own = { ...body, Labels: labels, HostConfig: withLogs(host, secrets?.logOptions ?? {}, firelens) };
  checkDriver(own.HostConfig, container.name, options);
  return joinsPause(task) ? withoutNetworkOf(own) : { ...own, ...macAddress(host, surroundings) };
}

/** In the engine's old place and its new one. Containers on its bridge alone may have one given. */
function checkDriver(host: Json, container: string, { logDrivers, instanceName }: SpecOptions): void {
  const { Type } = (host['LogConfig'] ?? {}) as { readonly Type?: string };
  const given = logDrivers && { instance: instanceName?.() ?? 'of this host', logDrivers };
  const lacking = given && lackingDriver(container, Type, given);
  if (lacking !== undefined) throw new NoLogDriver(lacking);
}

function macAddress(host: Json, { macAddress: MacAddress }: Surroundings): Json {
  if (MacAddress === undefined || host['NetworkMode'] !== 'bridge') return {};
  return { MacAddress, NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress } } } };
}

/** Bindings as they were asked for; only for containers whose host ports are all given. */
export function fixedPorts(task: PayloadTask, container: PayloadContainer): readonly PortBinding[] {
  if ((task.networkMode ?? 'bridge') !== 'bridge') return [];
  return container.portMappings.map(({ containerPort = 0, hostPort = 0, protocol }) => ({
    bindIP: '0.0.0.0',
    containerPort,
    hostPort,
    protocol,
  }));
}

function hostConfig(
  task: PayloadTask,
  container: PayloadContainer,
  model: TaskModel,
  options: SpecOptions,
  { blocks, directories }: Added,
): Json {
  const bridge = (task.networkMode ?? 'bridge') === 'bridge';
  const base: Json = {
    NetworkMode: task.networkMode ?? 'bridge',
    Binds: binds(task, container),
    ...directoryMounts(task, container, directories),
    VolumesFrom: container.volumesFrom.map(
      ({ sourceContainer, readOnly }) => containerName(task, sourceContainer) + (readOnly ? ':ro' : ''),
    ),
    PortBindings: bridge ? portBindings(singlePorts(container.portMappings, blocks)) : {},
    Links: bridge ? (container.links ?? []).map((link) => linkOf(task, link)) : [],
    Memory: container.memory > 0 ? Math.max(container.memory, LEAST_MEMORY_MIB) * MIB : 0,
    CpuShares: Math.min(Math.max(container.cpu, 2), 262_144),
  };
  const merged = { ...overlay(base, hostConfigOf(container)), AutoRemove: false, RestartPolicy: {} };
  const rendered = hostConfigOf(container).LogConfig;
  const pause = `container:${model.pauseContainerId ?? ''}`;
  return {
    ...merged,
    ...clampedUlimits(merged, options.mostOpenFiles),
    ...runtimeMember(task, options),
    ...(options.mostProcesses === undefined ? {} : { PidsLimit: options.mostProcesses }),
    ...logFiles(task, rendered, options),
    ...(model.cgroupParent === undefined ? {} : { CgroupParent: model.cgroupParent }),
    ...(joinsPause(task) ? { NetworkMode: pause } : {}),
    ...namespaceMode('PidMode', task.pidMode, pause),
    ...namespaceMode('IpcMode', task.ipcMode, pause),
  };
}

function runtimeMember({ containers }: PayloadTask, { taskRuntime }: SpecOptions): Json {
  const chosen = runtimeOf(taskRuntime, containers)?.runtime;
  return chosen === undefined ? {} : { Runtime: chosen };
}

function withBinds(host: Json, more: readonly string[]): Json {
  return more.length === 0 ? host : { ...host, Binds: [...((host['Binds'] ?? []) as readonly string[]), ...more] };
}

/** Options that are secrets are the driver's, or the router's that stands for it. */
function withLogs(host: Json, options: Readonly<Record<string, string>>, firelens: FirelensAdded | undefined): Json {
  if (firelens !== undefined) {
    const { binds, logConfig } = firelens;
    const all = withBinds(host, binds);
    if (logConfig !== undefined) return { ...all, LogConfig: logConfig };
    return withLogs(all, options, undefined);
  }
  if (Object.keys(options).length === 0) return host;
  const { Type, Config } = (host['LogConfig'] ?? {}) as { readonly Type?: string; readonly Config?: Json };
  return { ...host, LogConfig: { Type, Config: { ...Config, ...options } } };
}

/** A Fargate task that names no driver writes to files which nobody but the engine empties: they are given bounds, too. */
function logFiles(
  { launchType }: PayloadTask,
  rendered: ReturnType<typeof hostConfigOf>['LogConfig'],
  options: SpecOptions,
): Json {
  const { Type = '', Config } = rendered ?? {};
  if (Type === 'awslogs') return { LogConfig: keptForShipping(options, Config?.['max-buffer-size']) };
  return Type === '' && launchType === 'FARGATE' ? { LogConfig: keptForShipping(options) } : {};
}

/**
 * awslogs is shipped by the agent from the engine's own log files, which outlive both the agent and the control plane. They hold at least
 * the buffer that was asked for: one of them is always about to be written anew.
 */
function keptForShipping({ logFileMiB, logFiles }: SpecOptions, buffer = ''): Json {
  const sizeMiB = Math.max(logFileMiB, Math.ceil(bytesOf(buffer) / MIB / Math.max(1, logFiles - 1)));
  return { Type: 'json-file', Config: { 'max-size': `${sizeMiB}m`, 'max-file': String(logFiles) } };
}

interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

/** An engine without the right to raise limits refuses a container that asks for more than it has itself. */
function clampedUlimits(merged: Json, most: number | undefined): Json {
  const ulimits = merged['Ulimits'] as readonly Ulimit[] | undefined;
  if (ulimits === undefined || most === undefined) return {};
  const clamp = (limit: Ulimit): Ulimit => ({
    ...limit,
    Soft: Math.min(limit.Soft, most),
    Hard: Math.min(limit.Hard, most),
  });
  return { Ulimits: ulimits.map((limit) => (limit.Name === 'nofile' ? clamp(limit) : limit)) };
}

function binds(task: PayloadTask, container: PayloadContainer): readonly string[] {
  return container.mountPoints.flatMap(({ sourceVolume, containerPath, readOnly }) => {
    const volume = volumeOf(task, sourceVolume);
    if (volume.fileSystem?.kind === 'directory') return [];
    const shared = volume.dockerVolumeConfiguration?.['scope'] === 'shared';
    const path = volume.host?.sourcePath ?? '';
    const source = path !== '' ? path : shared ? volume.name : taskVolumeName(task, volume.name);
    return [`${source}:${containerPath}${readOnly ? ':ro' : ''}`];
  });
}

/** Not among the binds: the engine would make an empty directory where there is none. */
function directoryMounts(task: PayloadTask, container: PayloadContainer, directories: Added['directories']): Json {
  const found = container.mountPoints.flatMap(({ sourceVolume, containerPath, readOnly }) => {
    const { fileSystem, name } = volumeOf(task, sourceVolume);
    if (fileSystem?.kind !== 'directory' || directories === undefined) return [];
    const Source = directories.pathOf({ taskId: taskIdOf(task), volume: name }, fileSystem);
    return [{ Type: 'bind', Source, Target: containerPath, ReadOnly: readOnly }];
  });
  return found.length === 0 ? {} : { Mounts: found };
}

function volumeOf(task: PayloadTask, name: string): PayloadVolume {
  const volume = task.volumes?.find((each) => each.name === name);
  if (volume === undefined) throw new InvalidVolume(`Invalid volume referenced: ${name}`);
  return volume;
}

function portBindings(ports: readonly SinglePort[]): Json {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    const { hostPort } = port;
    // IPv4 alone: for a port of its own choice the engine may pick another number for IPv6.
    (bindings[portKey(port)] ??= []).push({ HostIp: '0.0.0.0', HostPort: hostPort > 0 ? String(hostPort) : '' });
  }
  return bindings;
}

function portKey({ containerPort, protocol }: SinglePort): string {
  return `${containerPort}/${protocol}`;
}

function linkOf(task: PayloadTask, link: string): string {
  const [name = link, alias = name] = link.split(':');
  return `${containerName(task, name)}:${alias}`;
}

function joinsPause(task: PayloadTask): boolean {
  return task.networkMode === 'awsvpc';
}

/** Name, DNS and ports belong to the namespace, and that is the pause container's; the engine refuses them here. */
function withoutNetworkOf(spec: Json): Json {
  const { Hostname: _1, Domainname: _2, ExposedPorts: _3, MacAddress: _4, ...config } = spec;
  const {
    Dns: _5,
    DnsOptions: _6,
    DnsSearch: _7,
    ExtraHosts: _8,
    Links: _9,
    PortBindings: _10,
    ...host
  } = spec['HostConfig'] as Json;
  return { ...config, HostConfig: host };
}

function namespaceMode(member: string, mode: string | undefined, pause: string): Json {
  if (mode === undefined || mode === '') return {};
  return { [member]: mode === 'task' ? pause : mode };
}

/** `over` wins; maps are merged by key, as when JSON is read over an object that has values already. */
function overlay(base: Json, over: Json): Json {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    const merges =
      isObject(below) && isObject(value) && (key === 'Labels' || key === 'ExposedPorts' || key === 'PortBindings');
    result[key] = merges ? { ...below, ...value } : value;
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
