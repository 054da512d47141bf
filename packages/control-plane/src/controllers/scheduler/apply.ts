import type { Task, TaskDefinition } from '@gantry/domain';
import { enqueue } from '../../dispatch/outbox.ts';
import type { Platform, SubnetConfig } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { groupSubnetOf, type Tables } from '../../state/tables.ts';
import { subnetOf } from '../../vpc/subnets.ts';
import { taskKey } from '../task/create.ts';
import { freeAddress, newInterface } from './address.ts';
import { freeGpus, giveGpus } from './gpus.ts';
import { place, type Placement, type Refusal } from './place.ts';
import { planOf } from './plan.ts';
import { PlacementIndex } from './placement-index.ts';
import { explain, refusalAt, stageOf } from './refuse.ts';
import { poolKeyOf, requestOf, type PlaceRequest } from './request.ts';

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
  const subnet = roomAt(tables, task, subnets, instance.availabilityZone);
  const availabilityZone = subnet?.subnet.availabilityZone ?? instance.availabilityZone;
  const key = taskKey(task);
  const stored = tables.tasks.get(key);
  const placed: Task = {
    ...task,
    lastStatus: 'PENDING',
    containers: task.reservation.gpuCount === 0 ? task.containers : containersWithGpus(tables, task, placement),
    instanceKey,
    instanceId: instance.id,
    availabilityZone,
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
    text: `Placed on instance ${instance.id} in ${availabilityZone}${address}.`,
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
  const rooms = subnetsWithRoom(tables, index, platform, task);
  return explain(pool, askedFor(task, definition, rooms), groupsIn(tables), limit);
}

interface Room {
  readonly subnet: SubnetConfig;
  readonly address: string;
  /** Its zone has no machine of the Fargate pool: those there are stand in for it. */
  readonly modelled: boolean;
}

/** The task's subnets, in its order, each with the address it would get; without the full ones. */
function subnetsWithRoom(tables: Tables, index: PlacementIndex, platform: PlacePlatform, task: Task): Room[] {
  if (task.networkMode !== 'awsvpc') return [];
  const pool = task.launchType === 'FARGATE' ? index.pool(poolKeyOf(task, platform.config)) : undefined;
  const rooms: Room[] = [];
  for (const subnetId of task.awsvpcConfiguration?.subnets ?? []) {
    const subnet = subnetOf({ tables, config: platform.config }, task.scope, subnetId);
    const address = subnet === undefined ? undefined : freeAddress(tables, index, subnet);
    if (subnet === undefined || address === undefined) continue;
    rooms.push({ subnet, address, modelled: pool !== undefined && !pool.hasInstanceIn(subnet.availabilityZone) });
  }
  return rooms;
}

/** An instance serves the subnets of its zone, and those that are modelled; there a service's tasks spread over them. */
function roomAt(tables: Tables, task: Task, rooms: readonly Room[], zone: string): Room | undefined {
  const here = rooms.filter(({ subnet, modelled }) => modelled || subnet.availabilityZone === zone);
  if (!here.some(({ modelled }) => modelled)) return here[0];
  const taken = ({ subnet }: Room): number => tables.tasks.countBy('groupSubnet', groupSubnetOf(task, subnet.subnetId));
  return here.toSorted((a, b) => taken(a) - taken(b))[0];
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
  const request = askedFor(task, definition, rooms);
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

const askedFor = (task: Task, definition: TaskDefinition, rooms: readonly Room[]): PlaceRequest =>
  requestOf(
    task,
    definition,
    rooms.map(({ subnet }) => subnet),
    rooms.some(({ modelled }) => modelled),
  );

function groupsIn(tables: Tables): (instanceKey: string) => readonly string[] {
  return (instanceKey) => tables.tasks.by('instance', instanceKey).map((task) => task.group);
}
