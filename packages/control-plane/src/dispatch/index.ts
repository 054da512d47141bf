import type { Identity } from '../identity/index.ts';
import type { Platform } from '../platform.ts';
import { TaskRoles } from './credentials/task-roles.ts';
import { MemoryMetrics, type Metrics } from './metrics.ts';
import type { Dispatch } from './port.ts';
import { Sessions } from './sessions.ts';

export { handshakeError } from './admission.ts';
export { MemoryMetrics, type Metrics, type TaskUsage } from './metrics.ts';
export { agentHandlers } from './operations/index.ts';
export { nextGenerations } from './network-map/epoch.ts';
export { enqueue, forget } from './outbox.ts';
export type { Dispatch, SessionKind } from './port.ts';

/**
 * The agent sessions on this platform. Starts to listen to commits at once; instances the journal calls connected
 * are believed for 30 s, then only if their socket is back.
 */
export function createDispatch(
  platform: Platform,
  identity: Pick<Identity, 'sessions'>,
  options: { readonly metrics?: Metrics; readonly firstGeneration: number },
): Dispatch {
  const roles = new TaskRoles(platform, identity.sessions);
  return new Sessions(platform, options.metrics ?? new MemoryMetrics(), roles, options.firstGeneration);
}
