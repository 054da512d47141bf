import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { FakeApi } from '../api/fake.ts';
import type { Service } from '../api/port.ts';
import { FakeHost } from '../host/fake.ts';
import { deploy, type DeployOptions } from './deploy.ts';
import { progressOf, type Deployment } from './progress.ts';
import { parseImage, withImages } from './revision.ts';
import { rollback } from './rollback.ts';

const ARN = 'arn:aws:ecs:us-east-1:000000000000:';
const definition = {
  taskDefinitionArn: `${ARN}task-definition/shop:1`,
  family: 'shop',
  revision: 1,
  status: 'ACTIVE' as const,
  requiresAttributes: [{ name: 'x' }],
  compatibilities: ['EC2' as const],
  registeredBy: 'me',
  memory: '512',
  containerDefinitions: [
    { name: 'web', image: 'shop:1', essential: true, cpu: 10 },
    { name: 'side', image: 'side:1', essential: false },
  ],
};

describe('the next revision', () => {
  it('differs in the image alone', () => {
    const tags = [{ key: 'team', value: 'a' }];
    assert.deepEqual(withImages(definition, [parseImage('shop:2')], tags), {
      family: 'shop',
      memory: '512',
      tags,
      containerDefinitions: [
        { name: 'web', image: 'shop:2', essential: true, cpu: 10 },
        { name: 'side', image: 'side:1', essential: false },
      ],
    });
  });
  it('of several containers', () => {
    const images = ['side=registry:5000/side:2@sha256:abc', 'web=shop:3'].map(parseImage);
    assert.deepEqual(
      withImages(definition, images, []).containerDefinitions?.map(({ image }) => image),
      ['shop:3', 'registry:5000/side:2@sha256:abc'],
    );
  });
  it('says what it does not know', () => {
    assert.throws(() => withImages(definition, [parseImage('app=x')], []), /has no container app/);
    const two = {
      ...definition,
      containerDefinitions: definition.containerDefinitions.map((one) => ({ ...one, essential: true })),
    };
    assert.throws(() => withImages(two, [parseImage('x')], []), /several containers: web, side/);
    assert.throws(() => parseImage('a b'), /it is an image/);
  });
});

describe('where a deployment is', () => {
  const primary = { status: 'PRIMARY', runningCount: 1, desiredCount: 2, pendingCount: 1, failedTasks: 0 };
  const service: Service = { deployments: [primary, { status: 'ACTIVE', runningCount: 2, pendingCount: 0 }] };
  const cases: [Deployment, boolean, string, boolean | undefined][] = [
    [{ status: 'IN_PROGRESS' }, false, 'deploying, 1 of 2 new tasks run, 1 on their way, 2 old ones left', undefined],
    [
      { status: 'IN_PROGRESS', lifecycleStage: 'BAKE_TIME' },
      false,
      'deploying, 1 of 2 new tasks run, 1 on their way, 2 old ones left, waiting before the old tasks go',
      undefined,
    ],
    [{ status: 'SUCCESSFUL' }, false, 'deployed', true],
    [{ status: 'ROLLBACK_SUCCESSFUL' }, false, 'went back', false],
    [{ status: 'ROLLBACK_SUCCESSFUL' }, true, 'is back', true],
  ];
  for (const [deployment, isRollback, text, succeeded] of cases)
    it(`${deployment.status} ${deployment.lifecycleStage ?? ''}: ${text}`, () => {
      const progress = progressOf(deployment, service, isRollback);
      assert.equal(progress.text, text);
      assert.equal(progress.end?.succeeded, succeeded);
    });
  it('a pause says how it ends', () => {
    const lifecycleHookDetails = [{ hookId: 'h', status: 'AWAITING_ACTION' as const }];
    const { text } = progressOf(
      { status: 'IN_PROGRESS', serviceDeploymentArn: 'a', lifecycleHookDetails },
      undefined,
      false,
    );
    assert.match(text, /continue-service-deployment --service-deployment-arn a --hook-id h/);
  });
});

const CURRENT = `${ARN}service-deployment/default/shop/now`;
const service = {
  serviceName: 'shop',
  status: 'ACTIVE',
  clusterArn: `${ARN}cluster/default`,
  launchType: 'EC2',
  taskDefinition: definition.taskDefinitionArn,
  currentServiceDeployment: CURRENT,
  currentServiceRevisions: [{ arn: 'revision-now' }],
  deployments: [{ status: 'PRIMARY', runningCount: 2, desiredCount: 2, pendingCount: 0 }],
  events: [{ id: 'old', message: 'long ago' }],
};

/** Answers of an API with the service; its deployments go through `statuses`, the last one for good. */
function world(statuses: readonly string[], more: ConstructorParameters<typeof FakeApi>[0] = {}): FakeApi {
  let at = 0;
  return new FakeApi({
    DescribeServices: () => ({
      services: [{ ...service, events: [{ id: `e${at}`, message: `event ${at}` }, ...service.events] }],
    }),
    DescribeTaskDefinition: () => ({ taskDefinition: definition, tags: [] }),
    RegisterTaskDefinition: () => ({ taskDefinition: { taskDefinitionArn: `${ARN}task-definition/shop:2` } }),
    UpdateService: () => ({ service: { ...service, currentServiceDeployment: 'next' } }),
    DescribeServiceDeployments: () => {
      const status = statuses[Math.min(at, statuses.length - 1)];
      at += 1;
      return { serviceDeployments: [{ status, statusReason: 'because' }] };
    },
    Why: () => ({ text: 'it waits for room' }),
    ...more,
  });
}
const options: DeployOptions = {
  cluster: 'default',
  images: [],
  taskDefinition: undefined,
  first: [],
  wait: true,
  timeoutMs: 5000,
};

test('deploys an image, tells what happens once, and ends with the deployment', async () => {
  const [host, api] = [new FakeHost(), world(['PENDING', 'IN_PROGRESS', 'SUCCESSFUL'])];
  const code = await deploy(host, api, 'shop', { ...options, images: [parseImage('shop:2')] });
  assert.equal(code, 0);
  assert.deepEqual(api.inputs('UpdateService'), [
    { cluster: 'default', service: 'shop', taskDefinition: `${ARN}task-definition/shop:2`, forceNewDeployment: false },
  ]);
  const said = host.said.join('\n');
  assert.match(said, /shop: shop:1 -> shop:2/);
  assert.match(said, /shop: waiting to begin[^]*shop: deploying[^]*shop: deployed/);
  assert.ok(!said.includes('long ago'), 'what was before is no news');
});

test('without a change it deploys the same anew', async () => {
  const api = world(['SUCCESSFUL']);
  await deploy(new FakeHost(), api, 'shop', options);
  assert.equal(api.inputs('UpdateService')[0]?.['forceNewDeployment'], true);
  assert.equal(api.inputs('RegisterTaskDefinition').length, 0);
});

test('a deployment that went back is a failure with its reason; one that takes too long says what it waits for', async () => {
  await assert.rejects(
    deploy(new FakeHost(), world(['ROLLBACK_SUCCESSFUL']), 'shop', options),
    /shop was not deployed: because/,
  );
  const late = deploy(new FakeHost(), world(['IN_PROGRESS']), 'shop', options);
  await assert.rejects(late, (error: { message: string; details: string[] }) => {
    assert.match(error.message, /is not deployed after 5 s/);
    assert.deepEqual(error.details, ['it waits for room']);
    return true;
  });
});

const task = (exitCode: number) => ({
  taskArn: `${ARN}task/default/${'a'.repeat(32)}`,
  lastStatus: 'STOPPED',
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'web', exitCode }],
});

test('the first task runs before anything moves, and nothing moves when it fails', async () => {
  const first = ['migrate', 'up'];
  const more = (exitCode: number) => ({
    RunTask: () => ({ tasks: [task(exitCode)] }),
    DescribeTasks: () => ({ tasks: [task(exitCode)] }),
  });
  const good = world(['SUCCESSFUL'], more(0));
  await deploy(new FakeHost(), good, 'shop', { ...options, first });
  const order = good.calls
    .map(({ operation }) => operation)
    .filter((name) => name === 'RunTask' || name === 'UpdateService');
  assert.deepEqual(order, ['RunTask', 'UpdateService']);
  assert.deepEqual(good.inputs('RunTask')[0]?.['overrides'], { containerOverrides: [{ name: 'web', command: first }] });
  const bad = world(['SUCCESSFUL'], more(3));
  await assert.rejects(
    deploy(new FakeHost(), bad, 'shop', { ...options, first }),
    /nothing was deployed: the first task has not succeeded/,
  );
  assert.equal(bad.inputs('UpdateService').length, 0);
});

test('rollback takes back what is under way', async () => {
  const [host, api] = [
    new FakeHost(),
    world(['IN_PROGRESS', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_SUCCESSFUL'], { StopServiceDeployment: () => ({}) }),
  ];
  assert.equal(await rollback(host, api, 'shop', { ...options }), 0);
  assert.deepEqual(api.inputs('StopServiceDeployment'), [{ serviceDeploymentArn: CURRENT, stopType: 'ROLLBACK' }]);
  assert.match(host.said.join('\n'), /shop: going back[^]*shop: is back/);
});

test('rollback goes back to the revision before', async () => {
  const list = {
    serviceDeployments: ['revision-now', 'revision-same', 'revision-old'].map((targetServiceRevisionArn) => ({
      targetServiceRevisionArn,
    })),
  };
  const api = world(['SUCCESSFUL'], {
    ListServiceDeployments: () => list,
    DescribeServiceRevisions: ({
      serviceRevisionArns: [arn] = [],
    }: Record<string, unknown> & { serviceRevisionArns?: string[] }) => ({
      serviceRevisions: [
        {
          taskDefinition: `${ARN}task-definition/shop:${arn === 'revision-old' ? 9 : 1}`,
          loadBalancers: [{ containerName: 'web' }],
        },
      ],
    }),
  } as ConstructorParameters<typeof FakeApi>[0]);
  assert.equal(await rollback(new FakeHost(), api, 'shop', { ...options }), 0);
  const [update] = api.inputs('UpdateService');
  assert.equal(update?.['taskDefinition'], `${ARN}task-definition/shop:9`);
  assert.deepEqual(update?.['loadBalancers'], [{ containerName: 'web' }]);
  const nothing = world(['SUCCESSFUL'], { ListServiceDeployments: () => ({ serviceDeployments: [] }) });
  await assert.rejects(rollback(new FakeHost(), nothing, 'shop', { ...options }), /has run nothing else yet/);
});
