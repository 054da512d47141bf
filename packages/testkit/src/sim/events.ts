import { Rng } from '../seeded.ts';
import { anyDefinition } from './definitions.ts';
import { brokenLaws } from './simulate.ts';
import { World } from './world.ts';

export interface EventsResult {
  readonly seed: number;
  /** What the engines told; a part of it never arrived, or came twice, or late. */
  readonly events: number;
  readonly tasks: number;
}

const LONGEST_PAUSE_MS = 3_000;

/**
 * Services whose containers die all the time, on machines whose agents are told of it badly: events are lost, doubled and late,
 * streams break, engines restart with and without their containers. When so many events were told the world settles, and every
 * law must hold: what is reported is what is there.
 */
export async function simulateEvents(seed: number, events: number): Promise<EventsResult> {
  const rng = new Rng(seed);
  const world = await World.start(rng);
  try {
    await startServices(world, rng);
    world.turnDeaf();
    while (world.eventsTold < events) {
      const host = rng.pick(world.hosts);
      const roll = rng.next();
      if (roll < 0.9) host.killContainer(rng, rng.chance(0.9) ? 'kill' : 'vanish');
      else if (roll < 0.97) host.breakEvents();
      else host.restartEngine(rng.chance(0.5));
      await world.clock.turn(rng.int(0, LONGEST_PAUSE_MS));
    }
    await world.settle();
    const told = world.eventsTold;
    const broken = [...(await brokenLaws(world))];
    await world.takeDown();
    broken.push(...(await brokenLaws(world)));
    const again = `Again: npm run sim -- --seed ${seed} --events ${events}`;
    if (broken.length > 0) throw new Error([`seed ${seed}, ${told} events of engines:`, ...broken, again].join('\n  '));
    return { seed, events: told, tasks: world.tables.tasks.size };
  } finally {
    await world.stop();
  }
}

async function startServices(world: World, rng: Rng): Promise<void> {
  for (let n = 1; n <= 5; n += 1) {
    const answer = await world.ask('RegisterTaskDefinition', anyDefinition(rng, false));
    const taskDefinition = answer?.taskDefinition?.taskDefinitionArn ?? '';
    const awsvpcConfiguration = { subnets: [world.subnetId] };
    const launch = taskDefinition.includes('/far-')
      ? { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration } }
      : { launchType: 'EC2' };
    await world.createService(`s${n}`, { taskDefinition, desiredCount: rng.int(1, 6), ...launch });
  }
  await world.settle();
}
