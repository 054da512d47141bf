import { CloudWatchLogsClient, CreateLogGroupCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ConflictException, DescribeTasksCommand, ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import {
  CreateScheduleCommand,
  DeleteScheduleGroupCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UntagResourceCommand,
} from '@aws-sdk/client-scheduler';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ServiceError } from '../errors.ts';
import { serviceBySigningName } from '../services.ts';
import { credentialScope } from '../sigv4/authorization.ts';
import { verify } from '../sigv4/verify.ts';
import { parseCall, writeError, writeResponse } from './protocol.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };

/** A front door of twenty lines: what it takes to speak with the SDK's own clients. */
async function serve(t: TestContext, handle: (operation: string, input: unknown) => unknown) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').split('?');
      const { method = '', headers } = request;
      const wire = { method, path, query, headers, body: Buffer.concat(chunks) };
      const service = serviceBySigningName(credentialScope(wire)?.service ?? '');
      let answer;
      try {
        assert.ok(service);
        verify(wire, (id) => (id === KEY.accessKeyId ? KEY : undefined), { now: Date.now() });
        const call = parseCall(service, wire);
        answer = writeResponse(call.operation, handle(call.operation.name, call.input()), 'the-id');
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        answer = writeError(service, error, 'the-id');
      }
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, region: 'us-east-1', credentials: KEY, maxAttempts: 1 };
}

test('the ECS client: dates, unknown keys, modelled errors', async (t) => {
  const at = new Date(1_795_000_000_123);
  const config = await serve(t, (operation, input) => {
    if (operation === 'DescribeTasks') return { tasks: [{ taskArn: 'a', startedAt: at, version: 3 }], failures: [] };
    assert.deepEqual(input, { taskDefinition: 'web', count: 2, tags: [{ key: 'k', value: 'v' }], clientToken: 't' });
    throw new ServiceError('ConflictException', 'used', { members: { resourceIds: ['a'] } });
  });
  const client = new ECSClient(config);
  const { tasks, $metadata } = await client.send(new DescribeTasksCommand({ tasks: ['a'] }));
  assert.deepEqual(tasks, [{ taskArn: 'a', startedAt: at, version: 3 }]);
  assert.equal($metadata.requestId, 'the-id');
  const input = { taskDefinition: 'web', count: 2, tags: [{ key: 'k', value: 'v' }], clientToken: 't' };
  await assert.rejects(client.send(new RunTaskCommand(input)), (error: unknown) => {
    assert.ok(error instanceof ConflictException);
    assert.deepEqual([error.message, error.resourceIds], ['used', ['a']]);
    return true;
  });
  const stranger = new ECSClient({ ...config, credentials: { ...KEY, accessKeyId: 'AKIAOTHER' } });
  await assert.rejects(stranger.send(new DescribeTasksCommand({ tasks: ['a'] })), {
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  });
});

test('the CloudWatch Logs client: empty answers', async (t) => {
  const config = await serve(t, (operation, input) => {
    if (operation === 'CreateLogGroup') return {};
    const { logEvents } = input as { logEvents: unknown };
    assert.deepEqual(logEvents, [{ timestamp: 5, message: 'é\n' }]);
    return { nextSequenceToken: 's' };
  });
  const client = new CloudWatchLogsClient(config);
  await client.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
  const events = { logGroupName: 'g', logStreamName: 's', logEvents: [{ timestamp: 5, message: 'é\n' }] };
  assert.equal((await client.send(new PutLogEventsCommand(events))).nextSequenceToken, 's');
});

test('the STS client: forms there, XML back', async (t) => {
  const at = new Date(1_795_000_000_000);
  const config = await serve(t, (operation, input) => {
    if (operation === 'GetCallerIdentity') return { Account: '123456789012', UserId: 'u', Arn: 'arn:<&>' };
    const { DurationSeconds, Tags } = input as { DurationSeconds: unknown; Tags: unknown };
    assert.deepEqual([DurationSeconds, Tags], [900, [{ Key: 'a b', Value: 'c+d=é' }]]);
    return { Credentials: { AccessKeyId: 'A', SecretAccessKey: 'B', SessionToken: 'C', Expiration: at } };
  });
  const client = new STSClient(config);
  assert.equal((await client.send(new GetCallerIdentityCommand({}))).Arn, 'arn:<&>');
  const role = { RoleArn: 'arn:aws:iam::123456789012:role/r', RoleSessionName: 'me', DurationSeconds: 900 };
  const Tags = [{ Key: 'a b', Value: 'c+d=é' }];
  const { Credentials } = await client.send(new AssumeRoleCommand({ ...role, Tags }));
  assert.deepEqual(Credentials?.Expiration, at);
  await assert.rejects(client.send(new AssumeRoleCommand({ ...role, DurationSeconds: 5 })), {
    name: 'ValidationError',
  });
});

test('the Scheduler client: paths, labels, query strings, statuses', async (t) => {
  const seen: unknown[] = [];
  const at = new Date(1_795_000_000_000);
  const config = await serve(t, (operation, input) => {
    seen.push([operation, input]);
    if (operation === 'CreateSchedule') return { ScheduleArn: 'arn:a' };
    if (operation === 'ListSchedules') return { Schedules: [{ Name: 'n', CreationDate: at }], NextToken: 'more' };
    if (operation === 'UntagResource') return {};
    throw new ServiceError('ResourceNotFoundException', 'no such group');
  });
  const client = new SchedulerClient(config);
  const schedule = {
    Name: 'a b.c',
    ScheduleExpression: 'rate(5 minutes)',
    StartDate: at,
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    Target: { Arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/c', RoleArn: 'arn:aws:iam::123456789012:role/r' },
    ClientToken: 't',
  };
  // A blank is in no name of the service's own pattern.
  await assert.rejects(client.send(new CreateScheduleCommand(schedule)), /at 'name'/);
  const created = await client.send(new CreateScheduleCommand({ ...schedule, Name: 'a.b-c' }));
  assert.deepEqual([created.ScheduleArn, created.$metadata.requestId], ['arn:a', 'the-id']);
  const { Schedules, NextToken } = await client.send(new ListSchedulesCommand({ GroupName: 'g', MaxResults: 3 }));
  assert.deepEqual([Schedules?.[0]?.CreationDate, NextToken], [at, 'more']);
  const ResourceArn = 'arn:aws:scheduler:us-east-1:123456789012:schedule-group/g';
  await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['a&b', 'c d'] }));
  await assert.rejects(
    client.send(new DeleteScheduleGroupCommand({ Name: 'g' })),
    (error) => error instanceof ResourceNotFoundException && error.$metadata.httpStatusCode === 404,
  );
  const { ClientToken: _token, ...rest } = { ...schedule, Name: 'a.b-c' };
  assert.deepEqual(seen, [
    ['CreateSchedule', { ...rest, ClientToken: 't' }],
    ['ListSchedules', { GroupName: 'g', MaxResults: 3 }],
    ['UntagResource', { ResourceArn, TagKeys: ['a&b', 'c d'] }],
    ['DeleteScheduleGroup', { Name: 'g', ClientToken: (seen[3] as [string, { ClientToken: string }])[1].ClientToken }],
  ]);
});
