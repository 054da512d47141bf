import type { Scope } from './ids.ts';
import type { EpochMs } from './time.ts';

/** Members and spelling are ECS's own (RegisterTaskDefinition); what ECS defaults is filled in at registration. */
export interface KeyValue {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}
export interface Tag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}
export interface PortMapping {
  readonly containerPort?: number | undefined;
  readonly hostPort?: number | undefined;
  readonly protocol?: 'tcp' | 'udp' | undefined;
  readonly name?: string | undefined;
  readonly appProtocol?: 'http' | 'http2' | 'grpc' | undefined;
  readonly containerPortRange?: string | undefined;
}
export type DependencyCondition = 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';
export interface ContainerDependency {
  readonly containerName: string | undefined;
  readonly condition: DependencyCondition | undefined;
}
export interface HealthCheck {
  readonly command: readonly string[] | undefined;
  readonly interval?: number | undefined;
  readonly timeout?: number | undefined;
  readonly retries?: number | undefined;
  readonly startPeriod?: number | undefined;
}
export interface LogConfiguration {
  readonly logDriver: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly secretOptions?: readonly SecretReference[] | undefined;
}
/** A Secrets Manager secret (ARN) or an SSM parameter (ARN, or name in the task's region). */
export interface SecretReference {
  readonly name: string | undefined;
  readonly valueFrom: string | undefined;
}
export interface FirelensConfiguration {
  readonly type: 'fluentd' | 'fluentbit' | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}
export interface RestartPolicy {
  readonly enabled: boolean | undefined;
  readonly ignoredExitCodes?: readonly number[] | undefined;
  readonly restartAttemptPeriod?: number | undefined;
}
export interface ResourceRequirement {
  readonly type: 'GPU' | 'InferenceAccelerator' | 'NeuronDevice' | undefined;
  readonly value: string | undefined;
  /** Several containers share one: registered, and refused at launch. */
  readonly sharingStrategy?: object | undefined;
}

/**
 * A container as registered. The members the brain decides on are typed here; the rest of ECS's members
 * (ulimits, the rest of linuxParameters, …) are kept untouched under their own names and read by the renderer.
 */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly cpu: number;
  readonly memory?: number | undefined;
  readonly memoryReservation?: number | undefined;
  readonly essential: boolean;
  readonly portMappings: readonly PortMapping[];
  readonly environment: readonly KeyValue[];
  readonly entryPoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly dependsOn?: readonly ContainerDependency[] | undefined;
  readonly startTimeout?: number | undefined;
  readonly stopTimeout?: number | undefined;
  readonly healthCheck?: HealthCheck | undefined;
  readonly logConfiguration?: LogConfiguration | undefined;
  readonly restartPolicy?: RestartPolicy | undefined;
  readonly resourceRequirements?: readonly ResourceRequirement[] | undefined;
  readonly privileged?: boolean | undefined;
  readonly secrets?: readonly SecretReference[] | undefined;
  readonly environmentFiles?:
    | readonly { readonly type: 's3' | undefined; readonly value: string | undefined }[]
    | undefined;
  readonly repositoryCredentials?: { readonly credentialsParameter: string | undefined } | undefined;
  readonly firelensConfiguration?: FirelensConfiguration | undefined;
  readonly dockerSecurityOptions?: readonly string[] | undefined;
  readonly credentialSpecs?: readonly string[] | undefined;
  readonly linuxParameters?:
    | { readonly initProcessEnabled?: boolean | undefined; readonly [member: string]: unknown }
    | undefined;
  readonly [member: string]: unknown;
}

export const NETWORK_MODES = ['bridge', 'host', 'awsvpc', 'none'] as const;
export type NetworkMode = (typeof NETWORK_MODES)[number];
export type TaskDefinitionStatus = 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';

export interface Attribute {
  readonly name: string | undefined;
  readonly value?: string | undefined;
  readonly targetType?: 'container-instance' | undefined;
  readonly targetId?: string | undefined;
}
export interface PlacementConstraint {
  readonly type?: 'distinctInstance' | 'memberOf' | undefined;
  readonly expression?: string | undefined;
}
export interface PlacementStrategyRule {
  readonly type?: 'random' | 'spread' | 'binpack' | undefined;
  readonly field?: string | undefined;
}

/** Document kind `task-definition`, key `<account>/<region>/<family>:<revision>`. */
export interface TaskDefinition {
  readonly scope: Scope;
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly revision: number;
  readonly status: TaskDefinitionStatus;
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly networkMode: NetworkMode;
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly requiresCompatibilities?: readonly string[] | undefined;
  readonly compatibilities: readonly string[];
  readonly requiresAttributes: readonly Attribute[];
  /** CPU units (1024 = 1 vCPU), as text, the way ECS keeps it. */
  readonly cpu?: string | undefined;
  /** MiB, as text. */
  readonly memory?: string | undefined;
  readonly runtimePlatform?:
    | { readonly cpuArchitecture?: string | undefined; readonly operatingSystemFamily?: string | undefined }
    | undefined;
  readonly ephemeralStorageGiB?: number | undefined;
  readonly pidMode?: 'host' | 'task' | undefined;
  readonly ipcMode?: 'host' | 'task' | 'none' | undefined;
  readonly proxyConfiguration?: Readonly<Record<string, unknown>> | undefined;
  /** Absent in documents of before there was such a thing: off. */
  readonly enableFaultInjection?: boolean | undefined;
  readonly tags: readonly Tag[];
  readonly registeredAt: EpochMs;
  readonly registeredBy: string;
  readonly deregisteredAt?: EpochMs | undefined;
  readonly deleteRequestedAt?: EpochMs | undefined;
}

/** Document kind `task-definition-family`, key `<account>/<region>/<family>`: revisions are never reused. */
export interface TaskDefinitionFamily {
  readonly scope: Scope;
  readonly family: string;
  readonly lastRevision: number;
}
