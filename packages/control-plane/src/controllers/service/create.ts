import type {
  AwsVpcConfiguration,
  CapacityProviderStrategyItem,
  Deployment,
  EpochMs,
  Ids,
  LaunchType,
  Service,
  ServiceLoadBalancer,
} from '@gantry/domain';

export interface NewDeploymentInput {
  readonly ids: Ids;
  readonly now: EpochMs;
  readonly taskDefinitionArn: string;
  /** `<account>/<region>/<family>:<revision>` */
  readonly taskDefinitionKey: string;
  readonly desiredCount: number;
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly awsvpcConfiguration?: AwsVpcConfiguration | undefined;
  readonly loadBalancers: readonly ServiceLoadBalancer[];
}

/** A new PRIMARY deployment, IN_PROGRESS, with the start throttle and the failure count at zero. */
export function newDeployment(input: NewDeploymentInput): Deployment {
  const id = `ecs-svc/${input.ids.digits19()}`;
  return {
    id,
    status: 'PRIMARY',
    taskDefinitionArn: input.taskDefinitionArn,
    taskDefinitionKey: input.taskDefinitionKey,
    desiredCount: input.desiredCount,
    launchType: input.launchType,
    capacityProviderStrategy: input.capacityProviderStrategy,
    platformVersion: input.platformVersion,
    awsvpcConfiguration: input.awsvpcConfiguration,
    loadBalancers: input.loadBalancers,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    createdAt: input.now,
    updatedAt: input.now,
  };
}

/** The list after `deployment` took over: it is PRIMARY, the former PRIMARY is ACTIVE and will be drained. */
export function withPrimary(
  deployments: Service['deployments'],
  deployment: Deployment,
  now: EpochMs,
): readonly Deployment[] {
  const older = deployments.map((old): Deployment =>
    old.status === 'PRIMARY' ? { ...old, status: 'ACTIVE', updatedAt: now } : old,
  );
  return [deployment, ...older];
}
