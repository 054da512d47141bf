import type { Because, Instance } from '@gantry/domain';
import { missingAttributes, planOf, type Plan } from './plan.ts';
import type { Refusal } from './place.ts';
import { CLOSED, DISCONNECTED, type PoolIndex } from './pool-index.ts';
import { queriedAt, type GroupsOn } from './queried.ts';
import type { PlaceRequest } from './request.ts';

/** What keeps a task off an instance, in the order ECS names them (ecs-semantics 1.5). `free`: nothing does. */
const STAGES = [
  'kind',
  'draining',
  'agent',
  'attribute',
  'location',
  'cpu',
  'memory',
  'ports',
  'gpu',
  'eni',
  'memberOf',
  'distinct',
  'free',
] as const;
export type Stage = (typeof STAGES)[number];

const WORDS: Readonly<Record<Stage, readonly [Because, string, string]>> = {
  kind: ['no-instances', 'RESOURCE:CPU', 'encountered error "ATTRIBUTE".'],
  draining: ['no-active-instances', 'NO ACTIVE INSTANCES', 'encountered error "NO ACTIVE INSTANCES".'],
  agent: ['agent-disconnected', 'AGENT', 'encountered error "AGENT".'],
  attribute: ['missing-attribute', 'ATTRIBUTE', 'is missing an attribute required by your task.'],
  location: ['wrong-location', 'LOCATION', 'encountered error "LOCATION".'],
  cpu: ['insufficient-cpu', 'RESOURCE:CPU', 'has insufficient CPU units available.'],
  memory: ['insufficient-memory', 'RESOURCE:MEMORY', 'has insufficient memory available.'],
  ports: ['port-taken', 'RESOURCE:PORTS', 'is already using a port required by your task.'],
  gpu: ['insufficient-gpu', 'RESOURCE:GPU', 'encountered error "RESOURCE:GPU".'],
  eni: ['insufficient-eni', 'RESOURCE:ENI', 'encountered error "RESOURCE:ENI".'],
  memberOf: [
    'constraint-unsatisfied',
    'MemberOf placement constraint unsatisfied',
    'encountered error "MemberOf placement constraint unsatisfied.".',
  ],
  distinct: [
    'constraint-unsatisfied',
    'DistinctInstance placement constraint unsatisfied',
    'encountered error "DistinctInstance placement constraint unsatisfied.".',
  ],
  free: ['placed', '', ''],
};

export const NO_FARGATE_CAPACITY =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';

/** The first requirement that the instance in this slot does not meet. */
export function stageOf(pool: PoolIndex, plan: Plan, request: PlaceRequest, slot: number, groups: GroupsOn): Stage {
  const { cpuUnits, memoryMiB, eniCount, gpuCount, tcpPorts, udpPorts } = request.reservation;
  const lacks = (column: Int32Array, asked: number): boolean => asked > 0 && (column[slot] as number) < asked;
  const verdict = plan.verdicts[pool.classOf[slot] as number];
  if (verdict === 'kind') return 'kind';
  if (pool.ready[slot] === CLOSED) return 'draining';
  if (pool.ready[slot] === DISCONNECTED) return 'agent';
  if (verdict === 'attribute' || verdict === 'location') return verdict;
  if (lacks(pool.freeCpu, cpuUnits)) return 'cpu';
  if (lacks(pool.freeMemory, memoryMiB)) return 'memory';
  if (tcpPorts.length + udpPorts.length > 0 && pool.portsTaken(slot, tcpPorts, udpPorts)) return 'ports';
  if (lacks(pool.freeGpus, gpuCount)) return 'gpu';
  if (lacks(pool.freeEnis, eniCount)) return 'eni';
  if (verdict === 'memberOf') return 'memberOf';
  if (!plan.queries.every((query) => query(queriedAt(pool, slot, groups)))) return 'memberOf';
  if (plan.distinct && (pool.groupOf(request.group)?.on(slot) ?? 0) > 0) return 'distinct';
  return 'free';
}

/** Says why nothing fits: the instance that meets most requirements speaks for all. */
export function refuse(pool: PoolIndex | undefined, request: PlaceRequest, groups: GroupsOn): Refusal {
  if (request.kind === 'fargate') return noFargate(pool, request, groups);
  const closest = pool === undefined ? undefined : closestOf(pool, request, groups);
  if (pool === undefined || closest === undefined) {
    return {
      because: 'no-instances',
      reason: 'EMPTY CAPACITY PROVIDER',
      text: 'The cluster has no container instances.',
    };
  }
  return refusalAt(pool, request, closest.slot, closest.stage);
}

/** The refusal of one given instance (StartTask). */
export function refusalAt(pool: PoolIndex, request: PlaceRequest, slot: number, stage: Stage): Refusal {
  const instance = pool.instanceAt(slot) as Instance;
  const [because, reason, eventText] = WORDS[stage];
  return {
    because,
    reason,
    closestInstanceArn: instance.containerInstanceArn,
    eventText,
    text: `The closest instance ${instance.id} ${detailOf(pool, request, slot, stage)}`,
  };
}

/** What each instance says to the request, closest first, at most `limit`: for `gantry why`. */
export function explain(
  pool: PoolIndex,
  request: PlaceRequest,
  groups: GroupsOn,
  limit: number,
): readonly { readonly instanceArn: string; readonly because: Because; readonly text: string }[] {
  const plan = planOf(pool, request);
  const rows: { readonly slot: number; readonly stage: Stage }[] = [];
  for (let slot = 0; slot < pool.size; slot += 1) {
    if (pool.instanceAt(slot) !== undefined) rows.push({ slot, stage: stageOf(pool, plan, request, slot, groups) });
  }
  rows.sort((a, b) => STAGES.indexOf(b.stage) - STAGES.indexOf(a.stage) || a.slot - b.slot);
  return rows.slice(0, limit).map(({ slot, stage }) => {
    const instance = pool.instanceAt(slot) as Instance;
    const text = `${instance.id} ${detailOf(pool, request, slot, stage)}`;
    return { instanceArn: instance.containerInstanceArn, because: WORDS[stage][0], text };
  });
}

function closestOf(
  pool: PoolIndex,
  request: PlaceRequest,
  groups: GroupsOn,
): { readonly slot: number; readonly stage: Stage } | undefined {
  const plan = planOf(pool, request);
  let closest: { readonly slot: number; readonly stage: Stage } | undefined;
  for (let slot = 0; slot < pool.size; slot += 1) {
    if (pool.instanceAt(slot) === undefined) continue;
    const stage = stageOf(pool, plan, request, slot, groups);
    if (closest === undefined || STAGES.indexOf(stage) > STAGES.indexOf(closest.stage)) closest = { slot, stage };
  }
  return closest?.stage === 'kind' ? undefined : closest;
}

function noFargate(pool: PoolIndex | undefined, request: PlaceRequest, groups: GroupsOn): Refusal {
  const closest = pool === undefined ? undefined : closestOf(pool, request, groups);
  const detail =
    pool === undefined || closest === undefined
      ? 'the Fargate pool has no machines.'
      : `the closest machine of the Fargate pool ${detailOf(pool, request, closest.slot, closest.stage)}`;
  return { because: 'fargate-capacity', reason: NO_FARGATE_CAPACITY, text: `No Fargate capacity: ${detail}` };
}

function detailOf(pool: PoolIndex, request: PlaceRequest, slot: number, stage: Stage): string {
  const { cpuUnits, memoryMiB, gpuCount, tcpPorts, udpPorts } = request.reservation;
  switch (stage) {
    case 'kind':
      return `is not of the kind the task needs (${request.capacityProviderName ?? request.kind}).`;
    case 'draining':
      return `is ${pool.instanceAt(slot)?.status ?? 'gone'} and takes no tasks.`;
    case 'agent':
      return 'has lost its agent; it takes tasks again when the agent is back.';
    case 'attribute': {
      const missing = missingAttributes(pool.classAt(slot), request);
      const names = missing.map(({ name, value }) => (value ? `${name}=${value}` : name)).join(', ');
      return `lacks the attribute ${names}.`;
    }
    case 'location':
      return `is in ${pool.classAt(slot).zone}; the subnets with free addresses are in ${request.zones?.join(', ') || 'no zone'}.`;
    case 'cpu':
      return `has ${pool.freeCpu[slot]} CPU units left; the task needs ${cpuUnits}.`;
    case 'memory':
      return `has ${pool.freeMemory[slot]} MiB left; the task needs ${memoryMiB}.`;
    case 'ports': {
      const wanted = [...tcpPorts.map((port) => `${port}/tcp`), ...udpPorts.map((port) => `${port}/udp`)];
      return `already uses one of the host ports ${wanted.join(', ')}.`;
    }
    case 'gpu':
      return `has ${pool.freeGpus[slot]} GPUs left; the task needs ${gpuCount}.`;
    case 'eni':
      return 'has no network interface left.';
    case 'memberOf':
      return `does not satisfy ${request.constraints.flatMap((one) => one.expression ?? []).join(' and ')}.`;
    case 'distinct':
      return 'already runs a task of the same group.';
    case 'free':
      return 'has room.';
  }
}
