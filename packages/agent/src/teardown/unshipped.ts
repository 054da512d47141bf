import type { PayloadTask } from '@gantry/protocol';
import type { Clock, Ids } from '@gantry/domain';
import { MemoryCheckpoint } from '../checkpoint/memory.ts';
import type { Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import { LogService } from '../logs/service.ts';
import type { ControlPlaneLink } from '../session/port.ts';
import type { TaskModel } from '../supervisor/model.ts';
import { planOf, type TaskPlan } from '../supervisor/plan.ts';

export interface ShippingPorts {
  readonly engine: Engine;
  readonly link: ControlPlaneLink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** What the control plane has not taken by then, it does not take. */
const SHIPPING_MS = 20_000;
/** For reading the plan of a task that is over it does not matter. */
const STOP_TIMEOUT_S = 30;

/**
 * Ships what ended containers wrote and the agent had no time to hand in: once they are removed it is gone.
 * Output whose log group was deleted is nobody's and is let go.
 * @returns ids of the containers whose output could not be shipped in time
 */
export async function shipRest(
  ports: ShippingPorts,
  documents: ReadonlyMap<string, unknown>,
): Promise<ReadonlySet<string>> {
  const logs = new LogService({ ...ports, checkpoint: new MemoryCheckpoint() });
  logs.restore(documents);
  const [over, done] = [new AbortController(), new AbortController()];
  void ports.clock.sleep(SHIPPING_MS, done.signal).then(() => over.abort());
  const late = new Set<string>();
  const jobs = writers(documents).map(async ({ plan, name, dockerId }) => {
    const refused = await logs.validate(plan, over.signal);
    if (refused !== undefined) return ports.log('warn', `the output of ${dockerId} is let go: ${refused}`);
    logs.follow(plan, name, dockerId, () => false);
    await logs.finished([dockerId], over.signal);
    if (over.signal.aborted) late.add(dockerId);
  });
  try {
    await Promise.all(jobs);
  } finally {
    done.abort();
    logs.close();
  }
  return late;
}

interface Writer {
  readonly plan: TaskPlan;
  readonly name: string;
  readonly dockerId: string;
}

/** Containers that ran with awslogs and whose output is not known to be complete. */
function writers(documents: ReadonlyMap<string, unknown>): readonly Writer[] {
  const found: Writer[] = [];
  for (const [key, document] of documents) {
    if (!key.startsWith('task/')) continue;
    const model = document as TaskModel;
    const plan = readPlan(documents.get(`payload/${model.arn}`) as PayloadTask | undefined);
    for (const { name, dockerId, startedAtMs } of model.containers) {
      const logging = plan?.containers.find((container) => container.name === name)?.awslogs !== undefined;
      if (plan === undefined || !logging || dockerId === undefined || startedAtMs === undefined) continue;
      const record = documents.get(`log/${dockerId}`) as { readonly done?: boolean } | undefined;
      if (record?.done !== true) found.push({ plan, name, dockerId });
    }
  }
  return found;
}

/** A payload that could not be read never ran, and wrote nothing. */
function readPlan(payload: PayloadTask | undefined): TaskPlan | undefined {
  try {
    return payload === undefined ? undefined : planOf(payload, { stopTimeoutS: STOP_TIMEOUT_S });
  } catch {
    return undefined;
  }
}
