import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import type { EcsOperations } from '@gantry/protocol';
import { ServiceError } from '@gantry/protocol';
import { anApi, type ApiWorld } from '../../api/ecs/testing/world.ts';
import { aDefinition, anInstance, aTask, SCOPE } from '../../controllers/testing/builders.ts';
import { putTask } from '../../controllers/testing/world.ts';
import { demandsOf } from '../authorise.ts';

const ID = '7'.repeat(32);
const ACCOUNT = '123456789012/us-east-1';
let api: ApiWorld;

/** The same names and ids in two clusters: only the cluster tells them apart. */
before(async () => {
  api = await anApi();
  await api.ecs.CreateCluster({ clusterName: 'blue' });
  await api.run((tx) => {
    tx.put(tx.tables.taskDefinitions, `${ACCOUNT}/web:2`, {
      ...aDefinition(),
      revision: 2,
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:2',
    });
    tx.put(tx.tables.taskDefinitionFamilies, `${ACCOUNT}/web`, { scope: SCOPE, family: 'web', lastRevision: 2 });
    for (const cluster of ['default', 'blue']) {
      const containerInstanceArn = `arn:aws:ecs:us-east-1:123456789012:container-instance/${cluster}/${ID}`;
      tx.put(
        tx.tables.instances,
        `${ACCOUNT}/${cluster}/${ID}`,
        anInstance({ id: ID as never, cluster, containerInstanceArn }),
      );
      const taskArn = `arn:aws:ecs:us-east-1:123456789012:task/${cluster}/${ID}`;
      putTask(tx, aTask({ id: ID as never, cluster, taskArn, desiredStatus: 'STOPPED' }));
    }
  });
  for (const cluster of ['default', 'blue'])
    await api.ecs.CreateService({ cluster, serviceName: 'shop', taskDefinition: 'web:1', desiredCount: 0 });
});

const NAMES: Readonly<Record<string, readonly string[]>> = {
  cluster: ['blue', 'default'],
  service: ['shop', 'blue'],
  task: [ID],
  'container-instance': [ID],
  'task-definition': ['web:1', 'web', 'web:02', 'web:2'],
};

/** What somebody may write to mean one thing, or to be taken for another. */
function reference(type: string): fc.Arbitrary<string> {
  const name = fc.constantFrom(...(NAMES[type] ?? []));
  const odd = fc.constantFrom('', ' ', '/', '*', 'BLUE', 'blue/', '/blue', 'a/b', ':', '..', 'constructor', '\u0000');
  const arn = fc
    .record({
      partition: fc.constantFrom('aws', 'aws', 'aws-cn', 'AWS', ''),
      service: fc.constantFrom('ecs', 'ecs', 'ecs', 'iam'),
      region: fc.constantFrom('us-east-1', 'us-east-1', 'us-east-1', 'eu-west-1', ''),
      account: fc.constantFrom('123456789012', '123456789012', '123456789012', '999999999999', ''),
      kind: fc.constantFrom(type, type, type, 'cluster', 'task', 'service'),
      parent: fc.constantFrom('', '', 'blue/', 'default/', 'BLUE/', '/', 'blue//', 'blue/default/'),
      name: fc.oneof(name, name, name, odd),
    })
    .map((p) => `arn:${p.partition}:${p.service}:${p.region}:${p.account}:${p.kind}/${p.parent}${p.name}`);
  return fc.oneof(name, arn, arn, odd);
}

const cluster = fc.option(reference('cluster'), { nil: undefined });
const tasks = fc.record({ cluster, tasks: fc.array(reference('task'), { minLength: 1, maxLength: 3 }) });
const instances = fc.record({
  cluster,
  containerInstances: fc.array(reference('container-instance'), { minLength: 1, maxLength: 3 }),
});
const service = fc.record({ cluster, service: reference('service') });

type Operation = keyof EcsOperations & keyof ApiWorld['ecs'];
interface Case {
  readonly operation: Operation;
  /** The member of the answer that names what it was about. */
  readonly arn: string;
  readonly input: fc.Arbitrary<object>;
}

/** Operations that answer with the ARNs of what they were about, and harm nothing when they are called again. */
const CASES: readonly Case[] = [
  {
    operation: 'DescribeClusters',
    arn: 'clusterArn',
    input: fc.record({ clusters: fc.array(reference('cluster'), { maxLength: 3 }) }),
  },
  {
    operation: 'UpdateClusterSettings',
    arn: 'clusterArn',
    input: cluster.map((name) => ({ cluster: name, settings: [{ name: 'containerInsights', value: 'enabled' }] })),
  },
  { operation: 'ListContainerInstances', arn: '', input: fc.record({ cluster }) },
  { operation: 'DescribeTasks', arn: 'taskArn', input: tasks },
  { operation: 'StopTask', arn: 'taskArn', input: fc.record({ cluster, task: reference('task') }) },
  { operation: 'DescribeContainerInstances', arn: 'containerInstanceArn', input: instances },
  {
    operation: 'UpdateContainerInstancesState',
    arn: 'containerInstanceArn',
    input: instances.map((given) => ({ ...given, status: 'ACTIVE' })),
  },
  {
    operation: 'PutAttributes',
    arn: 'targetId',
    input: fc.record({ cluster, targetId: reference('container-instance') }).map((given) => ({
      cluster: given.cluster,
      attributes: [{ name: 'a', value: 'b', targetType: 'container-instance', targetId: given.targetId }],
    })),
  },
  {
    operation: 'DescribeServices',
    arn: 'serviceArn',
    input: fc.record({ cluster, services: fc.array(reference('service'), { minLength: 1, maxLength: 3 }) }),
  },
  { operation: 'UpdateService', arn: 'serviceArn', input: service },
  { operation: 'ListServiceDeployments', arn: 'serviceArn', input: service },
  {
    operation: 'RunTask',
    arn: 'taskDefinitionArn',
    input: fc.record({ taskDefinition: reference('task-definition') }).map((given) => ({ ...given, count: 1 })),
  },
];

/** The ARNs an answer is about; failures are about nothing. */
function arnsIn(answer: unknown, member: string): string[] {
  if (Array.isArray(answer)) return answer.flatMap((each) => arnsIn(each, member));
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([name, value]) => {
    if (name === 'failures') return [];
    return name === member ? [String(value)] : arnsIn(value, member);
  });
}

test('a handler touches nothing but what its caller was asked about, however it is spelled', async () => {
  const at = { scope: SCOPE, tables: api.state.tables, principalArn: 'arn:aws:iam::123456789012:user/ann' };
  const touched = new Map<string, number>();
  for (const { operation, input, arn: member } of CASES) {
    const call = async (given: object): Promise<void> => {
      const asked = demandsOf({ signingName: 'ecs', operation, input: given }, at).map(({ resource }) => resource);
      let answer: unknown;
      try {
        answer = await (api.ecs[operation] as (input: object) => Promise<unknown>)(given);
      } catch (error) {
        assert.ok(error instanceof ServiceError, String(error));
        return;
      }
      const found = operation === 'ListContainerInstances' ? clustersOf(answer) : arnsIn(answer, member);
      touched.set(operation, (touched.get(operation) ?? 0) + found.length);
      for (const arn of found)
        assert.ok(asked.includes(arn), `${operation} touched ${arn}, asked about ${asked.join()}`);
    };
    await fc.assert(fc.asyncProperty(input, call), { numRuns: 400 });
  }
  for (const { operation } of CASES) assert.ok((touched.get(operation) ?? 0) > 5, `${operation} hardly found anything`);
});

/** ListContainerInstances is about the cluster of what it lists. */
function clustersOf(answer: unknown): string[] {
  const { containerInstanceArns } = answer as { containerInstanceArns: string[] };
  return containerInstanceArns.map((arn) => arn.replace(/:container-instance\/([^/]+)\/.*$/, ':cluster/$1'));
}
