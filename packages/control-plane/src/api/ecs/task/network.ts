import type { AwsVpcConfiguration, TaskDefinition } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { SubnetConfig } from '../../../platform.ts';
import type { Infrastructure } from './launch.ts';

const MAX_SUBNETS = 16;
const MAX_SECURITY_GROUPS = 5;

/**
 * The awsvpc configuration of new tasks (ecs-semantics 4.1): mandatory for networkMode awsvpc, forbidden without.
 * Pure. Throws InvalidParameterException; for an unknown subnet it names those there are.
 */
export function checkNetwork(
  definition: TaskDefinition,
  infrastructure: Infrastructure,
  configuration: NetworkConfiguration | undefined,
  known: readonly SubnetConfig[],
): AwsVpcConfiguration | undefined {
  const given = configuration?.awsvpcConfiguration;
  if (definition.networkMode !== 'awsvpc') {
    if (given === undefined) return undefined;
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.');
  }
  if (given === undefined) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  const subnets = given.subnets ?? [];
  const securityGroups = given.securityGroups ?? [];
  if (subnets.length === 0) throw invalidParameter('subnets can not be empty.');
  if (subnets.length > MAX_SUBNETS) throw invalidParameter(`subnets can have at most ${MAX_SUBNETS} items.`);
  if (securityGroups.length > MAX_SECURITY_GROUPS) {
    throw invalidParameter(`securityGroups can have at most ${MAX_SECURITY_GROUPS} items.`);
  }
  for (const subnet of subnets) checkSubnet(subnet, known);
  const assignPublicIp = given.assignPublicIp ?? 'DISABLED';
  if (assignPublicIp === 'ENABLED' && infrastructure !== 'FARGATE') {
    throw invalidParameter('Assign public IP is not supported for this launch type.');
  }
  return { subnets: [...new Set(subnets)], securityGroups, assignPublicIp };
}

function checkSubnet(id: string, known: readonly SubnetConfig[]): void {
  if (known.some((subnet) => subnet.subnetId === id)) return;
  const names = known.map((subnet) => subnet.subnetId).join(', ');
  throw invalidParameter(
    `Error retrieving subnet information for [${id}]: The subnet ID '${id}' does not exist (ErrorCode: InvalidSubnetID.NotFound). Subnets of this Gantry: ${names || 'none'}.`,
  );
}
