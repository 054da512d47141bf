import type { Because, Instance } from '@gantry/domain';
import { queriedAt, type GroupsOn } from './queried.ts';
import { planOf, scoreOf, type Plan } from './plan.ts';
import { READY, type PoolIndex } from './pool-index.ts';
import { refuse } from './refuse.ts';
import type { PlaceRequest } from './request.ts';

/** Why a task cannot be placed, in ECS's words and in a person's. */
export interface Refusal {
  readonly because: Because;
  /** `failures[].reason`: `RESOURCE:CPU`, `AGENT`, `MemberOf placement constraint unsatisfied`, … */
  readonly reason: string;
  readonly closestInstanceArn?: string | undefined;
  /** Service event's half sentence after "The closest matching (container-instance …)"; undefined without instances. */
  readonly eventText?: string | undefined;
  /** One sentence with names and numbers. */
  readonly text: string;
}

export type Placement =
  | { readonly kind: 'placed'; readonly instanceKey: string; readonly instance: Instance }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Chooses an instance for one task (ecs-semantics 4.9): filters by what the task needs, then its constraints, then
 * keeps the best bucket of each strategy rule, then takes one of the rest at random. Writes nothing.
 *
 * @param pool instances of the task's cluster (or of the Fargate pool); undefined when there never was one.
 * @param random a number in [0, 1): decides between equals.
 * @param groups groups of the tasks on an instance, for `task:group`.
 */
export function place(pool: PoolIndex | undefined, request: PlaceRequest, random: number, groups: GroupsOn): Placement {
  if (pool === undefined || pool.instanceCount === 0)
    return { kind: 'refused', refusal: refuse(pool, request, groups) };
  const plan = planOf(pool, request);
  let count = candidates(pool, plan, request, groups);
  if (count === 0) return { kind: 'refused', refusal: refuse(pool, request, groups) };
  const group = pool.groupOf(request.group);
  for (const rule of plan.rules) {
    if (count === 1 || rule.kind === 'random') break;
    count = keepBest(pool.scratch, count, scoreOf(pool, group, rule));
  }
  const slot = pool.scratch[Math.min(count - 1, Math.floor(random * count))] as number;
  return { kind: 'placed', instanceKey: pool.keyAt(slot), instance: pool.instanceAt(slot) as Instance };
}

/** Fills the scratch column with the slots that meet every requirement. @returns how many. */
function candidates(pool: PoolIndex, plan: Plan, request: PlaceRequest, groups: GroupsOn): number {
  const { cpuUnits, memoryMiB, eniCount, gpuCount, tcpPorts, udpPorts } = request.reservation;
  const { freeCpu, freeMemory, freeEnis, freeGpus, ready, classOf, scratch, size } = pool;
  const usable = Uint8Array.from(plan.verdicts, (verdict) => (verdict === 'fits' ? 1 : 0));
  const group = plan.distinct ? pool.groupOf(request.group) : undefined;
  const ports = tcpPorts.length + udpPorts.length > 0;
  let count = 0;
  for (let slot = 0; slot < size; slot += 1) {
    if (ready[slot] !== READY || usable[classOf[slot] as number] === 0) continue;
    // Asking for none of something always fits, even where more was given away than there is.
    if (cpuUnits > 0 && (freeCpu[slot] as number) < cpuUnits) continue;
    if (memoryMiB > 0 && (freeMemory[slot] as number) < memoryMiB) continue;
    if (eniCount > 0 && (freeEnis[slot] as number) < eniCount) continue;
    if (gpuCount > 0 && (freeGpus[slot] as number) < gpuCount) continue;
    if (ports && pool.portsTaken(slot, tcpPorts, udpPorts)) continue;
    if (group !== undefined && group.on(slot) > 0) continue;
    if (plan.queries.length > 0 && !plan.queries.every((query) => query(queriedAt(pool, slot, groups)))) continue;
    scratch[count] = slot;
    count += 1;
  }
  return count;
}

/** Keeps the slots with the lowest score, in their order. @returns how many are left. */
function keepBest(slots: Int32Array, count: number, score: (slot: number) => number): number {
  let best = Number.POSITIVE_INFINITY;
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const slot = slots[at] as number;
    const value = score(slot);
    if (value > best) continue;
    if (value < best) {
      best = value;
      kept = 0;
    }
    slots[kept] = slot;
    kept += 1;
  }
  return kept;
}
