import { Rng } from '../seeded.ts';
import { ALWAYS_LAWS, SETTLED_LAWS } from './invariants.ts';
import { pickMove } from './moves.ts';
import { World } from './world.ts';

export interface SimulationResult {
  readonly seed: number;
  readonly steps: number;
  readonly tasks: number;
  /** Fake milliseconds that passed. */
  readonly elapsedMs: number;
}

/** Says what it takes to see it again. */
export class SimulationFailed extends Error {
  constructor(
    seed: number,
    steps: number,
    step: number,
    after: readonly string[],
    broken: readonly string[],
    cause?: unknown,
  ) {
    super(
      `seed ${seed}, step ${step}, after ${after.join(' → ')}:\n  ${broken.join('\n  ')}\nAgain: npm run sim -- --seed ${seed} --steps ${steps}`,
      { cause },
    );
  }
}

/** Plays `steps` rounds of a few moves each; after each round the world settles and every law is asked. */
export async function simulate(seed: number, steps: number): Promise<SimulationResult> {
  const rng = new Rng(seed);
  const world = await World.start(rng);
  const startedAt = world.clock.now();
  try {
    for (let step = 1; step <= steps; step += 1) {
      const round: string[] = [];
      try {
        for (let move = rng.int(1, 4); move > 0; move -= 1) {
          const next = pickMove(rng);
          round.push(next.name);
          await next.play(world, rng);
          await world.clock.turn(rng.pick([0, 50, 700, 5_000, 40_000]));
        }
        await world.settle();
        if (step === steps) await world.takeDown();
      } catch (error) {
        throw new SimulationFailed(
          seed,
          steps,
          step,
          round,
          [error instanceof Error ? error.message : String(error), ...world.problems],
          error,
        );
      }
      const broken = await brokenLaws(world);
      if (broken.length > 0) throw new SimulationFailed(seed, steps, step, round, broken);
    }
    return { seed, steps, tasks: world.tables.tasks.size, elapsedMs: world.clock.now() - startedAt };
  } finally {
    await world.stop();
  }
}

/** What breaks which law, and the history of what is named in it; nothing when all hold. */
export async function brokenLaws(world: World): Promise<readonly string[]> {
  const snapshot = await world.snapshot();
  const broken = [
    ...[...ALWAYS_LAWS, ...SETTLED_LAWS].flatMap((law) => law.broken(snapshot).map((text) => `${law.name}: ${text}`)),
    ...world.brokenOnTheWay.map((text) => `on the way: ${text}`),
    ...world.problems.map((text) => `problem: ${text}`),
  ];
  if (broken.length === 0) return [];
  const named = new Set(broken.join(' ').match(/[0-9a-f]{32}/g) ?? []);
  for (const task of world.tables.tasks.values()) {
    if (named.has(task.id))
      broken.push(`${task.id}:`, ...(await world.history(task.taskArn)).map((line) => `  ${line}`));
  }
  const laws = broken.join(' ');
  for (const service of world.tables.services.values()) {
    if (!laws.includes(`: ${service.serviceName} `)) continue;
    broken.push(`${service.serviceName}: ${service.status}, ${JSON.stringify(service.deployments)}`);
    broken.push(...(await world.history(service.serviceArn)).map((line) => `  ${line}`));
  }
  return broken.slice(0, 60);
}
