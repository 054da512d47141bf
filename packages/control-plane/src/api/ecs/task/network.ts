import type { AwsVpcConfiguration, Scope, TaskDefinition } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { Tx } from '../../../state/state.ts';
import { ensureDefaultVpc } from '../../../vpc/default-vpc.ts';
import { groupOf } from '../../../vpc/groups.ts';
import { subnetOf, subnetsOf, type KnownSubnet, type SubnetView } from '../../../vpc/subnets.ts';
import type { Infrastructure } from './launch.ts';

const MAX_SUBNETS = 16;
const MAX_SECURITY_GROUPS = 5;

/** What there is in the account and region. Its default VPC is written down. */
export interface NetworkView extends SubnetView {
  readonly scope: Scope;
}

/** What the tasks of a transaction may name, the default VPC's group among it. */
export function networkView(tx: Tx, config: SubnetView['config'], scope: Scope): NetworkView {
  ensureDefaultVpc(tx, config, scope);
  return { tables: tx.tables, config, scope };
}

/**
 * The awsvpc configuration of new tasks (ecs-semantics 4.1): mandatory for networkMode awsvpc, forbidden without.
 * Pure. Throws InvalidParameterException; for an unknown subnet it names those there are.
 */
export function checkNetwork(
  definition: TaskDefinition,
  infrastructure: Infrastructure,
  configuration: NetworkConfiguration | undefined,
  view: NetworkView,
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
  checkSameVpc(
    subnets.map((subnet) => checkSubnet(subnet, view)),
    securityGroups,
    view,
  );
  const assignPublicIp = given.assignPublicIp ?? 'DISABLED';
  if (assignPublicIp === 'ENABLED' && infrastructure !== 'FARGATE') {
    throw invalidParameter('Assign public IP is not supported for this launch type.');
  }
  return { subnets: [...new Set(subnets)], securityGroups, assignPublicIp };
}

function checkSubnet(id: string, view: NetworkView): KnownSubnet {
  const found = subnetOf(view, view.scope, id);
  if (found !== undefined) return found;
  const names = subnetsOf(view, view.scope).map((subnet) => subnet.subnetId);
  throw invalidParameter(
    `Error retrieving subnet information for [${id}]: The subnet ID '${id}' does not exist (ErrorCode: InvalidSubnetID.NotFound). Subnets of this Gantry: ${names.join(', ') || 'none'}.`,
  );
}

function checkSameVpc(subnets: readonly KnownSubnet[], groupIds: readonly string[], view: NetworkView): void {
  const [first] = subnets;
  const other = subnets.find(({ vpcId }) => vpcId !== first?.vpcId);
  if (other !== undefined)
    throw invalidParameter(
      `Subnets must all be in the same VPC: ${first?.subnetId} is in ${first?.vpcId}, ${other.subnetId} in ${other.vpcId}.`,
    );
  for (const id of groupIds) {
    const group = groupOf(view.tables, view.scope, id);
    if (group === undefined)
      throw invalidParameter(
        `Error retrieving security group information for [${id}]: The security group '${id}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
      );
    if (group.vpcId !== first?.vpcId)
      throw invalidParameter(`Security group ${id} does not appear to belong to the same VPC as the input subnets.`);
  }
}
