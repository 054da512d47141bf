import type { FakeImage } from '@gantry/agent/engine/fake-script.ts';
import type { EcsOperations } from '@gantry/protocol';
import type { Rng } from '../seeded.ts';

/** How the images of the simulated world behave. */
export const SIM_IMAGES: Readonly<Record<string, FakeImage>> = {
  'gantry/pause:1': {},
  steady: { output: [{ text: 'hello' }] },
  'one-shot': { exit: { code: 0, afterMs: 1_500 }, output: [{ text: 'done' }] },
  'short-lived': { exit: { code: 3, afterMs: 900_000 } },
  'slow-stop': { stopMs: 1_500 },
  deaf: { ignoresSigterm: true },
  healthy: { health: [{ afterMs: 3_000, health: 'healthy' }] },
  sickly: {
    health: [
      { afterMs: 3_000, health: 'healthy' },
      { afterMs: 1_200_000, health: 'unhealthy' },
    ],
  },
  'cannot-start': { startFails: 'exec: "/nothing": stat /nothing: no such file or directory: unknown' },
};

const USUAL = ['steady', 'steady', 'steady', 'short-lived', 'slow-stop', 'deaf', 'healthy', 'sickly'] as const;

type Definition = EcsOperations['RegisterTaskDefinition']['input'];

/** A task definition as users write them: one container or two, with ports, volumes, logs, health checks, restart policies. */
export function anyDefinition(rng: Rng, hopeless: boolean): Definition {
  const fargate = rng.chance(0.4);
  const image = hopeless ? 'cannot-start' : rng.pick(USUAL);
  const hasVolume = rng.chance(0.2);
  const isRouted = rng.chance(0.1);
  const main = {
    name: 'main',
    image,
    essential: true,
    memory: 64,
    stopTimeout: rng.pick([2, 10, 30]),
    ...(hasVolume ? { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] } : {}),
    ...(!fargate && rng.chance(0.15) ? { portMappings: [{ containerPort: 80, hostPort: 8080 }] } : {}),
    ...(image === 'healthy' || image === 'sickly' ? { healthCheck: { command: ['CMD', 'true'] } } : {}),
    ...(!fargate && rng.chance(0.1) ? { resourceRequirements: [{ type: 'GPU' as const, value: '1' }] } : {}),
    ...(rng.chance(0.15) ? { restartPolicy: { enabled: true, restartAttemptPeriod: 60 } } : {}),
    ...(isRouted ? { logConfiguration: ROUTED } : rng.chance(0.3) ? { logConfiguration: AWSLOGS } : {}),
  };
  const router = { name: 'router', image: 'steady', memory: 16, firelensConfiguration: { type: 'fluentbit' as const } };
  const init = { name: 'init', image: 'one-shot', essential: false, memory: 16 };
  const waits = { dependsOn: [{ containerName: 'init', condition: rng.pick(['COMPLETE', 'SUCCESS'] as const) }] };
  return {
    family: `${fargate ? 'far' : 'ec2'}-${rng.int(1, 3)}`,
    containerDefinitions: [
      ...(rng.chance(0.3) ? [init, { ...main, ...waits }] : [main]),
      ...(isRouted ? [router] : []),
    ],
    ...(hasVolume ? { volumes: [{ name: 'data' }] } : {}),
    ...(fargate
      ? { networkMode: 'awsvpc' as const, requiresCompatibilities: ['FARGATE' as const], cpu: '256', memory: '512' }
      : {}),
  } as Definition;
}

const ROUTED = { logDriver: 'awsfirelens' as const, options: { Name: 'null' } };
const AWSLOGS = {
  logDriver: 'awslogs' as const,
  options: {
    'awslogs-group': '/sim',
    'awslogs-region': 'us-east-1',
    'awslogs-stream-prefix': 's',
    'awslogs-create-group': 'true',
  },
};
