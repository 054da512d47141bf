import {
  elbKey,
  type AdvancedConfiguration,
  type Scope,
  type ServiceLoadBalancer,
  type TargetGroup,
  type TaskDefinition,
} from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { LoadBalancer } from '@aws-sdk/client-ecs';
import type { Tables } from '../../../state/tables.ts';
import { prefixOf } from '../../../state/keys.ts';
import { balancersUsing } from '../../elbv2/common/find.ts';
import { notSupported } from './unsupported.ts';

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
    if (each.loadBalancerName !== undefined)
      throw notSupported('Classic Load Balancers', 'loadBalancers.loadBalancerName');
    if (targetGroupArn === undefined) throw invalidParameter('targetGroupArn should not be null or empty.');
    checkGroup(tables, scope, definition, targetGroupArn);
    const advancedConfiguration = checkedAdvanced(tables, scope, definition, each);
    const port = checkContainer(definition, containerName, containerPort);
    const balancer = { targetGroupArn, containerName, containerPort: port };
    return advancedConfiguration === undefined ? balancer : { ...balancer, advancedConfiguration };
  });
}

/** What shifts traffic between two groups (ecs-semantics 5.8). */
function checkedAdvanced(
  tables: Tables,
  scope: Scope,
  definition: TaskDefinition,
  { advancedConfiguration: given, targetGroupArn }: LoadBalancer,
): AdvancedConfiguration | undefined {
  if (given === undefined) return undefined;
  const { alternateTargetGroupArn: alternate = '', productionListenerRule, testListenerRule, roleArn = '' } = given;
  if (alternate === '' || productionListenerRule === undefined || roleArn === '')
    throw invalidParameter('advancedConfiguration needs alternateTargetGroupArn, productionListenerRule and roleArn.');
  if (alternate === targetGroupArn)
    throw invalidParameter('alternateTargetGroupArn must be another target group than targetGroupArn.');
  checkTargets(tables, scope, definition, alternate);
  for (const arn of [productionListenerRule, testListenerRule]) if (arn !== undefined) checkRule(tables, scope, arn);
  if (testListenerRule === productionListenerRule)
    throw invalidParameter('testListenerRule must be another one than productionListenerRule.');
  return {
    alternateTargetGroupArn: alternate,
    productionListenerRule,
    ...(testListenerRule === undefined ? {} : { testListenerRule }),
    roleArn,
  };
}

/** A rule of an application load balancer, or a listener of a network load balancer, that forwards. */
function checkRule({ listenerRules, listeners }: Tables, scope: Scope, arn: string): void {
  const key = elbKey(arn) ?? '';
  const isOurs = key.startsWith(prefixOf(scope));
  const listener = isOurs ? listeners.get(key) : undefined;
  if (listener !== undefined && listener.protocol !== 'TCP')
    throw invalidParameter(`${arn} is a listener of an application load balancer: name one of its rules.`);
  const action = (isOurs ? listenerRules.get(key)?.action : undefined) ?? listener?.defaultAction;
  if (action === undefined) throw invalidParameter(`The specified listener rule ${arn} does not exist.`);
  if (action.type !== 'forward')
    throw invalidParameter(`The specified listener rule ${arn} does not forward requests.`);
}

function checkContainer(definition: TaskDefinition, name: string, port: number | undefined): number {
  const container = definition.containerDefinitions.find((each) => each.name === name);
  if (container === undefined) throw invalidParameter(`The container ${name} does not exist in the task definition.`);
  const isMapped = (container.portMappings ?? []).some((mapping) => mapping.containerPort === port);
  if (port === undefined || !isMapped)
    throw invalidParameter(`The container ${name} did not have a container port ${port} defined.`);
  return port;
}

function checkGroup(tables: Tables, scope: Scope, definition: TaskDefinition, arn: string): void {
  const group = checkTargets(tables, scope, definition, arn);
  if (balancersUsing(tables, group).length === 0)
    throw invalidParameter(`The target group with targetGroupArn ${arn} does not have an associated load balancer.`);
}

function checkTargets(tables: Tables, scope: Scope, { networkMode }: TaskDefinition, arn: string): TargetGroup {
  const key = elbKey(arn) ?? '';
  const isOurs = key.startsWith(`${prefixOf(scope)}targetgroup/`);
  const group = isOurs ? tables.targetGroups.get(key) : undefined;
  if (group === undefined) throw invalidParameter(`The specified target group ${arn} does not exist.`);
  if ((networkMode === 'awsvpc') !== (group.targetType === 'ip'))
    throw invalidParameter(
      `The provided target group ${arn} has target type ${group.targetType}, which is incompatible with the ${networkMode} network mode specified in the task definition.`,
    );
  return group;
}
