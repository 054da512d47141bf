/** The extension service `gantry`: what Gantry tells beyond ECS's own API. Its model is models/gantry.ts. */
export interface WhyRequest {
  /** A task, service, container instance or cluster: ARN, name or id. */
  subject: string;
  cluster?: string;
}

export type WhyKind = 'task' | 'service' | 'container-instance' | 'cluster';

export interface WhyEvent {
  at: Date;
  type: string;
  /** From the closed list in @gantry/domain. */
  because: string;
  text: string;
  /** The ARN or name of who did it. */
  by?: string;
}

export interface WhyResponse {
  subject: string;
  kind: WhyKind;
  status: string;
  because: string;
  text: string;
  /** Oldest first. */
  history: WhyEvent[];
  details?: Record<string, string>;
}

export type StatusRequest = Record<string, never>;

export interface StatusCluster {
  clusterName: string;
  runningTasksCount: number;
  pendingTasksCount: number;
  activeServicesCount: number;
  registeredContainerInstancesCount: number;
}

export interface StatusInstance {
  containerInstanceArn: string;
  cluster: string;
  /** `ec2`, `fargate` or `external`. */
  pool: string;
  status: string;
  agentConnected: boolean;
  /** What its tasks run in (`kata`, `runsc`, `crun`, `runc`), when that was chosen for them. */
  isolation?: string | undefined;
  /** CPU units. */
  registeredCpu: number;
  /** MiB. */
  registeredMemory: number;
  remainingCpu: number;
  remainingMemory: number;
  runningTasksCount: number;
}

export interface StatusSubnet {
  subnetId: string;
  availabilityZone: string;
  cidr: string;
}

/** An account in a region that has tasks or services, whoever asks: they all share this Gantry's machines. */
export interface StatusWorld {
  account: string;
  region: string;
  /** Not STOPPED yet. */
  tasksCount: number;
  activeServicesCount: number;
}

export interface StatusResponse {
  version: string;
  startedAt: Date;
  endpoint: string;
  account: string;
  region: string;
  clusters: StatusCluster[];
  instances: StatusInstance[];
  subnets: StatusSubnet[];
  /** Documents by kind: `tasks`, `services`, … */
  counts: Record<string, number>;
  worlds?: StatusWorld[];
  /** What is wrong with this Gantry, a sentence each. */
  problems?: string[];
}

export interface GantryOperations {
  Why: { input: WhyRequest; output: WhyResponse };
  Status: { input: StatusRequest; output: StatusResponse };
}
