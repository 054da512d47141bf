/**
 * The closed list of reasons. Every action and every refusal carries one; `gantry why`, service events,
 * API failures and metric labels are rendered from it. Add here, never inline.
 */
export const BECAUSE = {
  // tasks come
  'run-task': 'a user asked for it (RunTask)',
  'start-task': 'a user asked for it on this instance (StartTask)',
  'scale-out': 'the service has fewer tasks than its desired count',
  'replace-stopped': 'a task of the service stopped and is replaced',
  'new-deployment': 'a new deployment replaces an older one',
  daemon: 'a DAEMON service has one task on every suitable instance',
  // tasks are placed, or not
  placed: 'an instance has room and meets every requirement',
  'no-instances': 'the cluster has no container instances',
  'no-active-instances': 'no container instance is ACTIVE with its agent connected',
  'agent-disconnected': 'the agent of the closest instance is not connected',
  'missing-attribute': 'the closest instance lacks a required attribute',
  'wrong-location': 'the closest instance is in another zone than the subnets',
  'insufficient-cpu': 'the closest instance has not enough CPU units left',
  'insufficient-memory': 'the closest instance has not enough memory left',
  'port-taken': 'a host port the task needs is taken on the closest instance',
  'insufficient-gpu': 'the closest instance has not enough GPUs left',
  'insufficient-eni': 'the closest instance or its subnet has no network address left',
  'constraint-unsatisfied': 'a placement constraint is not satisfied by any instance',
  'fargate-capacity': 'the Fargate pool has no room for this size',
  'start-throttled': 'earlier tasks did not start; the next attempt waits',
  'deployment-configuration': 'minimumHealthyPercent and maximumPercent allow neither a start nor a stop',
  protected: 'scale-in protection keeps tasks that would go',
  // tasks go
  'user-stopped': 'a user stopped it (StopTask)',
  'scale-in': 'the service has more tasks than its desired count',
  'old-revision': 'a newer deployment replaces it',
  'daemon-misplaced': 'its instance is no place for the DAEMON service any more, or has another of its tasks',
  'service-deleted': 'its service was deleted',
  'essential-exited': 'an essential container exited',
  'all-containers-exited': 'all of its containers exited',
  'failed-to-start': 'it could not be started',
  'pull-failed': 'an image could not be pulled',
  'container-unhealthy': 'an essential container failed its health check',
  'target-unhealthy': 'a load balancer target failed its health check',
  'instance-deregistered': 'its container instance was deregistered by force',
  'instance-gone': 'its container instance is gone',
  'instance-draining': 'its container instance is draining',
  'spot-interrupted': 'its Spot capacity was reclaimed',
  'agent-lost-it': 'the agent no longer knows it',
  'provisioning-timeout': 'no capacity came in time',
  // progress
  reported: 'the agent reported it',
  'network-ready': 'its network address is assigned',
  'network-released': 'its network address is released',
  'agent-connected': 'the agent opened its session',
  'agent-session-closed': 'the agent closed its session, or stopped answering',
  registered: 'the agent registered the instance',
  'user-request': 'a user asked for it',
  settled: 'running count equals desired count and nothing is in transition',
  'deployment-complete': 'every task of the deployment is healthy and none of an older one is left',
  'retention-over': 'it was kept as long as promised',
} as const;

export type Because = keyof typeof BECAUSE;

export function isBecause(text: string): text is Because {
  return Object.hasOwn(BECAUSE, text);
}
