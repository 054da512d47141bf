import type { Rng } from '../seeded.ts';
import type { World } from './world.ts';

/** One thing that happens to the world: a user asks, something breaks, somebody comes back. */
export interface Move {
  readonly name: string;
  /** How often it is picked, beside the others. */
  readonly weight: number;
  play(world: World, rng: Rng): Promise<void>;
}

const IMAGES = ['steady', 'steady', 'steady', 'short-lived', 'slow-stop', 'deaf'] as const;

const registerRevision = async (world: World, rng: Rng, hopeless = false): Promise<string | undefined> => {
  const fargate = rng.chance(0.4);
  const family = `${fargate ? 'far' : 'ec2'}-${rng.int(1, 3)}`;
  const image = hopeless ? 'cannot-start' : rng.pick(IMAGES);
  const containers = rng.chance(0.3)
    ? [
        { name: 'init', image: 'one-shot', essential: false, memory: 16 },
        {
          name: 'main',
          image,
          essential: true,
          memory: 64,
          dependsOn: [{ containerName: 'init', condition: 'COMPLETE' as const }],
        },
      ]
    : [{ name: 'main', image, essential: true, memory: 64, stopTimeout: rng.pick([2, 10, 30]) }];
  const answer = await world.ask('RegisterTaskDefinition', {
    family,
    containerDefinitions: containers,
    ...(fargate
      ? { networkMode: 'awsvpc' as const, requiresCompatibilities: ['FARGATE' as const], cpu: '256', memory: '512' }
      : {}),
  });
  return answer?.taskDefinition?.taskDefinitionArn;
};

const launch = (world: World, taskDefinition: string): object =>
  /\/far-/.test(taskDefinition)
    ? { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: [world.subnetId] } } }
    : { launchType: 'EC2' };

const createService = async (world: World, rng: Rng, hopeless: boolean): Promise<void> => {
  const taskDefinition = await registerRevision(world, rng, hopeless);
  if (taskDefinition === undefined) return;
  const serviceName = `s${rng.int(1, 6)}`;
  await world.createService(serviceName, hopeless, {
    taskDefinition,
    desiredCount: rng.int(0, 5),
    deploymentConfiguration: { minimumHealthyPercent: rng.pick([0, 50, 100]), maximumPercent: rng.pick([150, 200]) },
    ...launch(world, taskDefinition),
  });
};

export const MOVES: readonly Move[] = [
  { name: 'create a service', weight: 5, play: (world, rng) => createService(world, rng, false) },
  { name: 'create a service that cannot start', weight: 1, play: (world, rng) => createService(world, rng, true) },
  {
    name: 'scale a service',
    weight: 5,
    play: async (world, rng) => {
      const service = world.anyService(rng);
      if (service !== undefined) await world.ask('UpdateService', { service, desiredCount: rng.int(0, 7) });
    },
  },
  {
    name: 'deploy a new revision',
    weight: 4,
    play: async (world, rng) => {
      const service = world.anyService(rng);
      const taskDefinition = await registerRevision(world, rng);
      if (service === undefined || taskDefinition === undefined) return;
      if (world.launchTypeOf(service) !== (/\/far-/.test(taskDefinition) ? 'FARGATE' : 'EC2')) return;
      const answer = await world.ask('UpdateService', { service, taskDefinition });
      if (answer !== undefined) world.nowHopeful(service);
    },
  },
  {
    name: 'deploy the same again',
    weight: 1,
    play: async (world, rng) => {
      const service = world.anyService(rng);
      if (service !== undefined) await world.ask('UpdateService', { service, forceNewDeployment: true });
    },
  },
  {
    name: 'delete a service',
    weight: 1,
    play: async (world, rng) => {
      const service = world.anyService(rng);
      if (service !== undefined) await world.ask('DeleteService', { service, force: true });
    },
  },
  {
    name: 'run tasks',
    weight: 3,
    play: async (world, rng) => {
      const taskDefinition = await registerRevision(world, rng);
      if (taskDefinition !== undefined)
        await world.runTasks({ taskDefinition, count: rng.int(1, 3), ...launch(world, taskDefinition) });
    },
  },
  {
    name: 'stop a task',
    weight: 3,
    play: async (world, rng) => {
      const task = world.anyTask(rng);
      if (task !== undefined) await world.ask('StopTask', { task });
    },
  },
  { name: 'a container dies', weight: 5, play: async (world, rng) => world.killContainer(rng) },
  { name: 'a container vanishes', weight: 1, play: async (world, rng) => world.killContainer(rng, 'vanish') },
  { name: 'an agent restarts', weight: 3, play: (world, rng) => world.restartAgent(rng) },
  { name: 'an agent is away for a while', weight: 2, play: (world, rng) => world.agentAway(rng) },
  { name: 'the control plane restarts', weight: 3, play: (world) => world.restartControlPlane() },
  { name: 'a connection breaks', weight: 3, play: async (world, rng) => world.cutConnections(rng) },
  { name: 'an engine restarts', weight: 1, play: async (world, rng) => world.restartEngine(rng) },
  { name: 'a machine dies and comes back empty', weight: 1, play: (world, rng) => world.machineDies(rng) },
  { name: 'an engine call fails', weight: 3, play: async (world, rng) => world.failEngineCall(rng) },
  { name: 'the weather turns', weight: 3, play: async (world, rng) => world.turnWeather(rng) },
  { name: 'an instance drains, or no longer', weight: 1, play: (world, rng) => world.toggleDraining(rng) },
];

export function pickMove(rng: Rng): Move {
  const total = MOVES.reduce((sum, move) => sum + move.weight, 0);
  let roll = rng.next() * total;
  for (const move of MOVES) {
    roll -= move.weight;
    if (roll < 0) return move;
  }
  return MOVES[0] as Move;
}
