import {
  epochMs,
  type Deployment,
  type DeploymentCircuitBreaker,
  type Service,
  type Task,
  type TaskContainer,
} from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aDeployment, aService, aTask, CLUSTER_KEY } from '../testing/builders.ts';
import { numbered } from '../testing/world.ts';
import { breakerThreshold } from './threshold.ts';
import { isBlockedByProtection } from './blocked.ts';
import { decideService } from './decide.ts';
import type { ServiceView } from './view.ts';

const NOW = epochMs(1_000_000);
const OLD = 'ecs-svc/0';
const serviceKey = `${CLUSTER_KEY}/web`;
const checked: TaskContainer = { ...(aTask().containers[0] as TaskContainer), hasHealthCheck: true };

/** Task number `n` of the primary deployment, RUNNING for ten minutes. */
function task(n: number, more: Partial<Task> = {}): Task {
  return aTask({
    id: numbered(n),
    serviceKey,
    deploymentId: 'ecs-svc/1',
    lastStatus: 'RUNNING',
    startedAt: epochMs(NOW - 600_000),
    instanceKey: `${CLUSTER_KEY}/i${n}`,
    availabilityZone: 'us-east-1a',
    ...more,
  });
}
const young = (n: number, more: Partial<Task> = {}) => task(n, { startedAt: epochMs(NOW - 1000), ...more });
const pending = (n: number, more: Partial<Task> = {}) =>
  task(n, { lastStatus: 'PENDING', startedAt: undefined, ...more });
const old = { deploymentId: OLD };
const sick = { containers: [checked], healthStatus: 'UNHEALTHY' } as const;
const failed = (n: number) =>
  pending(n, { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stopCode: 'TaskFailedToStart', stoppedAt: NOW });

function view(service: Partial<Service>, tasks: readonly Task[], more: Partial<ServiceView> = {}): ServiceView {
  return {
    now: NOW,
    service: aService(service),
    tasks,
    serviceDeployments: [],
    revision: undefined,
    draining: () => false,
    freeOn: () => ({ cpu: 0, memory: 0 }),
    healthyAfterRunningMs: 40_000,
    daemonHosts: [],
    ...more,
  };
}
const config = (
  minimumHealthyPercent: number,
  maximumPercent: number,
  breaker: DeploymentCircuitBreaker = { enable: false, rollback: false },
) => ({
  deploymentConfiguration: { minimumHealthyPercent, maximumPercent, deploymentCircuitBreaker: breaker },
});
const completed: Partial<Deployment> = { rolloutState: 'COMPLETED' };
const steady = { deployments: [aDeployment(completed)], steadySince: NOW };
const rolling = { deployments: [aDeployment(), aDeployment({ id: OLD, status: 'ACTIVE', ...completed })] };
const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

/** `start×2 scale-out`, `stop 3,4 scale-in`, `say …`: what is done, in few words. */
function told(given: ServiceView): string[] {
  const lines: string[] = [];
  const actions = decideService(given);
  const starts = actions.filter((action) => action.kind === 'start');
  const stops = actions.filter((action) => action.kind === 'stop');
  if (starts.length > 0) lines.push(`start×${starts.length} ${starts[0]?.because}`);
  for (const because of new Set(stops.map((stop) => stop.because))) {
    const ids = stops.filter((stop) => stop.because === because).map((stop) => Number(stop.task.id));
    lines.push(`stop ${ids.sort((a, b) => a - b).join()} ${because}`);
  }
  for (const action of actions) if (action.kind === 'say') lines.push(`say ${action.message}`);
  return lines;
}

describe('a service is kept at its desired count', () => {
  const cases: [string, ServiceView, string[]][] = [
    ['nothing to do', view(steady, [task(1), task(2)]), []],
    ['none yet', view({}, []), ['start×2 scale-out']],
    ['one short', view(steady, [task(1)]), ['start×1 scale-out']],
    [
      'one crashed',
      view(steady, [
        task(1),
        task(2, { lastStatus: 'DEPROVISIONING', desiredStatus: 'STOPPED', stopCode: 'EssentialContainerExited' }),
      ]),
      ['start×1 replace-stopped'],
    ],
    ['too many', view(steady, [task(1), task(2), task(3, { availabilityZone: 'us-east-1b' })]), ['stop 1 scale-in']],
    ['the one that does not run yet goes first', view(steady, [task(1), task(2), pending(3)]), ['stop 3 scale-in']],
    ['down to nothing', view({ ...steady, desiredCount: 0 }, [task(1), task(2)]), ['stop 1,2 scale-in']],
    [
      'held back until a moment from before the clock was set back',
      view({ deployments: [aDeployment({ notBefore: epochMs(NOW + 3_600_000), throttleLevel: 2 })] }, [task(1)]),
      ['start×1 scale-out'],
    ],
    ['held back by the throttle', view({ deployments: [aDeployment({ notBefore: epochMs(NOW + 5) })] }, [task(1)]), []],
    [
      'first steady state',
      view({}, [young(1), young(2)]),
      [
        'say (service web) (deployment ecs-svc/1) deployment completed.',
        'say (service web) has reached a steady state.',
      ],
    ],
    [
      'six hours later',
      view({ ...steady, steadySince: epochMs(NOW - 6 * 3_600_000) }, [task(1), task(2)]),
      ['say (service web) has reached a steady state.'],
    ],
    ['waits for health', view({}, [task(1, { containers: [checked] }), task(2)]), []],
    ['deleted', view({ status: 'DRAINING', desiredCount: 0 }, [task(1), pending(2)]), ['stop 1,2 service-deleted']],
  ];
  for (const [name, given, expected] of cases) it(name, () => assert.deepEqual(told(given), expected));
});

describe('a deployment that failed and has nothing to go back to', () => {
  const deployments = [
    aDeployment({ rolloutState: 'FAILED' }),
    aDeployment({ id: OLD, status: 'ACTIVE', ...completed }),
  ];
  const cases: [string, ServiceView, string[]][] = [
    ['starts nothing', view({ deployments }, [task(1, old)]), []],
    ['leaves the older tasks alone', view({ deployments }, [task(1, old), task(2, old)]), []],
    ['gives way to them', view({ deployments }, [task(1, old), task(2, old), task(3)]), ['stop 3 scale-in']],
    ['scales in all the same', view({ deployments, desiredCount: 0 }, [task(1, old), task(2)]), ['stop 1,2 scale-in']],
    [
      'scales in on instances that drain',
      view({ deployments, desiredCount: 1 }, [task(1), task(2)], { draining: (key) => key.endsWith('i2') }),
      ['stop 2 scale-in'],
    ],
    ['keeps the healthy', view({ deployments, desiredCount: 1 }, [task(1), task(2, sick)]), ['stop 2 scale-in']],
  ];
  for (const [name, given, expected] of cases) it(name, () => assert.deepEqual(told(given), expected));
});

describe('a rolling update keeps within its bounds (5.3)', () => {
  const cases: [string, Partial<Service>, Task[], string[]][] = [
    ['4 @ 200 % may start 4', { desiredCount: 4 }, range(1, 4).map((n) => task(n, old)), ['start×4 new-deployment']],
    [
      '4 @ 50 % may stop 2 first',
      { desiredCount: 4, ...config(50, 100) },
      range(1, 4).map((n) => task(n, old)),
      ['stop 1,2 old-revision'],
    ],
    [
      '3 @ 125 % may start none, and says so',
      { desiredCount: 3, ...config(100, 125) },
      range(1, 3).map((n) => task(n, old)),
      [
        'say (service web) was unable to stop or start tasks during a deployment because of the service deployment ' +
          'configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      ],
    ],
    ['young new tasks do not count yet', {}, [task(1, old), task(2, old), young(3), young(4)], []],
    ['healthy new tasks free old ones', {}, [task(1, old), task(2, old), task(3), task(4)], ['stop 1,2 old-revision']],
    [
      'old tasks that do not run go at once',
      {},
      [pending(1, old), task(2, old), young(3)],
      ['start×1 new-deployment', 'stop 1 old-revision'],
    ],
    ['with minimum 0 all old ones go at once', config(0, 100), [task(1, old), task(2, old)], ['stop 1,2 old-revision']],
    [
      'done when the last old one is gone',
      {},
      [task(1), task(2), task(3, { ...old, lastStatus: 'STOPPED', desiredStatus: 'STOPPED', accounted: true })],
      [
        'say (service web) (deployment ecs-svc/1) deployment completed.',
        'say (service web) has reached a steady state.',
      ],
    ],
  ];
  for (const [name, service, tasks, expected] of cases)
    it(name, () => assert.deepEqual(told(view({ ...rolling, ...service }, tasks)), expected));
});

describe('scale-in protection (3.10)', () => {
  const until = (ms: number): Partial<Task> => ({ protectedUntil: epochMs(NOW + ms) });
  const kept = until(60_000);
  const failed = { deployments: [aDeployment({ rolloutState: 'FAILED' })] };
  const tooMany =
    'say service (web) was unable to reach steady state because task set (ecs-svc/1) was unable to scale in. ' +
    'Reason: The number of protected tasks are more than the desired count of tasks';
  const onDraining = { draining: (key: string) => key.endsWith('/i1') };
  const cases: [string, ServiceView, string[]][] = [
    ['scale-in takes another', view(steady, [task(1, kept), task(2), task(3)]), ['stop 2 scale-in']],
    ['scale-in takes none', view({ ...steady, desiredCount: 1 }, [task(1, kept), task(2, kept)]), [tooMany]],
    [
      'an older revision stays',
      view(rolling, [task(1, { ...old, ...kept }), task(2, old), task(3), task(4)]),
      ['stop 2 old-revision'],
    ],
    ['also one that does not run yet', view(rolling, [pending(1, { ...old, ...kept }), task(3), task(4)]), []],
    [
      'while new ones come',
      view(rolling, [task(1, { ...old, ...kept }), task(2, { ...old, ...kept })], {}),
      ['start×2 new-deployment'],
    ],
    ['not for ever', view(rolling, [task(1, { ...old, ...until(0) }), task(3), task(4)]), ['stop 1 old-revision']],
    [
      'not when unhealthy',
      view(steady, [task(1, { ...sick, ...kept }), task(2), task(3)]),
      ['stop 1 container-unhealthy'],
    ],
    [
      'not when of an older revision and unhealthy',
      view(rolling, [task(1, { ...sick, ...old, ...kept }), task(3), task(4)]),
      ['stop 1 container-unhealthy'],
    ],
    [
      'not on a draining instance',
      view(steady, [task(1, kept), task(2), task(3)], onDraining),
      ['stop 1 instance-draining'],
    ],
    [
      'not when the service goes',
      view({ status: 'DRAINING', desiredCount: 0 }, [task(1, kept)]),
      ['stop 1 service-deleted'],
    ],
    [
      'after a failed deployment, too',
      view({ ...failed, desiredCount: 1 }, [task(1, kept), task(2)]),
      ['stop 2 scale-in'],
    ],
    [
      'the last healthy one does not go in its place',
      view({ ...steady, desiredCount: 1 }, [young(1, kept), task(2)]),
      [],
    ],
  ];
  for (const [name, given, expected] of cases) it(name, () => assert.deepEqual(told(given), expected));

  it('is looked at again when it expires', () => {
    const wake = decideService(view(rolling, [task(1, { ...old, ...kept }), task(3), task(4)])).at(-1);
    assert.deepEqual(wake?.kind === 'wake-at' ? wake.at : undefined, NOW + 60_000);
  });

  it('blocks a deployment when it is all that is left to wait for', () => {
    const held = task(1, { ...old, ...kept });
    assert.equal(isBlockedByProtection(view(rolling, [held, task(3), task(4)])), true);
    assert.equal(isBlockedByProtection(view(rolling, [held, task(3), pending(4)])), false);
    assert.equal(isBlockedByProtection(view(rolling, [held, task(2, old), task(3), task(4)])), false);
    assert.equal(
      isBlockedByProtection(view({ ...rolling, ...config(50, 100) }, [held, task(2, { ...old, ...kept })])),
      true,
    );
    assert.equal(isBlockedByProtection(view(steady, [task(1, kept), task(2)])), false);
  });
});

describe('unhealthy tasks and draining instances', () => {
  const onDraining = { draining: (key: string) => key.endsWith('/i2') };
  const cases: [string, ServiceView, string[]][] = [
    ['the replacement comes first', view(steady, [task(1), task(2, sick)]), ['start×1 scale-out']],
    ['then the unhealthy one goes', view(steady, [task(1), task(2, sick), task(3)]), ['stop 2 container-unhealthy']],
    ['not before it is ready', view(steady, [task(1), task(2, sick), pending(3)]), []],
    [
      'without room one goes first',
      view({ ...steady, ...config(50, 100) }, [task(1), task(2, sick)]),
      ['stop 2 container-unhealthy'],
    ],
    ['not within its grace', view({ ...steady, healthCheckGracePeriodSeconds: 900 }, [task(1), task(2, sick)]), []],
    ['draining: replaced', view(steady, [task(1), task(2)], onDraining), ['start×1 new-deployment']],
    ['draining: then stopped', view(steady, [task(1), task(2), task(3)], onDraining), ['stop 2 instance-draining']],
    [
      'draining: what does not run goes at once',
      view(steady, [task(1), pending(2)], onDraining),
      ['start×1 new-deployment', 'stop 2 instance-draining'],
    ],
  ];
  for (const [name, given, expected] of cases)
    it(name, () =>
      assert.deepEqual(
        told(given).filter((line) => !line.includes('steady')),
        expected,
      ),
    );
});

describe('starts that fail', () => {
  const primaryAfter = (given: ServiceView): Deployment | undefined => {
    const update = decideService(given).find((action) => action.kind === 'update');
    return update?.service.deployments[0];
  };
  it('are counted once and throttled from the third in a row', () => {
    const after = primaryAfter(view({ desiredCount: 3 }, [failed(1), failed(2), failed(3)]));
    assert.deepEqual([after?.failedTasks, after?.throttleLevel, after?.notBefore], [3, 1, NOW + 10_000]);
    const again = decideService(view({ desiredCount: 3 }, [failed(1), failed(2), failed(3)]));
    assert.equal(again.filter((action) => action.kind === 'account').length, 3);
    assert.ok(again.some((action) => action.kind === 'say' && /unable to consistently start/.test(action.message)));
    assert.ok(!again.some((action) => action.kind === 'start'));
  });
  it('wait twice as long each time, at most 27 minutes', () => {
    const delays = range(0, 12).map((throttleLevel) => {
      const deployment = aDeployment({ failedTasks: 9, throttleLevel, lastFailureAt: epochMs(5) });
      return ((primaryAfter(view({ deployments: [deployment] }, [failed(1)]))?.notBefore ?? 0) - NOW) / 1000;
    });
    assert.deepEqual(delays, [10, 20, 40, 80, 160, 320, 640, 1280, 1620, 1620, 1620, 1620]);
  });
  it('are forgiven by one that runs', () => {
    const deployment = aDeployment({
      failedTasks: 9,
      throttleLevel: 4,
      lastFailureAt: epochMs(NOW - 5000),
      notBefore: epochMs(NOW + 9),
    });
    const after = primaryAfter(view({ deployments: [deployment] }, [young(1)]));
    assert.deepEqual([after?.failedTasks, after?.throttleLevel, after?.notBefore], [0, undefined, undefined]);
  });
  it('do not count when a person stopped them', () => {
    const stopped = { ...failed(1), stopCode: 'UserInitiated' as const };
    assert.equal(primaryAfter(view({}, [stopped]))?.failedTasks ?? 0, 0);
  });
  it('of a crash loop slow down gently', () => {
    const crashed = range(1, 3).map((n) =>
      young(n, {
        lastStatus: 'STOPPED',
        desiredStatus: 'STOPPED',
        stopCode: 'EssentialContainerExited',
        executionStoppedAt: NOW,
      }),
    );
    const after = primaryAfter(view({ desiredCount: 3 }, crashed));
    assert.deepEqual([after?.failedTasks, after?.shortRuns, after?.notBefore], [0, 3, NOW + 1000]);
    const killed = crashed.map((task) => ({
      ...task,
      containers: task.containers.map((c) => ({ ...c, exitCode: 137 })),
    }));
    const replaced = told(view({ desiredCount: 3 }, killed));
    assert.deepEqual(replaced, ['start×3 replace-stopped'], 'killed from outside: no fault of its own');
  });
});

describe('the circuit breaker', () => {
  it('has the threshold of 5.7', () => {
    const thresholds = (...given: Parameters<typeof breakerThreshold>[1][]) =>
      given.flatMap((threshold) => [1, 25, 400, 800].map((desired) => breakerThreshold(desired, threshold)));
    assert.deepEqual(thresholds(undefined), [3, 13, 200, 200]);
    assert.deepEqual(thresholds({ type: 'BOUNDED_PERCENT', value: 10 }), [3, 3, 40, 80]);
    assert.deepEqual(thresholds({ type: 'UNBOUNDED_PERCENT', value: 100 }), [1, 25, 400, 800]);
    assert.deepEqual(thresholds({ type: 'COUNT', value: 7 }), [7, 7, 7, 7]);
  });
  const breaking = (rollback: boolean, more: Partial<Service> = {}) =>
    view(
      {
        ...config(100, 200, { enable: true, rollback }),
        deployments: [aDeployment({ failedTasks: 2 }), aDeployment({ id: OLD, status: 'ACTIVE', ...completed })],
        ...more,
      },
      [task(1, old), task(2, old), failed(3)],
    );
  it('counts failures in a row, or all of them', () => {
    const breaker = { enable: true, rollback: false, thresholdConfiguration: { type: 'COUNT', value: 4 } } as const;
    const deployments = [aDeployment({ failedTasks: 1, failuresInAll: 3 })];
    const fails = (resetOnHealthyTask: boolean) =>
      told(view({ deployments, ...config(100, 200, { ...breaker, resetOnHealthyTask }) }, [task(1), failed(2)])).some(
        (line) => line.includes('deployment failed'),
      );
    assert.deepEqual([fails(true), fails(false)], [false, true]);
  });
  it('fails the deployment and starts nothing more', () => {
    assert.deepEqual(
      told(breaking(false)).filter((line) => !line.includes('consistently')),
      ['say (service web) (deployment ecs-svc/1) deployment failed: tasks failed to start.'],
    );
  });
  it('rolls back to the newest completed deployment, whose tasks stay', () => {
    const given = breaking(true, { lastCompletedDeployment: aDeployment({ id: OLD, ...completed }) });
    const update = decideService(given).find((action) => action.kind === 'update');
    assert.ok(told(given).includes('say (service web) rolling back to deployment ecs-svc/0.'));
    assert.ok(!told(given).some((line) => line.startsWith('stop') || line.startsWith('start')));
    assert.deepEqual(
      update?.service.deployments.map(({ id, status, rolloutState }) => `${id} ${status} ${rolloutState}`),
      ['ecs-svc/0 PRIMARY COMPLETED'],
    );
  });
  it('goes back to where the tasks of that deployment are registered, and to their network', () => {
    const awsvpcConfiguration = { subnets: ['s'], securityGroups: ['old'], assignPublicIp: 'DISABLED' } as const;
    const loadBalancers = [{ targetGroupArn: 'old', containerName: 'app', containerPort: 80 }];
    const target = aDeployment({ id: OLD, ...completed, awsvpcConfiguration, loadBalancers });
    const given = breaking(true, {
      lastCompletedDeployment: target,
      awsvpcConfiguration: { ...awsvpcConfiguration, securityGroups: ['new'] },
      loadBalancers: [{ targetGroupArn: 'new', containerName: 'app', containerPort: 80 }],
      platformVersion: 'LATEST',
    });
    const after = decideService(given).find((action) => action.kind === 'update')?.service;
    assert.deepEqual(
      [after?.loadBalancers, after?.awsvpcConfiguration, after?.platformVersion],
      [loadBalancers, awsvpcConfiguration, 'LATEST'],
    );
  });
});

it('shares tasks out over a capacity provider strategy', () => {
  const capacityProviderStrategy = [
    { capacityProvider: 'FARGATE', base: 1, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 4 },
  ];
  const given = view({ desiredCount: 6, deployments: [aDeployment({ capacityProviderStrategy })] }, []);
  const starts = decideService(given).flatMap((action) => (action.kind === 'start' ? [action] : []));
  const providers = starts.map((start) => start.capacityProviderName);
  assert.equal(providers.filter((name) => name === 'FARGATE').length, 2);
  assert.ok(starts.every((start) => start.launchType === 'FARGATE'));
});
