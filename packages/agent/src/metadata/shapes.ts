import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { ContainerState } from '../engine/port.ts';
import { hostConfigOf } from '../supervisor/plan.ts';
import { isBefore, isQuiet, type ContainerModel, type Known, type TaskModel } from '../supervisor/model.ts';
import type { TaskView } from '../supervisor/perform.ts';

type Json = Readonly<Record<string, unknown>>;

/** What Docker gives a container that says nothing of its share. */
const LEAST_SHARES = 2;

export interface TaskSetting {
  /** As configured. */
  readonly cluster: string;
  readonly availabilityZone: string | undefined;
  /** What the task uses of its share of the disk. */
  readonly diskBytes?: number | undefined;
  /** By name of the container; what the engine knows of those that are there. */
  readonly states: ReadonlyMap<string, ContainerState>;
}

/** A task as the stock agent shows it (agent-protocol 7.4). Pure. */
export function taskResponse(version: 2 | 3 | 4, view: TaskView, setting: TaskSetting): Json {
  const { payload, model } = view;
  const { cpu, memory } = payload;
  const limits = { ...(cpu === undefined ? {} : { CPU: cpu }), ...(memory === undefined ? {} : { Memory: memory }) };
  return {
    Cluster: setting.cluster,
    TaskARN: payload.arn,
    Family: payload.family ?? '',
    Revision: payload.version ?? '',
    DesiredStatus: model.desired,
    KnownStatus: taskKnown(model),
    ...(Object.keys(limits).length === 0 ? {} : { Limits: limits }),
    ...moments({
      PullStartedAt: model.pullStartedAtMs,
      PullStoppedAt: model.pullStoppedAtMs,
      ExecutionStoppedAt: model.executionStoppedAtMs,
    }),
    ...(setting.availabilityZone === undefined ? {} : { AvailabilityZone: setting.availabilityZone }),
    ...(version === 4
      ? {
          LaunchType: payload.launchType ?? 'EC2',
          ...(payload.serviceName === undefined ? {} : { ServiceName: payload.serviceName }),
          FaultInjectionEnabled: false,
          ...storage(payload.ephemeralStorageGiB, setting.diskBytes),
        }
      : {}),
    Containers: payload.containers.flatMap((container) => {
      const state = setting.states.get(container.name);
      return state === undefined ? [] : [containerResponse(version, view, container, state)];
    }),
  };
}

/** A container as the stock agent shows it. Pure. */
export function containerResponse(
  version: 2 | 3 | 4,
  view: TaskView,
  container: PayloadContainer,
  state: ContainerState,
): Json {
  const model = view.model.containers.find(({ name }) => name === container.name);
  return {
    DockerId: state.id,
    Name: container.name,
    DockerName: state.name,
    Image: container.image,
    ImageID: state.imageId ?? '',
    ...portsOf(version, container, model),
    Labels: shownLabels(state.labels),
    DesiredStatus: model?.desired ?? 'STOPPED',
    KnownStatus: model?.known ?? 'NONE',
    ...(model?.exitCode === undefined ? {} : { ExitCode: model.exitCode }),
    Limits: { CPU: container.cpu === 0 ? LEAST_SHARES : container.cpu, Memory: container.memory },
    ...moments({
      CreatedAt: state.createdAtMs,
      StartedAt: model?.startedAtMs,
      FinishedAt: model?.known === 'STOPPED' ? model.finishedAtMs : undefined,
    }),
    Type: 'NORMAL',
    ...healthOf(model),
    ...volumesOf(state),
    ...(version === 4 ? fourth(container, model) : {}),
    Networks: [networkOf(version, view.payload, state)],
  };
}

function fourth(container: PayloadContainer, model: ContainerModel | undefined): Json {
  const { Type, Config = {} } = hostConfigOf(container).LogConfig ?? {};
  return {
    ...(Type === undefined ? {} : { LogDriver: Type, LogOptions: Config }),
    ContainerARN: container.containerArn,
    ...(container.restartPolicy?.enabled === true ? { RestartCount: model?.restarts ?? 0 } : {}),
  };
}

/** The agent's own mark is nobody's business. */
function shownLabels(labels: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('gantry.')));
}

function portsOf(version: 2 | 3 | 4, container: PayloadContainer, model: ContainerModel | undefined): Json {
  if (container.portMappings.length === 0) return {};
  const bound = model?.ports ?? [];
  const Ports = container.portMappings.map(({ containerPort = 0, hostPort = 0, protocol }) => {
    const binding = bound.find((one) => one.containerPort === containerPort && one.protocol === protocol);
    const port = binding?.hostPort ?? hostPort;
    return {
      ContainerPort: containerPort,
      Protocol: protocol,
      ...(port === 0 ? {} : { HostPort: port }),
      ...(version === 4 && binding !== undefined ? { HostIp: binding.bindIP } : {}),
    };
  });
  return { Ports };
}

function healthOf(model: ContainerModel | undefined): Json {
  if (model?.health === undefined) return {};
  const status = model.health === 'starting' ? 'UNKNOWN' : model.health.toUpperCase();
  return { Health: { status, ...moments({ statusSince: model.healthSinceMs }) } };
}

function volumesOf({ mounts = [] }: ContainerState): Json {
  if (mounts.length === 0) return {};
  const Volumes = mounts.map(({ name, source, destination }) => ({
    ...(name === undefined ? {} : { DockerName: name }),
    Source: source,
    Destination: destination,
  }));
  return { Volumes };
}

/** The one network a task is in. Pure. */
export function networkOf(version: 2 | 3 | 4, task: PayloadTask, state: Pick<ContainerState, 'addresses'>): Json {
  const NetworkMode = task.networkMode ?? 'bridge';
  const eni = task.elasticNetworkInterfaces?.[0];
  if (NetworkMode !== 'awsvpc' || eni === undefined)
    return { NetworkMode, IPv4Addresses: NetworkMode === 'bridge' ? (state.addresses ?? []) : [''] };
  const shared = { NetworkMode, IPv4Addresses: eni.ipv4Addresses.map(({ privateAddress }) => privateAddress) };
  if (version !== 4) return shared;
  return {
    ...shared,
    AttachmentIndex: 0,
    MACAddress: eni.macAddress,
    IPv4SubnetCIDRBlock: subnetOf(eni.subnetGatewayIpv4Address),
    ...(eni.domainNameServers.length === 0 ? {} : { DomainNameServers: eni.domainNameServers }),
    ...(eni.domainName.length === 0 ? {} : { DomainNameSearchList: eni.domainName }),
    PrivateDNSName: eni.privateDnsName,
    SubnetGatewayIpv4Address: eni.subnetGatewayIpv4Address,
  };
}

/** `10.0.0.1/24` is in `10.0.0.0/24`. */
function subnetOf(gatewayCidr: string): string {
  const [address = '', bits = '32'] = gatewayCidr.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const start = Math.floor(value / size) * size;
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${parts.join('.')}/${bits}`;
}

/** What has become of all its containers. Pure. */
export function taskKnown(model: TaskModel): Known {
  if (isQuiet(model)) return 'STOPPED';
  if (model.everRunning) return 'RUNNING';
  return model.containers.reduce<Known>((least, { known }) => (isBefore(known, least) ? known : least), 'RUNNING');
}

function moments(given: Readonly<Record<string, number | undefined>>): Json {
  const said = Object.entries(given).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(said.map(([name, ms]) => [name, new Date(ms).toISOString()]));
}

/** In MiB. */
function storage(shareGiB: number | undefined, usedBytes: number | undefined): Json {
  if (shareGiB === undefined || usedBytes === undefined) return {};
  return { EphemeralStorageMetrics: { Utilized: Math.ceil(usedBytes / 1024 / 1024), Reserved: shareGiB * 1024 } };
}
