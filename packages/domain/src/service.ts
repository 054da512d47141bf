import type { Scope } from './ids.ts';
import type { AwsVpcConfiguration, LaunchType } from './task.ts';
import type { PlacementConstraint, PlacementStrategyRule, Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

export interface CapacityProviderStrategyItem {
  readonly capacityProvider: string | undefined;
  readonly base?: number | undefined;
  readonly weight?: number | undefined;
}

export interface DeploymentCircuitBreaker {
  readonly enable: boolean;
  readonly rollback: boolean;
  /** False: all failures of a deployment count, not those in a row. */
  readonly resetOnHealthyTask?: boolean | undefined;
  readonly thresholdConfiguration?: BreakerThreshold | undefined;
}

/** How many failures fail a deployment (ecs-semantics 5.7): a number, or percents of the desired count. */
export interface BreakerThreshold {
  readonly type: 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT' | 'COUNT';
  readonly value: number;
}

export interface DeploymentConfiguration {
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly deploymentCircuitBreaker: DeploymentCircuitBreaker;
  /** Absent: ROLLING. */
  readonly strategy?: 'ROLLING' | 'BLUE_GREEN' | 'LINEAR' | 'CANARY' | undefined;
  /** How long both revisions run once all traffic is on the new one. */
  readonly bakeTimeInMinutes?: number | undefined;
  readonly linearConfiguration?: { readonly stepPercent: number; readonly stepBakeTimeInMinutes: number } | undefined;
  readonly canaryConfiguration?:
    | { readonly canaryPercent: number; readonly canaryBakeTimeInMinutes: number }
    | undefined;
  readonly lifecycleHooks?: readonly LifecycleHook[] | undefined;
}

/** Stages of a deployment that shifts traffic, in their order (ecs-semantics 5.8). */
export const LIFECYCLE_STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

/** What is asked, or waited for, at some stages. */
export interface LifecycleHook {
  readonly targetType: 'AWS_LAMBDA' | 'PAUSE';
  readonly hookTargetArn?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly lifecycleStages: readonly LifecycleStage[];
  /** Any JSON: handed on. */
  readonly hookDetails?: unknown;
  readonly timeoutInMinutes?: number | undefined;
  readonly timeoutAction?: 'ROLLBACK' | 'CONTINUE' | undefined;
}

export type RolloutState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** One entry of `service.deployments` (ecs-semantics 5.4). INACTIVE ones are dropped from the list. */
export interface Deployment {
  /** `ecs-svc/<19 digits>`; also `startedBy` of its tasks. */
  readonly id: string;
  readonly status: 'PRIMARY' | 'ACTIVE';
  readonly taskDefinitionArn: string;
  readonly taskDefinitionKey: string;
  readonly desiredCount: number;
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly awsvpcConfiguration?: AwsVpcConfiguration | undefined;
  /** Where its tasks are registered. Absent: as the service says, for deployments older than this member. */
  readonly loadBalancers?: readonly ServiceLoadBalancer[] | undefined;
  readonly rolloutState: RolloutState;
  readonly rolloutStateReason: string;
  /** Consecutive tasks of this deployment that did not reach RUNNING (or failed health checks). */
  readonly failedTasks: number;
  /** The same, also those before one that succeeded. */
  readonly failuresInAll?: number | undefined;
  /** Start throttle (5.7): no new task before this moment. Survives restarts because it is here. */
  readonly notBefore?: EpochMs | undefined;
  /** Traffic has just been taken from its tasks: until this moment they stay, for requests on their way. */
  readonly keepUntil?: EpochMs | undefined;
  /** Consecutive tasks that ended by themselves right after they had started. */
  readonly shortRuns?: number | undefined;
  /** How often in a row the throttle was set; each time it doubles. */
  readonly throttleLevel?: number | undefined;
  /** When the last failed or short run ended: a run that starts later and lasts ends the throttle. */
  readonly lastFailureAt?: EpochMs | undefined;
  /** The service revision its tasks run. */
  readonly serviceRevisionArn?: string | undefined;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** Where the tasks of a service are registered. */
export interface ServiceLoadBalancer {
  readonly targetGroupArn: string;
  readonly containerName: string;
  readonly containerPort: number;
  /** How traffic is shifted to the other group; its tasks are in one of the two. */
  readonly advancedConfiguration?: AdvancedConfiguration | undefined;
}

export interface AdvancedConfiguration {
  readonly alternateTargetGroupArn: string;
  /** Of a rule, or of a listener of a network load balancer. */
  readonly productionListenerRule: string;
  readonly testListenerRule?: string | undefined;
  readonly roleArn: string;
}

/** Document kind `service`, key `<account>/<region>/<cluster>/<name>`. */
export interface Service {
  readonly scope: Scope;
  readonly cluster: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly desiredCount: number;
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  /** Kept beside a strategy that came later: an empty strategy goes back to it. The strategy wins. */
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly taskDefinitionArn: string;
  readonly awsvpcConfiguration?: AwsVpcConfiguration | undefined;
  readonly deploymentConfiguration: DeploymentConfiguration;
  /** Given by the user? ECS echoes it only then. */
  readonly deploymentController?: { readonly type: 'ECS' } | undefined;
  /** ARN of the newest service deployment, also when it is over. */
  readonly currentServiceDeployment?: string | undefined;
  /** Newest (PRIMARY) first. */
  readonly deployments: readonly Deployment[];
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategyRule[];
  readonly loadBalancers?: readonly ServiceLoadBalancer[] | undefined;
  readonly healthCheckGracePeriodSeconds?: number | undefined;
  readonly enableECSManagedTags: boolean;
  readonly propagateTags: 'TASK_DEFINITION' | 'SERVICE' | 'NONE';
  readonly enableExecuteCommand: boolean;
  readonly availabilityZoneRebalancing: 'ENABLED' | 'DISABLED';
  readonly roleArn?: string | undefined;
  readonly tags: readonly Tag[];
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  readonly clientToken?: string | undefined;
  /** Of all parameters of its CreateService, to tell a repeated call from another one. */
  readonly createFingerprint?: string | undefined;
  /** The newest COMPLETED deployment: what the circuit breaker rolls back to, also after it left the list. */
  readonly lastCompletedDeployment?: Deployment | undefined;
  /** Last time `has reached a steady state.` was said, and whether anything happened since. */
  readonly steadySince?: EpochMs | undefined;
  /** Last complaint (no room, stuck, protected) and when it was said: the same text is repeated only after 6 hours. */
  readonly lastPlacementFailure?: { readonly text: string; readonly at: EpochMs } | undefined;
  readonly inactiveAt?: EpochMs | undefined;
}

/** ECS's `{id, createdAt, message}`, newest first, at most 100. Document kind `service-events`, key as the service's. */
export interface ServiceEvents {
  readonly events: readonly { readonly id: string; readonly createdAt: EpochMs; readonly message: string }[];
}
