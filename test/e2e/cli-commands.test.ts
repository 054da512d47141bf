import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CommandFailed, has, startWorld, type World } from './world.ts';

const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';
let world: World;

/** `aws ecs <operation>` with a JSON input, as SDK users write it. */
async function ecs<T = Record<string, unknown>>(operation: string, input: object = {}): Promise<T> {
  return world.aws<T>('ecs', kebab(operation), '--cli-input-json', JSON.stringify(input));
}

const kebab = (operation: string): string => operation.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
const idOf = (arn: string | undefined): string => arn?.split('/').at(-1) ?? assert.fail('no ARN');

const container = {
  name: 'main',
  image: 'gantry/hello',
  memory: 16,
  essential: true,
  entryPoint: ['/bin/sh', '-c'],
  command: ["trap 'exit 0' TERM; while :; do sleep 1; done"],
};
interface Task {
  readonly taskArn: string;
  readonly lastStatus: string;
}
interface Tasks {
  readonly tasks: readonly Task[];
  readonly failures: readonly { readonly reason: string }[];
}

async function refusedWith(code: string, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: CommandFailed) => error.stderr.includes(`(${code})`));
}

/** Protects the task of the service `shop`, and unprotects it. */
async function protection(): Promise<void> {
  const { taskArns } = await ecs<{ taskArns: string[] }>('ListTasks', { serviceName: 'shop' });
  const about = { cluster: 'default', tasks: taskArns };
  await ecs('UpdateTaskProtection', { ...about, protectionEnabled: true, expiresInMinutes: 5 });
  const shown = await ecs<{ protectedTasks: { protectionEnabled: boolean }[] }>('GetTaskProtection', about);
  assert.deepEqual(
    shown.protectedTasks.map((task) => task.protectionEnabled),
    [true],
  );
  await ecs('UpdateTaskProtection', { ...about, protectionEnabled: false });
}

interface Deployments {
  readonly serviceDeployments: readonly {
    readonly serviceDeploymentArn: string;
    readonly targetServiceRevisionArn: string;
    readonly status: string;
  }[];
}

/** The history of the service `shop`; starts a deployment and has it rolled back. */
async function deployments(): Promise<void> {
  const first = (await ecs<Deployments>('ListServiceDeployments', { service: 'shop' })).serviceDeployments[0];
  assert.equal(first?.status, 'SUCCESSFUL');
  const serviceRevisionArns = [first?.targetServiceRevisionArn];
  const { serviceRevisions } = await ecs<{ serviceRevisions: { containerImages: { image: string }[] }[] }>(
    'DescribeServiceRevisions',
    { serviceRevisionArns },
  );
  assert.equal(serviceRevisions[0]?.containerImages[0]?.image, 'gantry/hello');
  const { service } = await ecs<{ service: { currentServiceDeployment: string } }>('UpdateService', {
    service: 'shop',
    forceNewDeployment: true,
  });
  const serviceDeploymentArn = service.currentServiceDeployment;
  await ecs('StopServiceDeployment', { serviceDeploymentArn });
  await world.aws('ecs', 'wait', 'services-stable', '--services', 'shop');
  const over = await ecs<Deployments>('DescribeServiceDeployments', { serviceDeploymentArns: [serviceDeploymentArn] });
  assert.equal(over.serviceDeployments[0]?.status, 'ROLLBACK_SUCCESSFUL');
  await refusedWith('ConflictException', ecs('StopServiceDeployment', { serviceDeploymentArn }));
}

describe('the AWS CLI, command by command', { skip }, () => {
  before(async () => {
    world = await startWorld('--healthy-after', '1s');
  });
  after(async () => {
    await world?.down();
  });

  it('clusters', async () => {
    const made = await ecs<{ cluster: { clusterArn: string; status: string } }>('CreateCluster', {
      clusterName: 'c1',
      tags: [{ key: 'team', value: 'blue' }],
      settings: [{ name: 'containerInsights', value: 'disabled' }],
    });
    assert.deepEqual([idOf(made.cluster.clusterArn), made.cluster.status], ['c1', 'ACTIVE']);
    const [listed, described] = await Promise.all([
      ecs<{ clusterArns: string[] }>('ListClusters'),
      ecs<{ clusters: { tags: object[]; settings: object[] }[] }>('DescribeClusters', {
        clusters: ['c1'],
        include: ['TAGS', 'SETTINGS'],
      }),
    ]);
    assert.deepEqual(listed.clusterArns.map(idOf).toSorted(), ['c1', 'default']);
    assert.deepEqual(described.clusters[0]?.tags, [{ key: 'team', value: 'blue' }]);
    assert.deepEqual(described.clusters[0]?.settings, [{ name: 'containerInsights', value: 'disabled' }]);
    await ecs('UpdateCluster', { cluster: 'c1', configuration: { executeCommandConfiguration: { logging: 'NONE' } } });
    const settings = [{ name: 'containerInsights', value: 'enabled' }];
    const updated = await ecs<{ cluster: { settings: object[] } }>('UpdateClusterSettings', {
      cluster: 'c1',
      settings,
    });
    assert.deepEqual(updated.cluster.settings, settings);
  });

  it('capacity providers', async () => {
    const strategy = [{ capacityProvider: 'FARGATE', weight: 1, base: 0 }];
    const put = await ecs<{ cluster: { capacityProviders: string[]; defaultCapacityProviderStrategy: object[] } }>(
      'PutClusterCapacityProviders',
      {
        cluster: 'c1',
        capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        defaultCapacityProviderStrategy: strategy,
      },
    );
    assert.deepEqual(put.cluster.capacityProviders.toSorted(), ['FARGATE', 'FARGATE_SPOT']);
    assert.deepEqual(put.cluster.defaultCapacityProviderStrategy, strategy);
    const { capacityProviders } = await ecs<{ capacityProviders: { name: string; status: string }[] }>(
      'DescribeCapacityProviders',
      { capacityProviders: ['FARGATE'] },
    );
    assert.deepEqual([capacityProviders[0]?.name, capacityProviders[0]?.status], ['FARGATE', 'ACTIVE']);
  });

  it('task definitions', async () => {
    for (const revision of [1, 2]) {
      const { taskDefinition } = await ecs<{ taskDefinition: { revision: number; status: string } }>(
        'RegisterTaskDefinition',
        { family: 'web', containerDefinitions: [container] },
      );
      assert.deepEqual([taskDefinition.revision, taskDefinition.status], [revision, 'ACTIVE']);
    }
    const [described, listed, families] = await Promise.all([
      ecs<{ taskDefinition: { revision: number; containerDefinitions: { image: string }[] } }>(
        'DescribeTaskDefinition',
        { taskDefinition: 'web' },
      ),
      ecs<{ taskDefinitionArns: string[] }>('ListTaskDefinitions', { familyPrefix: 'web' }),
      ecs<{ families: string[] }>('ListTaskDefinitionFamilies'),
    ]);
    assert.equal(described.taskDefinition.revision, 2);
    assert.equal(described.taskDefinition.containerDefinitions[0]?.image, 'gantry/hello');
    assert.deepEqual(listed.taskDefinitionArns.map(idOf), ['web:1', 'web:2']);
    assert.deepEqual(families.families, ['web']);
    const gone = await ecs<{ taskDefinition: { status: string } }>('DeregisterTaskDefinition', {
      taskDefinition: 'web:1',
    });
    assert.equal(gone.taskDefinition.status, 'INACTIVE');
    const deleted = await ecs<{ taskDefinitions: { status: string }[] }>('DeleteTaskDefinitions', {
      taskDefinitions: ['web:1'],
    });
    assert.equal(deleted.taskDefinitions[0]?.status, 'DELETE_IN_PROGRESS');
  });

  it('instances and attributes', async () => {
    const { containerInstanceArns } = await ecs<{ containerInstanceArns: string[] }>('ListContainerInstances');
    const containerInstances = [idOf(containerInstanceArns[0])];
    const described = await ecs<{ containerInstances: { status: string; agentConnected: boolean }[] }>(
      'DescribeContainerInstances',
      { containerInstances },
    );
    const [instance] = described.containerInstances;
    assert.deepEqual([instance?.status, instance?.agentConnected], ['ACTIVE', true]);
    const target = { name: 'rack', targetType: 'container-instance', targetId: containerInstanceArns[0] };
    await ecs('PutAttributes', { attributes: [{ ...target, value: 'r1' }] });
    const found = await ecs<{ attributes: { value: string }[] }>('ListAttributes', {
      targetType: 'container-instance',
      attributeName: 'rack',
    });
    assert.deepEqual(
      found.attributes.map((a) => a.value),
      ['r1'],
    );
    await ecs('DeleteAttributes', { attributes: [target] });
    for (const status of ['DRAINING', 'ACTIVE']) {
      const moved = await ecs<{ containerInstances: { status: string }[] }>('UpdateContainerInstancesState', {
        containerInstances,
        status,
      });
      assert.equal(moved.containerInstances[0]?.status, status);
    }
    const [containerInstance] = containerInstances;
    await refusedWith('NoUpdateAvailableException', ecs('UpdateContainerAgent', { containerInstance }));
  });

  it('tasks', async () => {
    const ran = await ecs<Tasks>('RunTask', { taskDefinition: 'web', startedBy: 'cli' });
    const { containerInstanceArns } = await ecs<{ containerInstanceArns: string[] }>('ListContainerInstances');
    const started = await ecs<Tasks>('StartTask', {
      taskDefinition: 'web',
      containerInstances: containerInstanceArns,
      startedBy: 'cli',
    });
    assert.deepEqual([...ran.failures, ...started.failures], []);
    const arns = [...ran.tasks, ...started.tasks].map((task) => task.taskArn);
    assert.equal(arns.length, 2);
    const listed = await ecs<{ taskArns: string[] }>('ListTasks', { startedBy: 'cli' });
    assert.deepEqual(listed.taskArns.toSorted(), arns.toSorted());
    await world.aws('ecs', 'wait', 'tasks-running', '--tasks', ...arns);
    const { tasks } = await ecs<Tasks>('DescribeTasks', { tasks: arns });
    assert.deepEqual(
      tasks.map((task) => task.lastStatus),
      ['RUNNING', 'RUNNING'],
    );
    await Promise.all(arns.map((task) => ecs('StopTask', { task, reason: 'seen' })));
    await world.aws('ecs', 'wait', 'tasks-stopped', '--tasks', ...arns);
  });

  it('services', async () => {
    const made = await ecs<{ service: { serviceArn: string } }>('CreateService', {
      serviceName: 'shop',
      taskDefinition: 'web',
      desiredCount: 1,
    });
    await world.aws('ecs', 'wait', 'services-stable', '--services', 'shop');
    const [listed, described] = await Promise.all([
      ecs<{ serviceArns: string[] }>('ListServices'),
      ecs<{ services: { runningCount: number }[] }>('DescribeServices', { services: ['shop'] }),
    ]);
    assert.deepEqual(listed.serviceArns, [made.service.serviceArn]);
    assert.equal(described.services[0]?.runningCount, 1);
    await protection();
    await deployments();
    const updated = await ecs<{ service: { desiredCount: number } }>('UpdateService', {
      service: 'shop',
      desiredCount: 0,
    });
    assert.equal(updated.service.desiredCount, 0);
    const deleted = await ecs<{ service: { status: string } }>('DeleteService', { service: 'shop', force: true });
    assert.equal(deleted.service.status, 'DRAINING');
    await world.aws('ecs', 'wait', 'services-inactive', '--services', 'shop');
  });

  it('tags and settings', async () => {
    const { clusters } = await ecs<{ clusters: { clusterArn: string }[] }>('DescribeClusters', { clusters: ['c1'] });
    const resourceArn = clusters[0]?.clusterArn;
    await ecs('TagResource', { resourceArn, tags: [{ key: 'tier', value: '1' }] });
    await ecs('UntagResource', { resourceArn, tagKeys: ['team'] });
    const { tags } = await ecs<{ tags: object[] }>('ListTagsForResource', { resourceArn });
    assert.deepEqual(tags, [{ key: 'tier', value: '1' }]);
    const name = 'containerInsights';
    await ecs('PutAccountSettingDefault', { name, value: 'enabled' });
    await ecs('PutAccountSetting', { name, value: 'disabled' });
    const { settings } = await ecs<{ settings: { value: string }[] }>('ListAccountSettings', {
      name,
      effectiveSettings: true,
    });
    assert.deepEqual(
      settings.map((setting) => setting.value),
      ['disabled'],
    );
    await ecs('DeleteAccountSetting', { name });
  });

  it('what agents call', async () => {
    const amount = (name: string, integerValue: number): object => ({ name, type: 'INTEGER', integerValue });
    const { containerInstance } = await ecs<{ containerInstance: { containerInstanceArn: string } }>(
      'RegisterContainerInstance',
      {
        cluster: 'c1',
        totalResources: [amount('CPU', 1024), amount('MEMORY', 512)],
        versionInfo: { agentVersion: '1.90.0' },
      },
    );
    const arn = containerInstance.containerInstanceArn;
    const polled = await ecs<{ endpoint: string; telemetryEndpoint: string }>('DiscoverPollEndpoint', {
      containerInstance: arn,
      cluster: 'c1',
    });
    assert.deepEqual([polled.endpoint, polled.telemetryEndpoint], [`${world.endpoint}/acs/`, `${world.endpoint}/tcs/`]);
    // Nobody has connected for this instance: it takes no task.
    const { failures } = await ecs<Tasks>('StartTask', {
      cluster: 'c1',
      taskDefinition: 'web',
      containerInstances: [arn],
    });
    assert.deepEqual(
      failures.map((failure) => failure.reason),
      ['AGENT'],
    );
    const { tasks } = await ecs<Tasks>('RunTask', { taskDefinition: 'web' });
    const task = tasks[0]?.taskArn ?? '';
    await world.aws('ecs', 'wait', 'tasks-running', '--tasks', task);
    // The agent has said so already: once more changes nothing.
    await ecs('SubmitContainerStateChange', { task, containerName: 'main', status: 'RUNNING' });
    await ecs('SubmitTaskStateChange', { task, status: 'RUNNING' });
    const attachmentArn = task.replace(':task/', ':attachment/');
    await ecs('SubmitAttachmentStateChanges', { attachments: [{ attachmentArn, status: 'ATTACHED' }] });
    const running = await ecs<Tasks>('DescribeTasks', { tasks: [task] });
    assert.equal(running.tasks[0]?.lastStatus, 'RUNNING');
    const gone = await ecs<{ containerInstance: { status: string } }>('DeregisterContainerInstance', {
      cluster: 'c1',
      containerInstance: arn,
      force: true,
    });
    assert.equal(gone.containerInstance.status, 'INACTIVE');
    const deleted = await ecs<{ cluster: { status: string } }>('DeleteCluster', { cluster: 'c1' });
    assert.equal(deleted.cluster.status, 'INACTIVE');
  });

  it('what can bring nothing about yet says so, in an error of the operation’s own list', async () => {
    const input = JSON.stringify({ family: 'watch', containerDefinitions: [{ name: 'a', image: 'b' }] });
    await assert.rejects(
      world.aws('ecs', 'register-daemon-task-definition', '--cli-input-json', input),
      (error: CommandFailed) =>
        /\(ClientException\).*RegisterDaemonTaskDefinition needs Managed Instances, .* See docs\/operations\.md\./s.test(
          error.stderr,
        ),
    );
  });
});
