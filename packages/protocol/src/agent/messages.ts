import type { PayloadFileSystem } from './file-systems.ts';
import type { NetworkMapMessage } from './network-map.ts';

/**
 * The ECS agent protocol's messages (agent-protocol 3, 4, 5, 6), in the wire's own spelling and JSON types.
 * A frame is `{"type": <name>, "message": {…}}`; the stock agent drops a frame whose JSON types do not fit.
 */
export interface Frame<T extends string = string, M = unknown> {
  readonly type: T;
  readonly message: M;
}

export interface PayloadElasticNetworkInterface {
  readonly ec2Id: string;
  readonly macAddress: string;
  readonly attachmentArn: string;
  readonly ipv4Addresses: readonly { readonly privateAddress: string; readonly primary: boolean }[];
  /** `10.0.0.1/24`: the prefix length lives here. */
  readonly subnetGatewayIpv4Address: string;
  readonly domainNameServers: readonly string[];
  readonly domainName: readonly string[];
  readonly privateDnsName: string;
}

export interface PayloadContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly entryPoint?: readonly string[];
  /** Already merged with overrides. */
  readonly environment: Readonly<Record<string, string>>;
  readonly essential: boolean;
  /** CPU shares. */
  readonly cpu: number;
  /** MiB, 0 = no hard limit. */
  readonly memory: number;
  /** JSON text; the only key ever sent is `command`. */
  readonly overrides: string;
  /** `config` and `hostConfig` are JSON texts in Docker Engine API form, laid over what the agent computed. */
  readonly dockerConfig: { readonly config: string; readonly hostConfig: string; readonly version: string };
  readonly portMappings: readonly {
    readonly containerPort?: number;
    readonly hostPort?: number;
    readonly containerPortRange?: string;
    readonly protocol: 'tcp' | 'udp';
  }[];
  readonly mountPoints: readonly {
    readonly sourceVolume: string;
    readonly containerPath: string;
    readonly readOnly: boolean;
  }[];
  readonly volumesFrom: readonly { readonly sourceContainer: string; readonly readOnly: boolean }[];
  readonly links?: readonly string[];
  readonly dependsOn: readonly {
    readonly containerName: string;
    readonly condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';
  }[];
  /** Seconds. */
  readonly startTimeout?: number;
  /** Seconds; the agent's default is 30. */
  readonly stopTimeout?: number;
  readonly healthCheckType?: 'docker';
  readonly restartPolicy?: {
    readonly enabled: boolean;
    readonly ignoredExitCodes: readonly number[];
    readonly restartAttemptPeriod: number;
  };
  readonly containerArn: string;
  /** What they are called; the agent fetches the values itself, as the task's execution role. */
  readonly secrets?: readonly {
    readonly name: string;
    readonly valueFrom: string;
    readonly region: string;
    readonly provider: 'ssm' | 'asm';
    readonly type: 'ENVIRONMENT_VARIABLE' | 'BOOTSTRAP';
    readonly target: 'CONTAINER' | 'LOG_DRIVER';
  }[];
  readonly environmentFiles?: readonly { readonly value: string; readonly type: 's3' }[];
  readonly registryAuthentication?: {
    readonly type: 'asm';
    readonly asmAuthData: { readonly credentialsParameter: string; readonly region: string };
  };
  readonly firelensConfiguration?: {
    readonly type: 'fluentd' | 'fluentbit';
    readonly options: Readonly<Record<string, string>>;
  };
}

export interface PayloadVolume {
  readonly name: string;
  readonly type?: string;
  readonly host?: { readonly sourcePath?: string };
  readonly dockerVolumeConfiguration?: Readonly<Record<string, unknown>>;
  readonly efsVolumeConfiguration?: Readonly<Record<string, unknown>>;
  /** What stands behind `efsVolumeConfiguration`; told to agents with the attribute FILE_SYSTEMS_ATTRIBUTE alone. */
  readonly fileSystem?: PayloadFileSystem;
}

/** Temporary credentials of a role of a task. */
export interface RoleCredentials {
  /** What containers ask for them by: a secret, the same for the task's life. */
  readonly credentialsId: string;
  readonly roleArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** ISO 8601; echoed to the letter in the ack. */
  readonly expiration: string;
}

/** The program's own role, and the one of what is done for it. */
export type RoleType = 'TaskApplication' | 'TaskExecution';

export interface IamRoleCredentialsMessage {
  readonly messageId: string;
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly roleType: RoleType;
  readonly roleCredentials: RoleCredentials;
}

/** What a container of the task is given from outside it: a GPU by its id. */
export interface PayloadAssociation {
  readonly name: string;
  readonly type: 'gpu';
  /** Exactly one. */
  readonly containers: readonly string[];
  readonly content: { readonly encoding: 'identity'; readonly value: string };
}

export interface PayloadTask {
  readonly arn: string;
  readonly taskClusterArn?: string;
  readonly family?: string;
  /** The revision, as text. */
  readonly version?: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly containers: readonly PayloadContainer[];
  readonly volumes?: readonly PayloadVolume[];
  readonly networkMode?: 'bridge' | 'host' | 'none' | 'awsvpc';
  /** vCPUs. */
  readonly cpu?: number;
  /** MiB. */
  readonly memory?: number;
  /** A Fargate task's share of the disk. */
  readonly ephemeralStorageGiB?: number;
  readonly pidMode?: string;
  readonly ipcMode?: string;
  readonly launchType?: 'EC2' | 'FARGATE' | 'EXTERNAL' | 'MANAGED_INSTANCES';
  readonly serviceName?: string;
  readonly group?: string;
  readonly elasticNetworkInterfaces?: readonly PayloadElasticNetworkInterface[];
  readonly associations?: readonly PayloadAssociation[];
  /** Of the task role. */
  readonly roleCredentials?: RoleCredentials;
  readonly executionRoleCredentials?: RoleCredentials;
}

export interface PayloadMessage {
  readonly messageId: string;
  readonly clusterArn: string;
  readonly containerInstanceArn: string;
  readonly seqNum: number;
  readonly generatedAt: number;
  readonly tasks: readonly PayloadTask[];
}

export interface TaskIdentifier {
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
}

export interface TaskManifestMessage {
  readonly messageId: string;
  readonly clusterArn: string;
  readonly containerInstanceArn: string;
  readonly generatedAt: number;
  readonly timeline: number;
  readonly tasks: readonly TaskIdentifier[];
}

/**
 * Attribute of instances whose agent answers `ExecSessionMessage`. The stock agent's `ecs.capability.execute-command` means that it can put
 * AWS's own session agent into containers, which talks to AWS.
 */
export const EXEC_ATTRIBUTE = 'gantry.execute-command';

/** Somebody with a valid token waits for a program in this container. Ours: the stock agent has no such message. */
export interface ExecSessionMessage {
  readonly sessionId: string;
  readonly taskArn: string;
  readonly containerName: string;
  readonly command: string;
  /** Where the agent opens the session's websocket: `http://127.0.0.1:4566/exec/`. */
  readonly endpoint: string;
}

/** Control plane → agent, on the ACS socket. */
export type AcsToAgent =
  | Frame<'HeartbeatMessage', { readonly healthy: boolean; readonly messageId: string }>
  | Frame<'PayloadMessage', PayloadMessage>
  | Frame<'TaskManifestMessage', TaskManifestMessage>
  | Frame<'IAMRoleCredentialsMessage', IamRoleCredentialsMessage>
  | Frame<'ExecSessionMessage', ExecSessionMessage>
  | Frame<'NetworkMapMessage', NetworkMapMessage>
  | Frame<
      'TaskStopVerificationAck',
      { readonly messageId: string; readonly generatedAt: number; readonly stopTasks: readonly TaskIdentifier[] }
    >;

/** Agent → control plane, on the ACS socket. */
export type AcsFromAgent =
  | Frame<'HeartbeatAckRequest', { readonly messageId: string }>
  | Frame<'AckRequest', { readonly cluster: string; readonly containerInstance: string; readonly messageId: string }>
  | Frame<
      'NackRequest',
      {
        readonly cluster: string;
        readonly containerInstance: string;
        readonly messageId: string;
        readonly reason: string;
      }
    >
  | Frame<
      'IAMRoleCredentialsAckRequest',
      { readonly credentialsId: string; readonly expiration: string; readonly messageId: string }
    >
  | Frame<
      'TaskStopVerificationMessage',
      { readonly messageId: string; readonly stopCandidates: readonly TaskIdentifier[] }
    >;

export interface StatsSet {
  readonly min: number;
  readonly max: number;
  readonly sampleCount: number;
  readonly sum: number;
}

export interface ContainerMetric {
  readonly containerName: string;
  readonly containerArn?: string;
  /** Percent of all host cores. */
  readonly cpuStatsSet: StatsSet;
  /** MiB. */
  readonly memoryStatsSet: StatsSet;
}

export interface TaskMetric {
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
  readonly containerMetrics: readonly ContainerMetric[];
}

export interface TaskHealth {
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
  readonly containers: readonly {
    readonly containerName: string;
    readonly healthStatus: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
    readonly statusSince: number;
    readonly statusMessage?: string;
  }[];
}

/** Agent → control plane, on the TCS socket. Each frame is preceded by a signed header block and a blank line. */
export type TcsFromAgent =
  | Frame<
      'PublishMetricsRequest',
      {
        readonly metadata: {
          readonly cluster: string;
          readonly containerInstance: string;
          readonly messageId: string;
          readonly idle: boolean;
          readonly fin: boolean;
        };
        readonly timestamp: number;
        readonly taskMetrics: readonly TaskMetric[];
      }
    >
  | Frame<
      'PublishHealthRequest',
      {
        readonly metadata: {
          readonly cluster: string;
          readonly containerInstance: string;
          readonly messageId: string;
          readonly fin: boolean;
        };
        readonly timestamp: number;
        readonly tasks: readonly TaskHealth[];
      }
    >;

/** Control plane → agent, on the TCS socket. */
export type TcsToAgent =
  | Frame<'HeartbeatMessage', { readonly healthy: boolean }>
  | Frame<'AckPublishMetric', { readonly message: string }>
  | Frame<'AckPublishHealth', { readonly message: string }>
  | Frame<'AckPublishInstanceStatus', { readonly message: string }>
  | Frame<'StopTelemetrySessionMessage', { readonly message: string }>;
