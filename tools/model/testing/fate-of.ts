import assert from 'node:assert/strict';
import { capabilities } from '@gantry/agent/session/attributes.ts';
import { containerSpec } from '@gantry/agent/supervisor/container-spec.ts';
import { newModel, planOf } from '@gantry/agent/supervisor/plan.ts';
import { TaskSecrets } from '@gantry/agent/secrets/service.ts';
import { makeVolumes } from '@gantry/agent/supervisor/task-resources.ts';
import { anApi, type ApiWorld } from '@gantry/control-plane/api/ecs/testing/world.ts';
import { requestOf } from '@gantry/control-plane/controllers/scheduler/request.ts';
import { SCOPE } from '@gantry/control-plane/controllers/testing/builders.ts';
import { TaskRoles } from '@gantry/control-plane/dispatch/credentials/task-roles.ts';
import { aRole } from '@gantry/control-plane/dispatch/testing/documents.ts';
import { fileSystemKey } from '@gantry/control-plane/filesystems/lifecycle.ts';
import { resolveFileSystem } from '@gantry/control-plane/filesystems/resolve.ts';
import { openIdentity } from '@gantry/control-plane/identity/index.ts';
import { renderTask } from '@gantry/control-plane/dispatch/render/task.ts';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { epochMs, iamKey, type Task, type TaskDefinition } from '@gantry/domain';
import type { PayloadTask } from '@gantry/protocol';
import type { Fixture } from './field-fixtures.ts';

/** An instance as this repository's own agent describes it. */
export const ATTRIBUTES = capabilities(
  {
    pool: 'ec2',
    instanceType: 'm7g.large',
    availabilityZone: 'us-east-1a',
    architecture: 'x64',
    hasTaskNetwork: true,
    hasMetadata: true,
    hasRouters: true,
    attributes: {},
  },
  {
    apiVersion: '1.47',
    serverVersion: '27.0.0',
    cpus: 4,
    memoryMiB: 8192,
    cgroupVersion: '2',
    cgroupDriver: 'systemd',
    runtimes: ['runc'],
    logDrivers: ['json-file', 'syslog', 'fluentd'],
    securityModules: ['apparmor', 'selinux'],
  },
);

const REGISTERED = {
  cpuUnits: 4096,
  memoryMiB: 8192,
  tcpPorts: [22],
  udpPorts: [],
  gpuIds: ['GPU-1', 'GPU-2', 'GPU-3'],
};

/** Everything a task becomes on its way to the engine, by name. */
export async function fateOf({ define, run }: Fixture): Promise<Readonly<Record<string, unknown>>> {
  const world = await anApi();
  await world.addInstance(1, { attributes: ATTRIBUTES, registered: REGISTERED });
  await world.ecs.RegisterTaskDefinition(define);
  const capacityProviders = ['FARGATE', 'FARGATE_SPOT'];
  if (run?.cluster !== undefined) await world.ecs.CreateCluster({ clusterName: run.cluster, capacityProviders });
  const input = { taskDefinition: define.family, ...run };
  const { tasks, failures } = await world.ecs.RunTask(input);
  assert.deepEqual(failures, []);
  await addRoles(world);
  const again = input.clientToken === undefined ? undefined : (await world.ecs.RunTask(input)).tasks;
  const { state, platform } = world;
  const documents = [...state.tables.tasks.values()];
  const definition = state.tables.taskDefinitions.get(documents[0]?.taskDefinitionKey ?? '');
  assert.ok(documents[0] !== undefined && definition !== undefined);
  const { subnets } = platform.config;
  const own = subnets.filter(({ subnetId }) => documents[0]?.awsvpcConfiguration?.subnets?.includes(subnetId) === true);
  const request = requestOf(documents[0], definition, own);
  await addFileSystem(world);
  const payload = renderTask({
    task: addressed(documents[0], definition),
    definition,
    subnets,
    logMode: 'non-blocking',
    fileSystemOf: (wish) =>
      resolveFileSystem(state.tables, SCOPE, wish, { folders: platform.folders, exports: EXPORTS }),
  });
  return {
    definition,
    task: documents[0],
    providers: documents.map((task) => task.capacityProviderName ?? '').sort((a, b) => a.localeCompare(b)),
    count: tasks?.length,
    again: again?.[0]?.taskArn === tasks?.[0]?.taskArn,
    request,
    requires: Object.fromEntries(request.requires.map(({ name, value }) => [name, value ?? ''])),
    payload,
    roles: new TaskRoles(platform, openIdentity(platform).sessions).ofPayload(documents[0]),
    ...(await onTheInstance(payload)),
  };
}

/** Roles for tasks. */
async function addRoles({ state }: Pick<ApiWorld, 'state'>): Promise<void> {
  await state.transact((tx) => {
    for (const name of ['some', 'other'])
      tx.put(tx.tables.iamRoles, iamKey(SCOPE.account, name), aRole(name, undefined, SCOPE));
  });
}

const EXPORTS = { 'fs-1': { server: 'nas', path: '/export' } };

/** File system `fs-1` and its access point `fsap-1`. */
async function addFileSystem({ state }: Pick<ApiWorld, 'state'>): Promise<void> {
  const at = { scope: SCOPE, fileSystemId: 'fs-1', createdAt: epochMs(0), tags: [] };
  await state.transact((tx) => {
    tx.put(tx.tables.fileSystems, fileSystemKey(SCOPE, 'fs-1'), {
      ...at,
      creationToken: 'fs-1',
      lifeCycleState: 'available',
      backing: 'nfs',
      performanceMode: 'generalPurpose',
      throughputMode: 'bursting',
      encrypted: false,
    });
    const point = { ...at, accessPointId: 'fsap-1', clientToken: 'a', path: '/point' };
    tx.put(tx.tables.accessPoints, fileSystemKey(SCOPE, 'fsap-1'), point);
  });
}

/** What the agent makes of a payload: its plan and the engine's create calls, of containers and of volumes. */
export async function onTheInstance(
  payload: PayloadTask,
  { hasVolumes = false } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const plan = planOf(payload, { stopTimeoutS: 30 });
  const model = { ...newModel(plan, 0, 'RUNNING'), pauseContainerId: 'pause' };
  const options = { owner: 'agent', logFileMiB: 10, logFiles: 2 };
  const volumes: unknown[] = [];
  const engine = {
    inspectVolume: async () => hasVolumes,
    createVolume: async (name: string, made: object) => void volumes.push({ name, ...made }),
  };
  await makeVolumes({ engine: engine as never }, payload, 'agent');
  const secrets = await secretsOf(payload);
  return {
    plan: Object.fromEntries(plan.containers.map((container) => [container.name, container])),
    firelens: plan.firelens,
    create: Object.fromEntries(
      payload.containers.map((container) => {
        const added = { secrets: secrets.of(payload.arn, container.name) };
        return [container.name, containerSpec(payload, container, model, options, added)];
      }),
    ),
    login: Object.fromEntries(payload.containers.map(({ name }) => [name, secrets.of(payload.arn, name).login])),
    volumes,
  };
}

/** Every parameter and secret there may be, each of its own value. */
async function secretsOf(payload: PayloadTask): Promise<TaskSecrets> {
  const secrets = new TaskSecrets({
    clock: new FakeClock(),
    credentials: () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 's' }),
    store: {
      parameters: (names) =>
        Promise.resolve({ values: new Map(names.map((name) => [name, `value of ${name}`])), invalid: [] }),
      // Whose text is both a value and a login.
      secret: ({ secretId }) => Promise.resolve(JSON.stringify({ username: secretId, password: 'p' })),
      object: ({ bucket, key }) => Promise.resolve(`FROM=${bucket}/${key}\n`),
    },
  });
  await secrets.fetch(payload, new AbortController().signal);
  return secrets;
}

/** An awsvpc task has its address by the time it is sent. */
export function addressed(task: Task, definition: TaskDefinition): Task {
  if (definition.networkMode !== 'awsvpc') return task;
  const networkInterface = {
    attachmentId: 'a',
    networkInterfaceId: 'eni-1',
    subnetId: 'subnet-a',
    privateIPv4Address: '10.0.0.9',
    macAddress: '0a:00:00:00:00:09',
    privateDnsName: 'ip-10-0-0-9.ec2.internal',
    status: 'ATTACHING' as const,
  };
  return { ...task, networkInterface };
}
