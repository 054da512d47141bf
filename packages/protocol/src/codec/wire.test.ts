import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../errors.ts';
import { SERVICES, notServed, serviceBySigningName, serviceByTarget } from '../services.ts';
import type { Operation, Service } from '../services.ts';
import { parseCall, writeError, writeResponse } from './protocol.ts';
import type { WireRequest } from './wire.ts';
import { Writers } from './writer.ts';
import { xmlText } from './xml.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const post = (body: string | Uint8Array, headers: WireRequest['headers'] = {}): WireRequest => ({
  method: 'POST',
  path: '/',
  query: '',
  headers,
  body: Buffer.from(body),
});
const target = (operation: string): WireRequest['headers'] => ({
  'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
});
const refusal = (run: () => unknown): ServiceError => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return error;
  }
  throw new Error('it was not refused');
};
const operationOf = (service: Service, name: string): Operation => {
  const operation = service.operation(name);
  assert.ok(operation);
  return operation;
};

test('services are found by target and by signing name, and nothing else is', () => {
  for (const service of Object.values(SERVICES)) {
    assert.equal(serviceBySigningName(service.model.signingName), service);
    if (service.model.targetPrefix !== undefined) {
      assert.equal(serviceByTarget(service.model.targetPrefix), service);
      assert.equal(serviceByTarget(`${service.model.targetPrefix}.Any`), service);
    }
  }
  for (const name of ['', 'constructor', '__proto__', 'sqs']) {
    assert.equal(serviceBySigningName(name), undefined);
    assert.equal(serviceByTarget(name), undefined);
    assert.equal(SERVICES.ecs.operation(name), undefined);
    assert.equal(SERVICES.ecs.errorShape(name), undefined);
  }
});

test('every shape of every model compiles', () => {
  let operations = 0;
  for (const service of Object.values(SERVICES)) {
    for (const name of service.operationNames()) {
      const operation = operationOf(service, name);
      for (const shape of [operation.input, operation.output]) {
        if (shape === undefined) continue;
        service.strict.of(shape);
        service.lenient.of(shape);
        service.writers.of(shape);
      }
      for (const error of operation.errors) assert.ok(service.errorShape(error), `${name}: ${error}`);
      operations += 1;
    }
  }
  assert.ok(SERVICES.ecs.operationNames().length >= 88, 'ECS operations are missing from the model');
  assert.ok(operations > 100);
});

test('an operation without a handler says so in an error it may answer', () => {
  for (const [service, name, code] of [
    [SERVICES.ecs, 'CreateTaskSet', 'UnsupportedFeatureException'],
    [SERVICES.ecs, 'ListTasks', 'ClientException'],
    [SERVICES.sts, 'AssumeRole', 'UnknownOperationException'],
  ] as const) {
    const error = notServed(operationOf(service, name));
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(`^${name} is not served`));
  }
});

describe('JSON 1.1', () => {
  test('a request is read', () => {
    const call = parseCall(SERVICES.ecs, post('{"tasks":["a"]}', target('DescribeTasks')));
    assert.equal(call.operation.name, 'DescribeTasks');
    assert.deepEqual(call.input(), { tasks: ['a'] });
    assert.deepEqual(parseCall(SERVICES.ecs, post('', target('ListClusters'))).input(), {});
  });

  test('a body that is no JSON is refused', () => {
    const bodies = ['{', 'undefined', '{"a":1}x', '[', '['.repeat(100_000), Uint8Array.of(0x22, 0xff, 0x22)];
    for (const body of bodies) {
      const error = refusal(() => parseCall(SERVICES.ecs, post(body, target('ListClusters'))).input());
      assert.equal(error.code, 'SerializationException');
    }
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const error = refusal(() => parseCall(SERVICES.ecs, post(nested, target('ListClusters'))).input());
    assert.equal(error.code, 'SerializationException');
    assert.deepEqual(parseCall(SERVICES.ecs, post(`{"x":${nested}}`, target('ListClusters'))).input(), {});
  });

  test('an operation that is not there is refused by name', () => {
    for (const name of ['Nope', 'constructor', '']) {
      assert.equal(refusal(() => parseCall(SERVICES.ecs, post('{}', target(name)))).code, 'UnknownOperationException');
    }
    assert.match(refusal(() => parseCall(SERVICES.ecs, post('{}', target('Nope')))).message, /\.Nope is not known/);
    assert.match(refusal(() => parseCall(SERVICES.ecs, post('{}'))).message, /X-Amz-Target is missing/);
  });

  test('an answer is written: dates as seconds, nothing the model does not have', () => {
    const output = {
      tasks: [{ taskArn: 'a', startedAt: new Date(1500), cpu: undefined, secret: 1, tags: [{ key: 'k', x: 1 }] }],
      failures: [],
    };
    const response = writeResponse(operationOf(SERVICES.ecs, 'DescribeTasks'), output, ID);
    assert.deepEqual(JSON.parse(response.body), {
      tasks: [{ taskArn: 'a', startedAt: 1.5, tags: [{ key: 'k' }] }],
      failures: [],
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers['x-amzn-requestid'], ID);
    assert.equal(writeResponse(operationOf(SERVICES.logs, 'CreateLogGroup'), {}, ID).body, '');
    assert.equal(writeResponse(operationOf(SERVICES.ecs, 'CreateCluster'), undefined, ID).body, '{}');
  });

  test('a date that is none is our fault, not the client’s', () => {
    const writers = new Writers({
      shapes: { A: { members: { at: 'timestamp', list: '[B]', map: '{string:B}' } }, B: { members: { b: 'blob' } } },
    });
    assert.throws(() => writers.of('A')({ at: 5 }), TypeError);
    const bytes = { b: Uint8Array.of(1, 2, 3) };
    assert.deepEqual(writers.of('A')({ list: [bytes], map: { k: bytes, no: undefined } }), {
      list: [{ b: 'AQID' }],
      map: { k: { b: 'AQID' } },
    });
  });

  test('errors carry their modelled members and nothing else', () => {
    const conflict = new ServiceError('ConflictException', 'used', { members: { resourceIds: ['a'], other: 1 } });
    const response = writeError(SERVICES.ecs, conflict, ID);
    assert.deepEqual(JSON.parse(response.body), { __type: 'ConflictException', message: 'used', resourceIds: ['a'] });
    assert.equal(response.status, 400);
    assert.equal(writeError(SERVICES.ecs, new ServiceError('ServerException', 'x'), ID).status, 500);
    assert.equal(
      writeError(undefined, new ServiceError('X', 'x'), ID).headers['content-type'],
      'application/x-amz-json-1.1',
    );
  });
});

describe('Query', () => {
  test('a request is read from the form, its types by the model', () => {
    const form =
      'Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&RoleSessionName=me' +
      '&DurationSeconds=900&Tags.member.2.Key=b&Tags.member.2.Value=2&Tags.member.1.Key=a&Tags.member.1.Value=1';
    const call = parseCall(SERVICES.sts, post(form));
    assert.deepEqual(call.input(), {
      RoleArn: 'arn:aws:iam::123456789012:role/r',
      RoleSessionName: 'me',
      DurationSeconds: 900,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    const get = { ...post(''), method: 'GET', query: 'Action=GetCallerIdentity&Version=2011-06-15' };
    assert.equal(parseCall(SERVICES.sts, get).operation.name, 'GetCallerIdentity');
  });

  test('a bad form is refused', () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['', 'MissingAction', /missing an action/],
      ['Action=Nope', 'InvalidAction', /operation Nope for version 2011-06-15/],
      ['Action=AssumeRole&Version=2000-01-01', 'InvalidAction', /version 2000-01-01/],
      ['Action=AssumeRole', 'ValidationError', /Value null at 'roleArn' failed/],
      ['Action=GetSessionToken&DurationSeconds=x', 'SerializationException', /'DurationSeconds'/],
      ['Action=GetSessionToken&DurationSeconds=1', 'ValidationError', /greater than or equal to 900/],
      [`Action=GetSessionToken&${'a.'.repeat(50)}b=1`, 'MalformedQueryString', /nested too deeply/],
      [
        `Action=GetSessionToken&${Array.from({ length: 10_001 }, (_, i) => `a${i}=`).join('&')}`,
        'MalformedQueryString',
        /too many/,
      ],
    ];
    for (const [body, code, message] of cases) {
      const error = refusal(() => parseCall(SERVICES.sts, post(body)).input());
      assert.equal(error.code, code, body.slice(0, 60));
      assert.match(error.message, message);
    }
  });

  test('answers and errors are XML', () => {
    const output = { UserId: 'A<B', Account: '123456789012', Arn: 'arn:aws:iam::123456789012:root' };
    const response = writeResponse(operationOf(SERVICES.sts, 'GetCallerIdentity'), output, ID);
    assert.equal(
      response.body,
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<UserId>A&lt;B</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn>' +
        `</GetCallerIdentityResult><ResponseMetadata><RequestId>${ID}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    );
    const error = writeError(SERVICES.sts, new ServiceError('UnrecognizedClientException', 'a & b'), ID);
    assert.equal(error.status, 403);
    assert.match(error.body, /<Type>Sender<\/Type><Code>InvalidClientTokenId<\/Code><Message>a &amp; b<\/Message>/);
    const policy = writeError(SERVICES.sts, new ServiceError('MalformedPolicyDocumentException', 'x'), ID);
    assert.match(policy.body, /<Code>MalformedPolicyDocument<\/Code>/);
    const expired = writeError(SERVICES.sts, new ServiceError('ExpiredTokenException', 'x'), ID);
    assert.equal(expired.status, 403);
    assert.match(expired.body, /<Code>ExpiredToken<\/Code>/);
    assert.equal(xmlText('\u0000\ud800a\u{1f600}'), '\ufffd\ufffda\u{1f600}');
  });
});

describe('IAM in Query', () => {
  test('lists, dates and booleans are as IAM writes them, empty ones too', () => {
    const user = { Path: '/', UserName: 'a', UserId: 'AIDA', Arn: 'arn', CreateDate: new Date(1_795_000_000_000) };
    const listed = { Users: [user], IsTruncated: false };
    assert.match(
      writeResponse(operationOf(SERVICES.iam, 'ListUsers'), listed, ID).body,
      /<Users><member><Path>\/<\/Path>.*<CreateDate>2026-11-18T\d\d:\d\d:\d\dZ<\/CreateDate><\/member><\/Users><IsTruncated>false</,
    );
    const none = writeResponse(operationOf(SERVICES.iam, 'ListUsers'), { Users: [], IsTruncated: false }, ID);
    assert.match(none.body, /<ListUsersResult><Users><\/Users><IsTruncated>false<\/IsTruncated><\/ListUsersResult>/);
    const nothing = writeResponse(operationOf(SERVICES.iam, 'DeleteUser'), undefined, ID);
    assert.equal(
      nothing.body,
      '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' +
        `<ResponseMetadata><RequestId>${ID}</RequestId></ResponseMetadata></DeleteUserResponse>`,
    );
  });

  test('inputs are trees, and an empty list is a list', () => {
    const input = (form: string): unknown => parseCall(SERVICES.iam, post(form)).input();
    assert.deepEqual(
      input(
        'Action=CreateUser&UserName=a&Tags.member.2.Key=b&Tags.member.2.Value=&Tags.member.1.Key=a&Tags.member.1.Value=1',
      ),
      {
        UserName: 'a',
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '' },
        ],
      },
    );
    assert.deepEqual(input('Action=UntagUser&UserName=a&TagKeys='), { UserName: 'a', TagKeys: [] });
    assert.deepEqual(input('Action=ListPolicies&OnlyAttached=true&MaxItems=3'), { OnlyAttached: true, MaxItems: 3 });
  });

  test('what is wrong with a name or a path is said in words of its own', () => {
    for (const [form, text] of [
      [
        'Action=CreateUser&UserName=a+b',
        'The specified value for userName is invalid. It must contain only alphanumeric',
      ],
      ['Action=CreateUser&UserName=a&Path=x', 'The specified value for path is invalid. It must begin and end with /'],
      ['Action=CreateUser', "1 validation error detected: Value null at 'userName' failed to satisfy constraint"],
    ] as const) {
      const error = refusal(() => parseCall(SERVICES.iam, post(form)).input());
      assert.equal(error.code, 'ValidationError');
      assert.ok(error.message.startsWith(text), error.message);
    }
    const conflict = writeError(SERVICES.iam, new ServiceError('DeleteConflictException', 'x'), ID);
    assert.deepEqual([conflict.status, /<Code>DeleteConflict</.test(conflict.body)], [409, true]);
    const missing = writeError(SERVICES.iam, new ServiceError('NoSuchEntityException', 'x'), ID);
    assert.deepEqual([missing.status, /<Code>NoSuchEntity</.test(missing.body)], [404, true]);
  });
});

describe('REST JSON', () => {
  const rest = (method: string, path: string, body = '') => ({ ...post(body), method, path, query: '' });
  const call = (...given: Parameters<typeof rest>) => parseCall(SERVICES.scheduler, rest(...given));

  test('a path and a method lead to an operation, and nothing else does', () => {
    assert.equal(call('GET', '/schedules').operation.name, 'ListSchedules');
    assert.equal(call('GET', '/schedules/').operation.name, 'ListSchedules');
    assert.equal(call('GET', '/schedules/a').operation.name, 'GetSchedule');
    for (const [method, path] of [
      ['PATCH', '/schedules'],
      ['GET', '/'],
      ['GET', '/schedules/a/b'],
      ['GET', '/schedules/%'],
      ['GET', '/schedules/{Name}/x'],
      ['POST', '/constructor'],
    ] as const) {
      const error = refusal(() => call(method, path));
      assert.deepEqual([error.code, error.status], ['UnknownOperationException', 404], `${method} ${path}`);
    }
  });

  test('a label comes from the path alone', () => {
    const input = call('DELETE', '/schedules/from%2Dpath', '{"Name":"from-body","GroupName":"from-body"}').input();
    assert.deepEqual(input, { Name: 'from-path' });
    assert.deepEqual(call('GET', '/schedules/__proto__').input(), { Name: '__proto__' });
    for (const body of ['[]', '"x"', '{', 'null'])
      assert.equal(refusal(() => call('GET', '/schedules/a', body).input()).code, 'SerializationException', body);
  });

  test('an error has its status and its name in a header', () => {
    const error = new ServiceError('ConflictException', 'it is there');
    const { status, headers, body } = writeError(SERVICES.scheduler, error, 'id');
    assert.deepEqual(
      [status, headers['x-amzn-errortype'], body],
      [409, 'ConflictException', '{"message":"it is there"}'],
    );
    assert.equal(writeError(SERVICES.scheduler, new ServiceError('InvalidSignatureException', 'x'), 'id').status, 403);
  });
});
