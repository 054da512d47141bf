import type { Rng } from '../seeded.ts';
import type { World } from './world.ts';

/** What breaks, and who comes back. Each on a host that the seed picks. */

export function killContainer(world: World, rng: Rng, how: 'kill' | 'vanish' = 'kill'): void {
  rng.pick(world.hosts).killContainer(rng, how);
}

export async function restartAgent(world: World, rng: Rng): Promise<void> {
  const host = rng.pick(world.hosts);
  await world.clock.turnWhile(host.crashAgent());
  await world.clock.turn(rng.int(0, 5_000));
  await host.startAgent();
}

/** Away for a while; sometimes so long that its instance is given up and its tasks run elsewhere meanwhile. */
export async function agentAway(world: World, rng: Rng): Promise<void> {
  const host = rng.pick(world.hosts);
  await world.clock.turnWhile(host.crashAgent());
  if (rng.chance(0.5)) host.killContainer(rng, 'kill');
  await world.clock.turn(rng.chance(0.3) ? rng.int(600_000, 1_500_000) : rng.int(10_000, 300_000));
  await host.startAgent();
}

/** The machine runs and nothing gets through, in either direction. */
export async function cutOff(world: World, rng: Rng): Promise<void> {
  const host = rng.pick(world.hosts);
  host.cutOff(true);
  if (rng.chance(0.5)) host.killContainer(rng, 'kill');
  await world.clock.turn(rng.chance(0.3) ? rng.int(600_000, 1_500_000) : rng.int(10_000, 300_000));
  host.cutOff(false);
}

export async function engineAway(world: World, rng: Rng): Promise<void> {
  const host = rng.pick(world.hosts);
  host.engineDown(rng.chance(0.5));
  await world.clock.turn(rng.int(1_000, 120_000));
  host.engineUp();
}

export async function machineDies(world: World, rng: Rng): Promise<void> {
  const host = rng.pick(world.hosts);
  await world.clock.turnWhile(host.die());
  await world.clock.turn(rng.int(1_000, 1_200_000));
  await host.startAgent();
}

export async function toggleDraining(world: World, rng: Rng): Promise<void> {
  const instances = [...world.tables.instances.values()].filter((i) => i.pool === 'ec2' && i.status !== 'INACTIVE');
  if (instances.length === 0) return;
  const instance = rng.pick(instances);
  await world.ask('UpdateContainerInstancesState', {
    cluster: 'default',
    containerInstances: [instance.containerInstanceArn],
    status: instance.status === 'ACTIVE' ? 'DRAINING' : 'ACTIVE',
  });
}

const SET_BY_MS = [-3 * 3_600_000, -1_800_000, -180_000, -5_000, 5_000, 180_000, 1_800_000, 3 * 3_600_000];

/** The clock of one machine, or of the control plane's, is set forward or back. */
export async function setClock(world: World, rng: Rng): Promise<void> {
  const byMs = rng.pick(SET_BY_MS);
  if (rng.chance(0.4)) world.planeClock.set(byMs);
  else rng.pick(world.hosts).setClock(byMs);
}
