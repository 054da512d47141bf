import { arnOf, type ContainerDefinition, type Task } from '@gantry/domain';
import type { PayloadContainer, PayloadElasticNetworkInterface } from '@gantry/protocol';
import type { SubnetConfig } from '../../platform.ts';

/**
 * The task's own network interface (awsvpc). The subnet's first usable address is its gateway, and the prefix
 * length travels with it.
 * @throws Error when the subnet is not configured (any more).
 */
export function renderNetworkInterface(
  task: Task,
  subnets: readonly SubnetConfig[],
): readonly PayloadElasticNetworkInterface[] | undefined {
  const own = task.networkInterface;
  if (task.networkMode !== 'awsvpc' || own === undefined) return undefined;
  const subnet = subnets.find((candidate) => candidate.subnetId === own.subnetId);
  if (subnet === undefined) {
    throw new Error(
      `Subnet ${own.subnetId} of task ${task.taskArn} is not configured: give it back, or stop the task.`,
    );
  }
  return [
    {
      ec2Id: own.networkInterfaceId,
      macAddress: own.macAddress,
      attachmentArn: arnOf(task.scope, 'ecs', `attachment/${own.attachmentId}`),
      ipv4Addresses: [{ privateAddress: own.privateIPv4Address, primary: true }],
      subnetGatewayIpv4Address: gatewayCidr(subnet.cidr),
      domainNameServers: [],
      domainName: [],
      privateDnsName: own.privateDnsName,
    },
  ];
}

/** `10.0.0.0/24` → `10.0.0.1/24`. */
export function gatewayCidr(cidr: string): string {
  const [base = '', prefix = ''] = cidr.split('/');
  const octets = base.split('.').map(Number);
  const bits = Number(prefix);
  const valid = octets.length === 4 && octets.every((o) => Number.isInteger(o) && o >= 0 && o <= 255);
  if (!valid || prefix === '' || !Number.isInteger(bits) || bits < 0 || bits > 30) {
    throw new Error(`"${cidr}" is not an IPv4 CIDR block with room for a gateway.`);
  }
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - bits);
  const gateway = Math.floor(address / size) * size + 1;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(gateway / 2 ** shift) % 256).join('.')}/${bits}`;
}

/** bridge: 0 lets the agent pick a port; host and awsvpc: the container's own port. */
export function renderPortMappings(task: Task, definition: ContainerDefinition): PayloadContainer['portMappings'] {
  const fixed = task.networkMode === 'host' || task.networkMode === 'awsvpc';
  return definition.portMappings.flatMap((mapping): PayloadContainer['portMappings'] => {
    const protocol = mapping.protocol ?? 'tcp';
    if (mapping.containerPortRange !== undefined) {
      return [{ containerPortRange: mapping.containerPortRange, protocol }];
    }
    if (mapping.containerPort === undefined) return [];
    const hostPort = mapping.hostPort ?? 0;
    return [
      {
        containerPort: mapping.containerPort,
        hostPort: fixed && hostPort === 0 ? mapping.containerPort : hostPort,
        protocol,
      },
    ];
  });
}
