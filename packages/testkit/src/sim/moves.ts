import type { Rng } from '../seeded.ts';
import { anyDefinition } from './definitions.ts';
import {
  agentAway,
  cutOff,
  engineAway,
  killContainer,
  machineDies,
  restartAgent,
  setClock,
  toggleDraining,
} from './troubles.ts';
import type { World } from './world.ts';

/** One thing that happens to the world: a user asks, something breaks, somebody comes back. */
export interface Move {
  readonly name: string;
  /** How often it is picked, beside the others. */
  readonly weight: number;
  play(world: World, rng: Rng): Promise<void>;
}

const registerRevision = async (world: World, rng: Rng, hopeless = false): Promise<string | undefined> => {
  const answer = await world.ask('RegisterTaskDefinition', anyDefinition(rng, hopeless));
  const arn = answer?.taskDefinition?.taskDefinitionArn;
  if (hopeless && arn !== undefined) world.noteHopeless(arn);
  return arn;
};

const launch = (world: World, taskDefinition: string): object =>
  /\/far-/.test(taskDefinition)
    ? { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: [world.subnetId] } } }
    : { launchType: 'EC2' };

const createService = async (world: World, rng: Rng, hopeless: boolean): Promise<void> => {
  const taskDefinition = await registerRevision(world, rng, hopeless);
  if (taskDefinition === undefined) return;
  const serviceName = `s${rng.int(1, 6)}`;
  await world.createService(serviceName, {
    taskDefinition,
    desiredCount: rng.int(0, 5),
    deploymentConfiguration: {
      minimumHealthyPercent: rng.pick([0, 50, 100]),
      maximumPercent: rng.pick([150, 200]),
      deploymentCircuitBreaker: { enable: rng.chance(0.4), rollback: rng.chance(0.7) },
    },
    ...launch(world, taskDefinition),
  });
};

const deploy = async (world: World, rng: Rng, hopeless: boolean): Promise<void> => {
  const service = world.anyService(rng);
  const taskDefinition = await registerRevision(world, rng, hopeless);
  if (service === undefined || taskDefinition === undefined) return;
  if (world.launchTypeOf(service) !== (/\/far-/.test(taskDefinition) ? 'FARGATE' : 'EC2')) return;
  await world.ask('UpdateService', { service, taskDefinition });
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
  { name: 'deploy a new revision', weight: 4, play: (world, rng) => deploy(world, rng, false) },
  { name: 'deploy a revision that cannot start', weight: 1, play: (world, rng) => deploy(world, rng, true) },
  {
    name: 'deploy the same again',
    weight: 1,
    play: async (world, rng) => {
      const service = world.anyService(rng);
      if (service !== undefined) await world.ask('UpdateService', { service, forceNewDeployment: true });
    },
  },
  {
    name: 'protect tasks from scale-in, or no longer',
    weight: 3,
    play: async (world, rng) => {
      const tasks = [world.anyTask(rng), world.anyTask(rng)].filter((task) => task !== undefined);
      if (tasks.length === 0) return;
      await world.ask('UpdateTaskProtection', {
        cluster: 'default',
        tasks,
        protectionEnabled: rng.chance(0.7),
        expiresInMinutes: rng.pick([1, 10, 60]),
      });
    },
  },
  {
    name: 'stop a deployment',
    weight: 2,
    play: async (world, rng) => {
      const deployments = [...world.tables.serviceDeployments.values()];
      if (deployments.length === 0) return;
      const { serviceDeploymentArn } = rng.pick(deployments);
      await world.ask('StopServiceDeployment', {
        serviceDeploymentArn,
        stopType: rng.chance(0.7) ? 'ROLLBACK' : 'ABORT',
      });
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
    name: 'run tasks, and agents die over it',
    weight: 2,
    play: async (world, rng) => {
      const taskDefinition = await registerRevision(world, rng);
      if (taskDefinition === undefined) return;
      await world.runTasks({ taskDefinition, count: rng.int(1, 4), ...launch(world, taskDefinition) });
      await world.clock.turn(rng.int(0, 80));
      for (const host of world.hosts) await world.clock.turnWhile(host.crashAgent(), 1);
      await world.clock.turn(rng.int(0, 5_000));
      for (const host of world.hosts) await host.startAgent();
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
  { name: 'a container dies', weight: 5, play: async (world, rng) => killContainer(world, rng) },
  { name: 'a container vanishes', weight: 1, play: async (world, rng) => killContainer(world, rng, 'vanish') },
  { name: 'an agent restarts', weight: 3, play: restartAgent },
  { name: 'an agent is away for a while', weight: 2, play: agentAway },
  { name: 'a machine is cut off for a while', weight: 2, play: cutOff },
  { name: 'the control plane restarts', weight: 3, play: (world) => world.restartControlPlane() },
  { name: 'a connection breaks', weight: 3, play: async (world, rng) => rng.pick(world.hosts).cutConnections() },
  {
    name: 'an engine restarts',
    weight: 1,
    play: async (world, rng) => rng.pick(world.hosts).restartEngine(rng.chance(0.5)),
  },
  { name: 'an engine is away for a while', weight: 1, play: engineAway },
  { name: 'an event stream breaks', weight: 1, play: async (world, rng) => rng.pick(world.hosts).breakEvents() },
  { name: 'a machine dies and comes back empty', weight: 1, play: machineDies },
  {
    name: 'engine calls fail',
    weight: 5,
    play: async (world, rng) => {
      for (const host of world.hosts) if (rng.chance(0.6)) host.failEngineCall(rng);
    },
  },
  {
    name: 'a namespace or cgroup fails',
    weight: 1,
    play: async (world, rng) => rng.pick(world.hosts).failTaskResource(rng),
  },
  { name: 'the weather turns', weight: 5, play: async (world, rng) => world.turnWeather(rng) },
  { name: 'a clock is set', weight: 2, play: setClock },
  { name: 'an instance drains, or no longer', weight: 1, play: toggleDraining },
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
