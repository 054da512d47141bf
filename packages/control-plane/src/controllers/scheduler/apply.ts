import type { Task } from '@gantry/domain';
import { enqueue } from '../../dispatch/outbox.ts';
import type { Platform, SubnetConfig } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { taskKey } from '../task/create.ts';
import { freeAddress, newInterface } from './address.ts';
import { freeGpus, giveGpus } from './gpus.ts';
import { place, type Placement, type Refusal } from './place.ts';
import { planOf } from './plan.ts';
import { PlacementIndex } from './placement-index.ts';
import { explain, refusalAt, stageOf } from './refuse.ts';
import { poolKeyOf, requestOf } from './request.ts';

export type PlaceResult = { readonly placed: Task } | { readonly refused: Refusal };
export type PlacePlatform = Pick<Platform, 'ids' | 'config'>;

/**
 * Places a task in the caller's transaction: reserves its instance (and its address), stores it as PENDING and puts
 * it into the instance's outbox. When nothing fits, nothing is written and the refusal says why; whether the task
 * waits, fails or is not made at all is the caller's to decide.
 *
 * @param on StartTask's instance: only that one is tried, without placement constraints.
 */
export function placeNow(
  tx: Tx,
  platform: PlacePlatform,
  task: Task,
  on?: { readonly instanceKey: string },
): PlaceResult {
  const { tables } = tx;
  const index = PlacementIndex.of(tables);
  const subnets = subnetsWithRoom(tables, index, platform, task);
  const placement = choose(tables, index, platform, task, subnets, on?.instanceKey);
  if (placement.kind === 'refused') return { refused: placement.refusal };
  const { instance, instanceKey } = placement;
  // Local instances serve every configured subnet of their zone.
  const subnet = subnets.find((one) => one.subnet.availabilityZone === instance.availabilityZone);
  const key = taskKey(task);
  const stored = tables.tasks.get(key);
  const placed: Task = {
    ...task,
    lastStatus: 'PENDING',
    containers: task.reservation.gpuCount === 0 ? task.containers : containersWithGpus(tables, task, placement),
    instanceKey,
    instanceId: instance.id,
    availabilityZone: instance.availabilityZone,
    networkInterface:
      subnet === undefined ? undefined : newInterface(platform.ids, task, subnet.subnet.subnetId, subnet.address),
    connectivity: 'CONNECTED',
    connectivityAt: tx.now,
    nextPlacementAt: undefined,
    placementDeadlineAt: undefined,
    version: stored === undefined ? task.version : task.version + 1,
  };
  tx.put(tables.tasks, key, placed);
  enqueue(tx, platform.ids, instanceKey, key, 'RUNNING');
  const address = subnet === undefined ? '' : ` with address ${subnet.address}`;
  tx.event({
    subject: task.taskArn,
    type: 'task.placed',
    because: 'placed',
    text: `Placed on instance ${instance.id} in ${instance.availabilityZone}${address}.`,
  });
  return { placed };
}

function containersWithGpus(
  tables: Tables,
  task: Task,
  { instance, instanceKey }: Extract<Placement, { kind: 'placed' }>,
): Task['containers'] {
  return giveGpus(task.containers, freeGpus(instance, tables.tasks.by('instance', instanceKey)));
}

/** What each instance says to a task, closest first, at most `limit`: for `gantry why`. Reads only. */
export function explainPlacement(
  tables: Tables,
  platform: PlacePlatform,
  task: Task,
  limit: number,
): ReturnType<typeof explain> {
  const index = PlacementIndex.of(tables);
  const definition = tables.taskDefinitions.get(task.taskDefinitionKey);
  const pool = index.pool(poolKeyOf(task, platform.config));
  if (definition === undefined || pool === undefined) return [];
  const subnets = subnetsWithRoom(tables, index, platform, task).map((one) => one.subnet);
  return explain(pool, requestOf(task, definition, subnets), groupsIn(tables), limit);
}

interface Room {
  readonly subnet: SubnetConfig;
  readonly address: string;
}

/** The task's subnets, in its order, each with the address it would get; without the full ones. */
function subnetsWithRoom(tables: Tables, index: PlacementIndex, platform: PlacePlatform, task: Task): Room[] {
  if (task.networkMode !== 'awsvpc') return [];
  const rooms: Room[] = [];
  for (const subnetId of task.awsvpcConfiguration?.subnets ?? []) {
    const subnet = platform.config.subnets.find((one) => one.subnetId === subnetId);
    const address = subnet === undefined ? undefined : freeAddress(tables, index, subnet);
    if (subnet !== undefined && address !== undefined) rooms.push({ subnet, address });
  }
  return rooms;
}

function choose(
  tables: Tables,
  index: PlacementIndex,
  platform: PlacePlatform,
  task: Task,
  rooms: readonly Room[],
  on: string | undefined,
): Placement {
  const definition = tables.taskDefinitions.get(task.taskDefinitionKey);
  if (definition === undefined)
    throw new Error(`Task ${task.taskArn} has no task definition ${task.taskDefinitionKey}.`);
  const request = requestOf(
    task,
    definition,
    rooms.map((room) => room.subnet),
  );
  const groups = groupsIn(tables);
  if (on === undefined)
    return place(index.pool(poolKeyOf(task, platform.config)), request, platform.ids.random(), groups);
  const at = index.placeOf(on);
  if (at === undefined) throw new Error(`There is no instance ${on} to place ${task.taskArn} on.`);
  const free = { ...request, constraints: [], strategy: [] };
  const stage = stageOf(at.pool, planOf(at.pool, free), free, at.slot, groups);
  if (stage !== 'free') return { kind: 'refused', refusal: refusalAt(at.pool, free, at.slot, stage) };
  const instance = tables.instances.get(on);
  if (instance === undefined) throw new Error(`There is no instance ${on} to place ${task.taskArn} on.`);
  return { kind: 'placed', instanceKey: on, instance };
}

function groupsIn(tables: Tables): (instanceKey: string) => readonly string[] {
  return (instanceKey) => tables.tasks.by('instance', instanceKey).map((task) => task.group);
}
