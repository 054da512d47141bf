import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { whyNoDocker } from '@gantry/agent/engine/docker-world.ts';
import type { Task } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { forget, PULLER, Registry, whyNoRegistry } from './registry.ts';
import { command, startWorld, until, type World } from './world.ts';

const skip = (await whyNoDocker('Services and registries')) || whyNoRegistry();

/** A tag that moves while a service runs what it named before (ecs-semantics 5.5). */
describe('a tag that moves', { skip }, () => {
  const two = 'gantry-test/moved:two';
  let world: World;
  let registry: Registry;
  let ecs: ReturnType<typeof ecsClient>;
  let image: string;
  let one: string;

  before(async () => {
    process.env['ECS_IMAGE_PULL_BEHAVIOR'] = 'default';
    world = await startWorld('--healthy-after', '1s');
    registry = await Registry.start();
    ecs = ecsClient(world);
    image = `${registry.host}/team/shop`;
    const container = (await command('docker', ['create', 'gantry/hello'])).trim();
    await command('docker', ['commit', '--change', 'LABEL version=two', container, two]);
    await command('docker', ['rm', container]);
    one = await registry.push('gantry/hello', 'team/shop:latest');
    const statement = (more: object): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] });
    const trust = statement({ Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' });
    await world.aws('iam', 'create-role', '--role-name', 'puller', '--assume-role-policy-document', trust);
    const reads = statement({ Action: 'secretsmanager:GetSecretValue', Resource: '*' });
    const policy = ['--role-name', 'puller', '--policy-name', 'p', '--policy-document', reads];
    await world.aws('iam', 'put-role-policy', ...policy);
    const login = ['--name', 'login', '--secret-string', JSON.stringify(PULLER)];
    const { ARN } = await world.aws<{ ARN: string }>('secretsmanager', 'create-secret', ...login);
    await ecs.call('RegisterTaskDefinition', {
      family: 'shop',
      executionRoleArn: 'arn:aws:iam::000000000000:role/puller',
      containerDefinitions: [
        { name: 'web', image, memory: 32, repositoryCredentials: { credentialsParameter: ARN } },
        { name: 'local', image: 'gantry/hello', memory: 32, environment: [{ name: 'PORT', value: '81' }] },
      ],
    });
  });
  after(async () => {
    delete process.env['ECS_IMAGE_PULL_BEHAVIOR'];
    await world?.down();
    await forget(image);
    await command('docker', ['rmi', two]).catch(() => undefined);
    await registry?.remove();
  });

  const running = (count: number): Promise<readonly Task[]> =>
    until(`${count} tasks run, and no other`, async () => {
      const { taskArns = [] } = await ecs.call('ListTasks', { serviceName: 'shop' });
      if (taskArns.length !== count) return undefined;
      const { tasks = [] } = await ecs.call('DescribeTasks', { tasks: taskArns });
      return tasks.every(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING')
        ? tasks
        : undefined;
    });
  const digests = (tasks: readonly Task[]) =>
    tasks.map((task) => task.containers?.find(({ name }) => name === 'web')?.imageDigest);
  const revision = async () => {
    const { services } = await ecs.call('DescribeServices', { services: ['shop'] });
    const { serviceDeployments } = await ecs.call('DescribeServiceDeployments', {
      serviceDeploymentArns: [services?.[0]?.currentServiceDeployment ?? ''],
    });
    const arn = serviceDeployments?.[0]?.targetServiceRevision?.arn ?? '';
    return (await ecs.call('DescribeServiceRevisions', { serviceRevisionArns: [arn] })).serviceRevisions?.[0];
  };

  it('is not followed by later tasks of a deployment, and is by the next deployment', async () => {
    await ecs.call('CreateService', { serviceName: 'shop', taskDefinition: 'shop', desiredCount: 1 });
    assert.deepEqual(digests(await running(1)), [one]);
    const learned = await until('the revision knows', async () => {
      const images = (await revision())?.containerImages ?? [];
      return images.some(({ imageDigest }) => imageDigest !== undefined) ? images : undefined;
    });
    assert.deepEqual(
      learned.map(({ containerName, imageDigest }) => [containerName, imageDigest]),
      [
        ['web', one],
        // Made on this engine: no registry knows it, and every task runs what the tag names here.
        ['local', undefined],
      ],
    );
    const moved = await registry.push(two, 'team/shop:latest');
    assert.notEqual(moved, one);
    await ecs.call('UpdateService', { service: 'shop', desiredCount: 2 });
    assert.deepEqual(digests(await running(2)), [one, one]);
    await ecs.call('UpdateService', { service: 'shop', desiredCount: 1, forceNewDeployment: true });
    const after = await until('the new one runs alone', async () => {
      const tasks = await running(1);
      return digests(tasks)[0] === moved ? tasks : undefined;
    });
    const ids = await command('docker', [
      'ps',
      '-q',
      '--filter',
      `label=com.amazonaws.ecs.task-arn=${after[0]?.taskArn}`,
    ]);
    const versions = await command('docker', [
      'inspect',
      '-f',
      '{{.Config.Labels.version}}',
      ...ids.trim().split('\n'),
    ]);
    assert.match(versions, /^two$/m, 'it is version two that runs, not only its name');
  });
});
