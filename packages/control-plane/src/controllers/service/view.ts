import type {
  Because,
  Deployment,
  EpochMs,
  LaunchType,
  Service,
  ServiceDeployment,
  ServiceRevision,
  Task,
} from '@gantry/domain';
import type { SuitedInstance } from '../scheduler/suited.ts';
import type { StopOrder } from '../task/stop.ts';
import type { TrafficOrder } from './traffic.ts';

/** All a decision about one service rests on. */
export interface ServiceView {
  readonly now: EpochMs;
  readonly service: Service;
  /** Its tasks that are not STOPPED, and stopped ones not yet accounted for; in key order. */
  readonly tasks: readonly Task[];
  /** Its service deployments that are not over; one of them is the current one, if that is not over. */
  readonly serviceDeployments: readonly ServiceDeployment[];
  /** What PRIMARY runs. Services older than revisions have none. */
  readonly revision: ServiceRevision | undefined;
  /** Whether the instance takes no tasks any more because it is DRAINING. */
  readonly draining: (instanceKey: string) => boolean;
  /** Free CPU units and MiB of an instance, for scaling in binpacked services. */
  readonly freeOn: (instanceKey: string) => { readonly cpu: number; readonly memory: number };
  readonly healthyAfterRunningMs: number;
  /** Why traffic cannot be shifted, where a deployment has to. */
  readonly trafficProblem?: string | undefined;
  /** Where a DAEMON service may have tasks; empty for other services. */
  readonly daemonHosts: readonly DaemonHost[];
}

/** An instance that satisfies the constraints of a DAEMON service. */
export interface DaemonHost extends SuitedInstance {
  /** Tasks that are of no DAEMON service run there: the daemon of an instance that drains goes after them. */
  readonly othersRun: boolean;
}

export interface StartAction {
  readonly kind: 'start';
  readonly deployment: Deployment;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string | undefined;
  /** The one instance it is for (DAEMON); else placement chooses. */
  readonly instanceKey?: string | undefined;
  readonly because: Because;
}

export interface StopAction extends StopOrder {
  readonly kind: 'stop';
  readonly task: Task;
}

export type ServiceAction =
  | StartAction
  | StopAction
  /** The stop of this task has had its consequences. */
  | { readonly kind: 'account'; readonly task: Task }
  /** The service's own document changes: rollout states, failure counts, what was said when. */
  | { readonly kind: 'update'; readonly service: Service }
  /** A service deployment comes forward. */
  | { readonly kind: 'deployment'; readonly deployment: ServiceDeployment }
  /** A revision learns digests of its images. */
  | { readonly kind: 'revision'; readonly revision: ServiceRevision }
  /** Listeners and rules forward elsewhere. */
  | { readonly kind: 'traffic'; readonly orders: readonly TrafficOrder[] }
  /** A service event. */
  | { readonly kind: 'say'; readonly message: string; readonly because: Because }
  /** Nothing more to do now; at this moment there may be. */
  | { readonly kind: 'wake-at'; readonly at: EpochMs; readonly because: Because };
