import { AuthorizeSecurityGroupIngressCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../errors.ts';
import { SERVICES } from '../services.ts';
import { parseCall, writeError, writeResponse } from './protocol.ts';
import type { WireRequest, WireResponse } from './wire.ts';

const { ec2 } = SERVICES;
const request = (body: string): WireRequest => ({
  method: 'POST',
  path: '/',
  query: '',
  headers: {},
  body: Buffer.from(body),
});

/** The SDK's own client with this in the place of the network. */
function clientOf(answer: (request: WireRequest) => WireResponse): EC2Client {
  const requestHandler = {
    handle: async ({ body }: { readonly body?: string }) => {
      const { status, headers, body: text } = answer(request(body ?? ''));
      return { response: { statusCode: status, headers, body: Buffer.from(text ?? '') } };
    },
  };
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  return new EC2Client({ region: 'us-east-1', credentials, maxAttempts: 1, requestHandler: requestHandler as never });
}

test('forms are read with EC2’s names, and lists without a step between', () => {
  const form =
    'Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80' +
    '&IpPermissions.1.ToPort=81&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8&IpPermissions.1.Groups.1.GroupId=sg-2' +
    '&TagSpecification.1.ResourceType=security-group-rule&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b';
  assert.deepEqual(parseCall(ec2, request(form)).input(), {
    GroupId: 'sg-1',
    IpPermissions: [
      {
        IpProtocol: 'tcp',
        FromPort: 80,
        ToPort: 81,
        UserIdGroupPairs: [{ GroupId: 'sg-2' }],
        IpRanges: [{ CidrIp: '10.0.0.0/8' }],
      },
    ],
    TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'a', Value: 'b' }] }],
  });
});

test('the SDK’s client says and hears the same', async () => {
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 2, UserIdGroupPairs: [{ GroupId: 'sg-2' }] }];
  const SecurityGroups = [{ GroupId: 'sg-1', GroupName: 'a & b', IpPermissions, Tags: [{ Key: 'k', Value: '<v>' }] }];
  const heard: unknown[] = [];
  const client = clientOf((wire) => {
    const call = parseCall(ec2, wire);
    heard.push(call.input());
    return writeResponse(call.operation, { SecurityGroups, NextToken: 'more' }, 'the-id');
  });
  const Filters = [{ Name: 'group-name', Values: ['a', 'b'] }];
  const answer = await client.send(new DescribeSecurityGroupsCommand({ GroupIds: ['sg-1'], Filters, MaxResults: 5 }));
  assert.deepEqual(heard, [{ GroupIds: ['sg-1'], Filters, MaxResults: 5 }]);
  assert.deepEqual(
    [answer.SecurityGroups, answer.NextToken, answer.$metadata.requestId],
    [SecurityGroups, 'more', 'the-id'],
  );
});

test('errors have EC2’s form and codes', async () => {
  const said: (readonly [ServiceError, string, number])[] = [
    [new ServiceError('InvalidGroup.NotFound', 'no <group>'), 'InvalidGroup.NotFound', 400],
    [new ServiceError('AccessDeniedException', 'no'), 'UnauthorizedOperation', 403],
    [new ServiceError('InvalidSignatureException', 'no'), 'AuthFailure', 401],
    [new ServiceError('ServerException', 'Internal failure'), 'InternalError', 500],
  ];
  for (const [error, name, status] of said) {
    const client = clientOf(() => writeError(ec2, error, 'the-id'));
    const call = client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: 'sg-1' }));
    await assert.rejects(call, (thrown: Error & { readonly $metadata?: { readonly httpStatusCode?: number } }) => {
      assert.deepEqual([thrown.name, thrown.message, thrown.$metadata?.httpStatusCode], [name, error.message, status]);
      return true;
    });
  }
  const { body } = writeError(ec2, new ServiceError('X', 'y'), 'the-id');
  assert.match(
    String(body),
    /<Response><Errors><Error><Code>X<\/Code><Message>y<\/Message><\/Error><\/Errors><RequestID>the-id/,
  );
});

test('what is wrong with a form is said in EC2’s words', () => {
  const refusal = (form: string): string => {
    try {
      parseCall(ec2, request(form)).input();
    } catch (error) {
      return error instanceof ServiceError ? `${error.code}: ${error.message}` : String(error);
    }
    return 'nothing';
  };
  assert.match(refusal('Action=DescribeInstances'), /^InvalidAction: Could not find operation DescribeInstances/);
  assert.match(refusal('Action=CreateSecurityGroup&GroupName=a'), /^MissingParameter: .* parameter Description$/);
  assert.match(
    refusal('Action=DescribeSubnets&MaxResults=1'),
    /^InvalidParameterValue: Value \(1\) for parameter MaxResults/,
  );
});
