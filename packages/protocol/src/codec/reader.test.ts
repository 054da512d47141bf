import fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../errors.ts';
import { SERVICES } from '../services.ts';
import type { ServiceName } from '../models.ts';
import { Readers } from './reader.ts';
import { Violation } from './violation.ts';

const read = (service: ServiceName, name: string, value: unknown): unknown => {
  const operation = SERVICES[service].operation(name);
  assert.ok(operation);
  return operation.readInput(value);
};

describe('what is read', () => {
  const day = Date.UTC(2026, 10, 22) / 1000;
  const cases: readonly (readonly [string, ServiceName, string, unknown, unknown])[] = [
    ['members', 'ecs', 'RunTask', { taskDefinition: 'web', count: 2 }, { taskDefinition: 'web', count: 2 }],
    ['unknown members are dropped', 'ecs', 'StopTask', { task: 't', x: 1, __type: 'y', toString: 2 }, { task: 't' }],
    ['null is absent', 'ecs', 'ListTasks', { cluster: null, family: 'f' }, { family: 'f' }],
    ['null items are dropped', 'ecs', 'DescribeTasks', { tasks: ['a', null] }, { tasks: ['a'] }],
    [
      'timestamps',
      'ecs',
      'SubmitTaskStateChange',
      { pullStartedAt: day + 0.123, containers: [{ exitCode: 0 }] },
      { pullStartedAt: new Date(day * 1000 + 123), containers: [{ exitCode: 0 }] },
    ],
    [
      'a whole number written as a fraction',
      'ecs',
      'RunTask',
      { taskDefinition: 'w', count: 2.0 },
      { taskDefinition: 'w', count: 2 },
    ],
    ['nothing', 'ecs', 'ListClusters', {}, {}],
    ['an operation without input', 'sts', 'GetCallerIdentity', {}, {}],
  ];
  for (const [name, service, operation, given, expected] of cases) {
    test(name, () => assert.deepEqual(read(service, operation, given), expected));
  }

  test('keys of maps are only keys', () => {
    const value: unknown = JSON.parse(
      '{"family":"f","containerDefinitions":[{"dockerLabels":{"__proto__":"a","constructor":"b"},"__proto__":{"image":"evil"}}]}',
    );
    const input = read('ecs', 'RegisterTaskDefinition', value) as {
      containerDefinitions: { dockerLabels: Record<string, string>; image?: string }[];
    };
    const [container] = input.containerDefinitions;
    assert.ok(container);
    assert.equal(container.image, undefined);
    assert.deepEqual(Object.entries(container.dockerLabels), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    assert.equal(Object.getPrototypeOf(container.dockerLabels), Object.prototype);
  });
});

describe('what is refused', () => {
  const secret = 'x'.repeat(400);
  const cases: readonly (readonly [ServiceName, string, unknown, string, string])[] = [
    [
      'ecs',
      'RunTask',
      'x',
      'SerializationException',
      'STRING_VALUE at the request body can not be converted to a Structure',
    ],
    [
      'ecs',
      'RunTask',
      [],
      'SerializationException',
      'START_ARRAY at the request body can not be converted to a Structure',
    ],
    [
      'ecs',
      'RunTask',
      null,
      'SerializationException',
      'NULL_VALUE at the request body can not be converted to a Structure',
    ],
    [
      'ecs',
      'RunTask',
      { cluster: 5 },
      'SerializationException',
      "NUMBER_VALUE at 'cluster' can not be converted to a String",
    ],
    [
      'ecs',
      'RunTask',
      { count: '5' },
      'SerializationException',
      "STRING_VALUE at 'count' can not be converted to an Integer",
    ],
    [
      'ecs',
      'RunTask',
      { count: 1.5 },
      'SerializationException',
      "NUMBER_VALUE at 'count' can not be converted to an Integer",
    ],
    [
      'ecs',
      'RunTask',
      { count: 2 ** 31 },
      'SerializationException',
      "NUMBER_VALUE at 'count' can not be converted to an Integer",
    ],
    [
      'ecs',
      'RunTask',
      { overrides: { containerOverrides: [{}, { environment: [{ name: true }] }] } },
      'SerializationException',
      "TRUE_VALUE at 'overrides.containerOverrides[1].environment[0].name' can not be converted to a String",
    ],
    [
      'ecs',
      'SubmitTaskStateChange',
      { pullStartedAt: 'x' },
      'SerializationException',
      "STRING_VALUE at 'pullStartedAt' can not be converted to a Timestamp",
    ],
    [
      'ecs',
      'SubmitTaskStateChange',
      { pullStartedAt: 1e300 },
      'SerializationException',
      "NUMBER_VALUE at 'pullStartedAt' can not be converted to a Timestamp",
    ],
    ['ecs', 'RunTask', {}, 'InvalidParameterException', 'TaskDefinition can not be blank.'],
    ['ecs', 'DescribeTasks', {}, 'InvalidParameterException', 'Tasks cannot be empty.'],
    ['ecs', 'StartTask', { taskDefinition: 'a' }, 'InvalidParameterException', 'Container Instances cannot be empty.'],
    [
      'ecs',
      'RegisterTaskDefinition',
      { containerDefinitions: [] },
      'ClientException',
      'family should not be null or empty.',
    ],
    [
      'ecs',
      'RunTask',
      { taskDefinition: 'a', launchType: 'MOON' },
      'InvalidParameterException',
      'launch type should be one of [EC2,EXTERNAL,FARGATE,MANAGED_INSTANCES]',
    ],
    [
      'ecs',
      'UpdateContainerInstancesState',
      { containerInstances: ['a'], status: 'GONE' },
      'InvalidParameterException',
      'Container instance status should be one of [ACTIVE, DRAINING]',
    ],
    [
      'ecs',
      'TagResource',
      { resourceArn: 'a', tags: [{ key: '' }] },
      'InvalidParameterException',
      'The length of tags[0].key must be between 1 and 128.',
    ],
    [
      'ecs',
      'TagResource',
      { resourceArn: 'a', tags: [{ key: 'a!' }] },
      'InvalidParameterException',
      "tags[0].key 'a!' is not valid: it must match ([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)",
    ],
    [
      'logs',
      'CreateLogGroup',
      {},
      'InvalidParameterException',
      "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'logs',
      'PutLogEvents',
      { logGroupName: 'g', logStreamName: 's', logEvents: [{ timestamp: 1, message: '' }] },
      'InvalidParameterException',
      "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'logs',
      'DescribeLogGroups',
      { limit: 51 },
      'InvalidParameterException',
      "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50",
    ],
    [
      'logs',
      'CreateLogGroup',
      { logGroupName: `${secret}*` },
      'InvalidParameterException',
      `1 validation error detected: Value '${secret.slice(0, 256)}…' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    ],
    [
      'secretsmanager',
      'PutSecretValue',
      { SecretId: 's', SecretString: 'x'.repeat(65_537) },
      'ValidationException',
      "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536",
    ],
    ['gantry', 'Why', {}, 'InvalidParameterException', 'Subject can not be blank.'],
  ];
  for (const [service, operation, given, code, message] of cases) {
    test(`${operation}: ${message.slice(0, 60)}`, () => {
      assert.throws(
        () => read(service, operation, given),
        (error: unknown) => {
          assert.ok(error instanceof ServiceError);
          assert.deepEqual([error.code, error.message, error.status], [code, message, 400]);
          return true;
        },
      );
    });
  }
});

test('a response from a newer peer is read: unknown enum values, missing members', () => {
  const operation = SERVICES.ecs.operation('DescribeTasks');
  assert.ok(operation);
  const answer = { tasks: [{ launchType: 'MOON', startedAt: 1.5, new: 1 }] };
  assert.deepEqual(operation.readOutput(answer), { tasks: [{ launchType: 'MOON', startedAt: new Date(1500) }] });
  assert.throws(() => operation.readOutput({ tasks: 'x' }), TypeError);
});

test('a recursive shape and a free document end', () => {
  const model = { shapes: { Node: { members: { next: 'Node', any: 'document' } } } };
  const reader = new Readers(model, 'strict').of('Node');
  const deep = (levels: number): unknown => {
    let value: unknown = {};
    for (let level = 0; level < levels; level++) value = { next: value };
    return value;
  };
  assert.deepEqual(reader(deep(20), 0), deep(20));
  assert.throws(() => reader(deep(10_000), 0), Violation);
  assert.throws(() => reader({ any: deep(10_000) }, 0), Violation);
  assert.deepEqual(reader({ any: [1, { a: null }] }, 0), { any: [1, { a: null }] });
});

const operations = Object.values(SERVICES).flatMap((service) =>
  service.operationNames().map((name) => service.operation(name)),
);

test('no JSON at all does more than be refused', () => {
  const law = fc.property(fc.constantFrom(...operations), fc.jsonValue(), (operation, value) => {
    try {
      operation?.readInput(value);
    } catch (error) {
      assert.ok(error instanceof ServiceError, String(error));
      assert.equal(error.status, 400);
      assert.notEqual(error.message, '');
    }
  });
  fc.assert(law, { numRuns: 3000 });
});

test('no JSON under modelled names does more than be refused', () => {
  const names = [
    ...new Set(Object.values(SERVICES.ecs.model.shapes).flatMap((s) => ('members' in s ? Object.keys(s.members) : []))),
  ];
  const key = fc.oneof(fc.constantFrom(...names), fc.constantFrom('__proto__', 'constructor', 'toString'));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }));
  const law = fc.property(fc.constantFrom(...operations), fc.dictionary(key, tree), (operation, value) => {
    try {
      const input = operation?.readInput(JSON.parse(JSON.stringify(value)));
      assert.equal(Object.getPrototypeOf(input), Object.prototype);
    } catch (error) {
      assert.ok(error instanceof ServiceError, String(error));
    }
    assert.equal(({} as Record<string, unknown>)['image'], undefined);
  });
  fc.assert(law, { numRuns: 2000 });
});
