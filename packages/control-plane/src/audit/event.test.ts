import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SERVICE_NAMES, SERVICES, ServiceError } from '@gantry/protocol';
import { auditEvent, eventText, MOST_PART_BYTES, type AuditEvent } from './event.ts';
import { userNameOf } from './identity.ts';
import { isKept, isReadOnly, READ_VERBS } from './kept.ts';
import { Parameters } from './parameters.ts';
import { resourcesOf } from './resources.ts';
import { ACCOUNT, call, caller } from './testing/calls.ts';
import type { AuditedCall } from './port.ts';

const AT = Date.UTC(2026, 10, 22, 7, 31, 5, 250);
const eventOf = (audited: AuditedCall): AuditEvent => auditEvent(audited, new Parameters(), 'event-1', AT);

describe('an event', () => {
  it('has the shape CloudTrail gives it', () => {
    const input = { clusterName: 'web', tags: [{ key: 'a', value: 'b' }] };
    const output = { cluster: { clusterArn: `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/web`, status: 'ACTIVE' } };
    const from = {
      address: '192.0.2.7',
      secure: true,
      tls: { version: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256' },
    };
    assert.deepEqual(eventOf(call('ecs', 'CreateCluster', { input, output, from })), {
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        principalId: 'AKIAADMIN',
        arn: `arn:aws:iam::${ACCOUNT}:user/administrator`,
        accountId: ACCOUNT,
        accessKeyId: 'AKIAADMIN',
        userName: 'administrator',
      },
      eventTime: '2026-11-22T07:31:05Z',
      eventSource: 'ecs.amazonaws.com',
      eventName: 'CreateCluster',
      awsRegion: 'us-east-1',
      sourceIPAddress: '192.0.2.7',
      userAgent: 'aws-cli/1.45',
      requestParameters: input,
      responseElements: output,
      requestID: 'request-1',
      eventID: 'event-1',
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
      tlsDetails: {
        tlsVersion: 'TLSv1.3',
        cipherSuite: 'TLS_AES_128_GCM_SHA256',
        clientProvidedHostHeader: 'localhost:4566',
      },
    });
  });

  it('spells members as CloudTrail does, moments and blobs as text, and hides secrets', () => {
    const output = {
      AccessKey: { UserName: 'ann', AccessKeyId: 'AKIA1', SecretAccessKey: 'hush', CreateDate: new Date(AT) },
    };
    const { requestParameters, responseElements } = eventOf(
      call('iam', 'CreateAccessKey', { input: { UserName: 'ann' }, output }),
    );
    assert.deepEqual(requestParameters, { userName: 'ann' });
    const createDate = '2026-11-22T07:31:05.250Z';
    const secretAccessKey = 'HIDDEN_DUE_TO_SECURITY_REASONS';
    assert.deepEqual(responseElements, {
      accessKey: { userName: 'ann', accessKeyId: 'AKIA1', secretAccessKey, createDate },
    });
  });

  it('tells a refusal in CloudTrail’s word, and nothing of an answer', () => {
    const error = new ServiceError('AccessDeniedException', 'User: x is not authorized to perform: ecs:DeleteCluster');
    const event = eventOf(call('ecs', 'DeleteCluster', { error, input: { cluster: 'web' } }));
    assert.deepEqual(
      [event.errorCode, event.errorMessage, event.requestParameters, event.responseElements],
      ['AccessDenied', error.message, { cluster: 'web' }, null],
    );
    const unread = eventOf(
      call('ecs', 'DeleteCluster', { input: undefined, error: new ServiceError('SerializationException', 'hush') }),
    );
    assert.deepEqual([unread.requestParameters, unread.errorCode], [null, 'SerializationException']);
    assert.doesNotMatch(unread.errorMessage ?? '', /hush/);
  });

  it('leaves out what is too large, and says so', () => {
    const event = eventOf(call('ecs', 'RegisterTaskDefinition', { input: { family: 'x'.repeat(MOST_PART_BYTES) } }));
    const kept = JSON.parse(eventText(event)) as { requestParameters: { omitted: boolean }; eventName: string };
    assert.deepEqual([kept.requestParameters.omitted, kept.eventName], [true, 'RegisterTaskDefinition']);
  });

  it('says who it was, for every kind of caller', () => {
    const role = {
      kind: 'assumed-role',
      roleName: 'deployer',
      roleId: 'AROA1',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/deployer`,
      sessionName: 'ci-7',
      sessionPolicies: [],
      sessionPolicyArns: [],
      sessionTags: {},
      issuedAtMs: AT,
      expiresAtMs: AT + 1,
    } as const;
    const rows = [
      [caller({ kind: 'administrator' }, { principalArn: `arn:aws:iam::${ACCOUNT}:root` }), 'Root', ACCOUNT, 'root'],
      [caller({ kind: 'user', userName: 'ann', userId: 'AIDA1' }), 'IAMUser', 'AIDA1', 'ann'],
      [caller(role), 'AssumedRole', 'AROA1:ci-7', 'ci-7'],
    ] as const;
    for (const [by, type, principalId, userName] of rows) {
      const { userIdentity } = eventOf(call('ecs', 'CreateCluster', { caller: by }));
      assert.deepEqual(
        [userIdentity.type, userIdentity.principalId, userNameOf(userIdentity)],
        [type, principalId, userName],
      );
    }
    const { sessionContext } = eventOf(call('ecs', 'CreateCluster', { caller: caller(role) })).userIdentity;
    assert.deepEqual(sessionContext, {
      sessionIssuer: {
        type: 'Role',
        principalId: 'AROA1',
        arn: role.roleArn,
        accountId: ACCOUNT,
        userName: 'deployer',
      },
      attributes: { creationDate: '2026-11-22T07:31:05Z', mfaAuthenticated: 'false' },
    });
  });

  it('names what it was about', () => {
    const arn = (rest: string): string => `arn:aws:ecs:us-east-1:${ACCOUNT}:${rest}`;
    const output = {
      tasks: [{ taskArn: arn('task/web/1'), containers: [{ taskArn: arn('task/web/9') }] }],
      failures: [],
    };
    const event = eventOf(call('ecs', 'RunTask', { input: { cluster: 'web', taskDefinition: 'app:1' }, output }));
    assert.deepEqual(resourcesOf(event), [
      { type: 'AWS::ECS::Cluster', name: 'web' },
      { type: 'AWS::ECS::TaskDefinition', name: 'app:1' },
      { type: 'AWS::ECS::Task', name: arn('task/web/1') },
    ]);
    const put = eventOf(call('ssm', 'PutParameter', { input: { Name: '/db/password', Value: 'hush' } }));
    assert.deepEqual(resourcesOf(put), [{ type: 'AWS::SSM::Parameter', name: '/db/password' }]);
  });
});

/** Verbs of operations that change something. A new operation with a verb in neither list needs a decision. */
const CHANGE_VERBS =
  /^(Abort|Add|Associate|Assume|Attach|Authorize|Cancel|Complete|Continue|Copy|Create|Delete|Deregister|Detach|Disassociate|Execute|Label|Modify|Put|Register|Remove|Rename|Restore|Revoke|Rotate|Run|Set|Start|Stop|Submit|Tag|Unlabel|Untag|Update|Upload)(?![a-z])/;

describe('what is kept', () => {
  it('has a decision for every operation', () => {
    const reads = new RegExp(`^(${READ_VERBS.join('|')})(?![a-z])`);
    for (const name of SERVICE_NAMES)
      for (const operation of SERVICES[name].operationNames())
        assert.notEqual(reads.test(operation), CHANGE_VERBS.test(operation), `${name} ${operation}`);
  });

  const rows: readonly (readonly [Row, boolean])[] = [
    [['ecs', 'CreateCluster'], true],
    [['ecs', 'DescribeClusters'], false],
    [['ecs', 'GetTaskProtection'], false],
    [['ecs', 'UpdateTaskProtection'], true],
    [['ecs', 'SubmitTaskStateChange'], false],
    [['ecs', 'DiscoverPollEndpoint'], false],
    [['iam', 'SimulatePrincipalPolicy'], false],
    [['iam', 'PutRolePolicy'], true],
    [['sts', 'AssumeRole'], true],
    [['sts', 'GetCallerIdentity'], false],
    [['secretsmanager', 'GetSecretValue'], true],
    [['secretsmanager', 'DescribeSecret'], false],
    [['ssm', 'GetParameter', { WithDecryption: true }], true],
    [['ssm', 'GetParameter', {}], false],
    [['ssm', 'GetParametersByPath'], false],
    [['logs', 'PutLogEvents'], false],
    [['logs', 'CreateLogGroup'], true],
    [['cloudtrail', 'LookupEvents'], false],
    [['s3', 'CreateBucket'], true],
    [['s3', 'PutObject'], false],
    [['s3', 'GetObject'], false],
    [['gantry', 'Status'], false],
  ];
  for (const [[service, operation, input], expected] of rows) {
    it(`${service} ${operation} ${JSON.stringify(input ?? null)}: ${expected}`, () => {
      assert.equal(isKept(service, operation, 'administrator', input), expected);
    });
  }

  it('leaves out the logs agents write, and calls nothing read-only that changes something', () => {
    assert.equal(isKept('logs', 'CreateLogStream', 'agent', {}), false);
    assert.equal(isKept('ecs', 'RegisterContainerInstance', 'agent', {}), true);
    assert.deepEqual([isReadOnly('sts', 'AssumeRole'), isReadOnly('ecs', 'DeleteCluster')], [true, false]);
  });
});

type Row = readonly [service: (typeof SERVICE_NAMES)[number], operation: string, input?: object];
