import type { CreateServiceCommandInput } from '@aws-sdk/client-ecs';
import { arnOf, parseArn } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import { ANY, listed, type Demand, type KeyValues, type Place, type RulesOf } from '../../demand.ts';
import { passRoles, type PassedRole } from '../pass-role.ts';
import { canonical, clusterIn, clusterOf, definitionOf, memberOf, serviceIn } from './arns.ts';
import { on } from './clusters.ts';
import { tagging } from './created.ts';
import { serviceKeys, sizeKeys, strategyKey } from './keys.ts';
import { inCluster } from './tasks.ts';

type Operations =
  | 'ContinueServiceDeployment'
  | 'CreateExpressGatewayService'
  | 'CreateService'
  | 'CreateTaskSet'
  | 'DeleteExpressGatewayService'
  | 'DeleteService'
  | 'DeleteTaskSet'
  | 'DescribeExpressGatewayService'
  | 'DescribeServiceDeployments'
  | 'DescribeServiceRevisions'
  | 'DescribeServices'
  | 'DescribeTaskSets'
  | 'ListServiceDeployments'
  | 'ListServices'
  | 'ListServicesByNamespace'
  | 'StopServiceDeployment'
  | 'UpdateExpressGatewayService'
  | 'UpdateService'
  | 'UpdateServicePrimaryTaskSet'
  | 'UpdateTaskSet';

interface OfService {
  readonly cluster?: string | undefined;
  readonly service?: string | undefined;
}

const theService = ({ cluster, service }: OfService, at: Place): Demand => inCluster(at, 'service', cluster, service);

const byArn = ({ serviceArn }: { readonly serviceArn?: string | undefined }, at: Place): Demand =>
  inCluster(at, 'service', undefined, serviceArn);

/** A deployment or a revision of a service, by its ARN, and the service. */
function ofService(at: Place, arn: string | undefined): readonly Demand[] {
  const resource = arn?.startsWith('arn:') === true ? canonical(at, arn) : '*';
  const service = serviceIn(at, resource);
  const keys = { 'ecs:cluster': clusterIn(at, resource), 'ecs:service': service };
  return [on(at, resource, { keys }), ...(service === undefined ? [] : [on(at, service, { keys })])];
}

const eachOfService = (at: Place, arns: readonly string[] | undefined): readonly Demand[] =>
  arns === undefined || arns.length === 0 ? [ANY] : arns.flatMap((arn) => ofService(at, arn));

/** Services, their deployments, revisions and task sets. */
export const serviceRules: RulesOf<Pick<EcsOperations, Operations>> = {
  CreateService: (input, at) => {
    const { cluster, serviceName, tags: requestTags } = input;
    const made = inCluster(at, 'service', cluster, serviceName, serviceKeys(at, input, true));
    return [
      { ...made, requestTags },
      ...tagging(at, 'CreateService', made.resource, requestTags, undefined, clusterKeyOf(made)),
      ...passRoles(at, made.resource, [ecs(input.role), ...rolesOf(input)]),
    ];
  },
  UpdateService: (input, at) => {
    const changed = inCluster(at, 'service', input.cluster, input.service, serviceKeys(at, input, false));
    return [changed, ...passRoles(at, changed.resource, rolesOf(input))];
  },
  DeleteService: theService,
  DescribeServices: ({ cluster, services }, at) =>
    listed(services).map((service) => inCluster(at, 'service', cluster, service)),
  ListServices: ({ cluster }, at) => ({ ...ANY, keys: { 'ecs:cluster': clusterOf(at, cluster) } }),
  ListServicesByNamespace: ({ namespace }) => ({ ...ANY, keys: { 'ecs:namespace': namespace } }),

  ListServiceDeployments: theService,
  DescribeServiceDeployments: ({ serviceDeploymentArns }, at) => eachOfService(at, serviceDeploymentArns),
  DescribeServiceRevisions: ({ serviceRevisionArns }, at) => eachOfService(at, serviceRevisionArns),
  StopServiceDeployment: ({ serviceDeploymentArn }, at) => ofService(at, serviceDeploymentArn),
  ContinueServiceDeployment: ({ serviceDeploymentArn }, at) => ofService(at, serviceDeploymentArn),

  CreateTaskSet: (input, at) => {
    const { tags: requestTags, taskDefinition } = input;
    const made = taskSet(at, input, undefined, {
      ...strategyKey(at, input.capacityProviderStrategy),
      'ecs:task-definition': definitionOf(at, taskDefinition).resource,
    });
    return [
      { ...made, requestTags, tags: undefined },
      ...tagging(at, 'CreateTaskSet', made.resource, requestTags, undefined, clusterKeyOf(made)),
    ];
  },
  DeleteTaskSet: (input, at) => taskSet(at, input, input.taskSet),
  UpdateTaskSet: (input, at) => taskSet(at, input, input.taskSet),
  DescribeTaskSets: (input, at) => listed(input.taskSets).map((id) => taskSet(at, input, id)),
  UpdateServicePrimaryTaskSet: theService,

  CreateExpressGatewayService: (input, at) => {
    const { cluster, serviceName, tags: requestTags, networkConfiguration, taskDefinitionArn } = input;
    const made = inCluster(at, 'service', cluster, serviceName, {
      ...sizeKeys(input.cpu, input.memory),
      'ecs:subnet': networkConfiguration?.subnets,
      'ecs:task-definition': taskDefinitionArn === undefined ? undefined : definitionOf(at, taskDefinitionArn).resource,
    });
    return [
      { ...made, requestTags },
      ...tagging(at, 'CreateExpressGatewayService', made.resource, requestTags, undefined, clusterKeyOf(made)),
      ...passRoles(at, made.resource, [ecs(input.infrastructureRoleArn), ...taskRoles(input)]),
    ];
  },
  UpdateExpressGatewayService: (input, at) => {
    const { networkConfiguration, taskDefinitionArn } = input;
    const changed = inCluster(at, 'service', undefined, input.serviceArn, {
      ...sizeKeys(input.cpu, input.memory),
      'ecs:subnet': networkConfiguration?.subnets,
      'ecs:task-definition': taskDefinitionArn === undefined ? undefined : definitionOf(at, taskDefinitionArn).resource,
    });
    return [changed, ...passRoles(at, changed.resource, taskRoles(input))];
  },
  DeleteExpressGatewayService: byArn,
  DescribeExpressGatewayService: byArn,
};

const clusterKeyOf = ({ keys }: Demand): KeyValues => ({ 'ecs:cluster': keys?.['ecs:cluster'] });

function taskSet(at: Place, { cluster, service }: OfService, id: string | undefined, more: KeyValues = {}): Demand {
  const serviceArn = memberOf(at, 'service', cluster, service);
  const path = parseArn(serviceArn)?.resource.replace(/^service\//, '') ?? '*';
  const resource =
    id?.startsWith('arn:') === true ? canonical(at, id) : arnOf(at.scope, 'ecs', `task-set/${path}/${id ?? '*'}`);
  const keys = { 'ecs:cluster': clusterIn(at, serviceArn), 'ecs:service': serviceArn, ...more };
  return on(at, resource, { keys });
}

const ecs = (role: string | undefined): PassedRole => ({ role, to: 'ecs.amazonaws.com' });

const taskRoles = (input: {
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
}): readonly PassedRole[] =>
  [input.taskRoleArn, input.executionRoleArn].map((role) => ({ role, to: 'ecs-tasks.amazonaws.com' }));

/** Every role ECS is told to act with for a service. */
function rolesOf(
  input: Pick<
    CreateServiceCommandInput,
    | 'deploymentConfiguration'
    | 'loadBalancers'
    | 'serviceConnectConfiguration'
    | 'volumeConfigurations'
    | 'vpcLatticeConfigurations'
  >,
): readonly PassedRole[] {
  return [
    ...(input.volumeConfigurations ?? []).map(({ managedEBSVolume }) => ecs(managedEBSVolume?.roleArn)),
    ...(input.loadBalancers ?? []).map(({ advancedConfiguration }) => ecs(advancedConfiguration?.roleArn)),
    ...(input.vpcLatticeConfigurations ?? []).map(({ roleArn }) => ecs(roleArn)),
    ...(input.deploymentConfiguration?.lifecycleHooks ?? []).map(({ roleArn }) => ecs(roleArn)),
    ...(input.serviceConnectConfiguration?.services ?? []).map(({ tls }) => ecs(tls?.roleArn)),
  ];
}
