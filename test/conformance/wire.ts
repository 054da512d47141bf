/** What of the wire the played agent and the tests look at, in the agent's eyes: the house's own types would agree with the house. */
export interface Named {
  readonly name: string;
  readonly value?: string;
}

export interface Resource {
  readonly name: string;
  readonly type: string;
  readonly integerValue?: number;
  readonly stringSetValue?: readonly string[];
}

/** The body of an answer of any operation the agent calls. */
export interface Body {
  readonly __type: string;
  readonly message: string;
  readonly acknowledgment: string;
  readonly endpoint: string;
  readonly telemetryEndpoint: string;
  readonly serviceConnectEndpoint?: string;
  readonly cluster: { readonly clusterName: string };
  readonly containerInstance: {
    readonly containerInstanceArn: string;
    readonly ec2InstanceId?: string;
    readonly attributes: readonly Named[];
    readonly registeredResources: readonly Resource[];
    readonly versionInfo: Readonly<Record<string, string>>;
  };
  readonly protectedTasks?: readonly { readonly taskArn: string; readonly protectionEnabled: boolean }[];
  readonly failures?: readonly { readonly reason: string }[];
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

export interface StockCredentials {
  readonly credentialsId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly roleArn: string;
  readonly expiration: string;
}

export interface StockContainer {
  readonly name: string;
  readonly cpu: number;
  readonly memory: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly overrides: string;
  readonly dockerConfig: { readonly config: string; readonly hostConfig: string; readonly version: string };
}

export interface StockTask {
  readonly arn: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly containers: readonly StockContainer[];
  readonly launchType?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly roleCredentials?: StockCredentials;
  readonly executionRoleCredentials?: StockCredentials;
}

export interface Identifier {
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly desiredStatus: string;
}

/** The members of all messages on both sockets; which of them are there goes by the type. */
export interface Message {
  readonly messageId: string;
  readonly seqNum: number;
  readonly timeline: number;
  readonly generatedAt: number;
  readonly clusterArn: string;
  readonly containerInstanceArn: string;
  readonly tasks: readonly (StockTask & Identifier)[];
  readonly stopTasks: readonly Identifier[];
  readonly taskArn: string;
  readonly roleType: string;
  readonly roleCredentials: StockCredentials;
  readonly healthy: boolean;
}
