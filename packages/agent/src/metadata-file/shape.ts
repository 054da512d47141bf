import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { ContainerState } from '../engine/port.ts';
import { networkOf } from '../metadata/shapes.ts';

/** The instance, as its containers are told of it. */
export interface WhereItIs {
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly availabilityZone: string | undefined;
  /** The host's own. */
  readonly hostAddress?: string | undefined;
}

/** The stock agent's file (agent-protocol 7.6): short until the container has run, `state` being what the engine says of it then. Pure. */
export function metadataFile(
  where: WhereItIs,
  task: PayloadTask,
  container: PayloadContainer,
  state?: ContainerState,
): Readonly<Record<string, unknown>> {
  const { availabilityZone, hostAddress } = where;
  return {
    Cluster: where.cluster,
    ContainerInstanceARN: where.containerInstanceArn,
    TaskARN: task.arn,
    TaskDefinitionFamily: task.family ?? '',
    TaskDefinitionRevision: task.version ?? '',
    ...(state === undefined ? {} : { ContainerID: state.id }),
    ContainerName: container.name,
    ...(state === undefined ? {} : started(task, container, state)),
    MetadataFileStatus: state === undefined ? 'INITIAL' : 'READY',
    ...(availabilityZone === undefined ? {} : { AvailabilityZone: availabilityZone }),
    ...(hostAddress === undefined ? {} : { HostPrivateIPv4Address: hostAddress }),
  };
}

function started(task: PayloadTask, container: PayloadContainer, state: ContainerState): object {
  const PortMappings = state.ports.map(({ containerPort, hostPort, hostIp, protocol }) => ({
    ContainerPort: containerPort,
    HostPort: hostPort,
    BindIp: hostIp,
    Protocol: protocol,
  }));
  return {
    DockerContainerName: `/${state.name}`,
    ImageID: state.imageId ?? '',
    ImageName: container.image,
    ...(PortMappings.length === 0 ? {} : { PortMappings }),
    Networks: [networkOf(3, task, state)],
  };
}
