import type { Scope } from './ids.ts';
import type {
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  LifecycleStage,
  ServiceLoadBalancer,
} from './service.ts';
import type { AwsVpcConfiguration, LaunchType } from './task.ts';
import type { EpochMs } from './time.ts';

/**
 * What a deployment of a service runs (ecs-semantics 5.9); only digests are filled in when tasks tell them. Document
 * kind `service-revision`, key `<account>/<region>/<cluster>/<service>/<19 digits>`.
 */
export interface ServiceRevision {
  readonly scope: Scope;
  readonly cluster: string;
  readonly serviceName: string;
  readonly id: string;
  readonly serviceRevisionArn: string;
  readonly serviceArn: string;
  /** `ecs-svc/…`: whose tasks run it. */
  readonly deploymentId: string;
  readonly taskDefinitionArn: string;
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly awsvpcConfiguration?: AwsVpcConfiguration | undefined;
  /** As the service declares them. */
  readonly loadBalancers?: readonly ServiceLoadBalancer[] | undefined;
  /** With the group of each pair that its tasks are in. */
  readonly resolvedLoadBalancers?: readonly ServiceLoadBalancer[] | undefined;
  readonly containerImages: readonly RevisionImage[];
  readonly createdAt: EpochMs;
}

export interface RevisionImage {
  readonly containerName: string;
  readonly image: string;
  /** `sha256:…`, once a task has told it. */
  readonly imageDigest?: string | undefined;
  /** `versionConsistency` is disabled: each task runs what the tag names when it starts. */
  readonly byTag?: true | undefined;
}

/** In no order; how one follows another is in ecs-semantics 5.9. */
export type ServiceDeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'SUCCESSFUL'
  | 'STOP_REQUESTED'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED';

const OVER: readonly ServiceDeploymentStatus[] = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];

/** Whether nothing more will happen to it. */
export function isDeploymentOver({ status }: Pick<ServiceDeployment, 'status'>): boolean {
  return OVER.includes(status);
}

/** One revision's part in a service deployment. Its counts are kept when the deployment is over, read live before. */
export interface RevisionPart {
  readonly serviceRevisionArn: string;
  /** `ecs-svc/…` */
  readonly deploymentId: string;
  readonly counts?: RevisionCounts | undefined;
}
export interface RevisionCounts {
  readonly requested: number;
  readonly running: number;
  readonly pending: number;
}

/** Document kind `service-deployment`, key `<account>/<region>/<cluster>/<service>/<21 characters>`. */
export interface ServiceDeployment {
  readonly scope: Scope;
  readonly cluster: string;
  readonly serviceName: string;
  readonly id: string;
  readonly serviceDeploymentArn: string;
  readonly serviceArn: string;
  readonly status: ServiceDeploymentStatus;
  readonly statusReason?: string | undefined;
  readonly sources: readonly RevisionPart[];
  readonly target: RevisionPart;
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly rollback?: DeploymentRollback | undefined;
  /** Of one that shifts traffic; absent: ROLLING, or nothing was there to shift it from. */
  readonly shift?: TrafficShift | undefined;
  readonly circuitBreaker: {
    readonly status: 'TRIGGERED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'DISABLED';
    /** As they were when the deployment was over, or the breaker triggered. */
    readonly failureCount?: number | undefined;
    readonly threshold?: number | undefined;
  };
  readonly createdAt: EpochMs;
  readonly startedAt?: EpochMs | undefined;
  readonly finishedAt?: EpochMs | undefined;
  readonly stoppedAt?: EpochMs | undefined;
  readonly updatedAt: EpochMs;
}

export interface DeploymentRollback {
  readonly reason: string;
  readonly startedAt: EpochMs;
  /** Unknown when what it goes back to is older than service revisions are here. */
  readonly serviceRevisionArn?: string | undefined;
}

/** How far a deployment is that shifts traffic from what ran before (blue) to what it brings (green). */
export interface TrafficShift {
  readonly stage: LifecycleStage;
  readonly since: EpochMs;
  /** Production traffic of green. */
  readonly productionPercent: number;
  /** Test traffic is green's. */
  readonly testShifted: boolean;
  /** Those of the stage. */
  readonly hooks: readonly HookRun[];
}

export interface HookRun {
  readonly hookId: string;
  /** Which of `lifecycleHooks`. */
  readonly index: number;
  readonly status: 'AWAITING_ACTION' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly expiresAt: EpochMs;
  /** When its function is asked next; absent while nobody is to be asked. */
  readonly callAt?: EpochMs | undefined;
  /** Why it failed, for people. */
  readonly reason?: string | undefined;
}
