import { elbKey, type Scope, type ServiceLoadBalancer, type TaskDefinition } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { LoadBalancer } from '@aws-sdk/client-ecs';
import type { Tables } from '../../../state/tables.ts';
import { balancersUsing } from '../../elbv2/common/find.ts';

const MOST = 5;

/** The target groups a service asks for (ecs-semantics 5.1). @throws ServiceError in ECS's words where they are known */
export function checkedLoadBalancers(
  tables: Tables,
  scope: Scope,
  definition: TaskDefinition,
  given: readonly LoadBalancer[] | undefined,
): readonly ServiceLoadBalancer[] | undefined {
  if (given === undefined || given.length === 0) return undefined;
  if (given.length > MOST) throw invalidParameter(`load balancers can have at most ${MOST} items.`);
  return given.map((each) => {
    const { targetGroupArn, containerName = '', containerPort } = each;
    if (each.loadBalancerName !== undefined) throw unsupported('Classic Load Balancers', 'loadBalancerName');
    if (each.advancedConfiguration !== undefined) throw unsupported('Blue/green deployments', 'advancedConfiguration');
    if (targetGroupArn === undefined) throw invalidParameter('targetGroupArn should not be null or empty.');
    checkGroup(tables, scope, definition, targetGroupArn);
    return { targetGroupArn, containerName, containerPort: checkContainer(definition, containerName, containerPort) };
  });
}

function checkContainer(definition: TaskDefinition, name: string, port: number | undefined): number {
  const container = definition.containerDefinitions.find((each) => each.name === name);
  if (container === undefined) throw invalidParameter(`The container ${name} does not exist in the task definition.`);
  const isMapped = (container.portMappings ?? []).some((mapping) => mapping.containerPort === port);
  if (port === undefined || !isMapped)
    throw invalidParameter(`The container ${name} did not have a container port ${port} defined.`);
  return port;
}

function checkGroup(tables: Tables, scope: Scope, { networkMode }: TaskDefinition, arn: string): void {
  const key = elbKey(arn) ?? '';
  const isOurs = key.startsWith(`${scope.account}/${scope.region}/targetgroup/`);
  const group = isOurs ? tables.targetGroups.get(key) : undefined;
  if (group === undefined) throw invalidParameter(`The specified target group ${arn} does not exist.`);
  if (balancersUsing(tables, group).length === 0)
    throw invalidParameter(`The target group with targetGroupArn ${arn} does not have an associated load balancer.`);
  if ((networkMode === 'awsvpc') !== (group.targetType === 'ip'))
    throw invalidParameter(
      `The provided target group ${arn} has target type ${group.targetType}, which is incompatible with the ${networkMode} network mode specified in the task definition.`,
    );
}

function unsupported(words: string, member: string): ServiceError {
  return new ServiceError(
    'UnsupportedFeatureException',
    `${words} ('loadBalancers.${member}') is not supported by this version of Gantry. Leave it out and try again.`,
  );
}
