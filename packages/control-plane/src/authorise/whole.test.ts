import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKey } from '@aws-sdk/client-iam';
import {
  AwsClient,
  ServiceError,
  sign,
  systemClock,
  systemIds,
  type EcsOperations,
  type ServiceName,
  type WireResponse,
} from '@gantry/protocol';
import { signedBy } from '../api/http/authenticate.ts';
import { Pipeline } from '../api/http/pipeline.ts';
import { assemble, type ControlPlane } from '../assemble.ts';
import { SCOPE } from '../controllers/testing/builders.ts';
import { CONFIG } from '../controllers/testing/world.ts';
import { MemoryLogStore } from '../logs/memory.ts';
import { testSeal } from '../seal/testing/test-seal.ts';
import { MemoryJournal } from '../store/memory.ts';
import { authoriseBy } from './authorise.ts';
import { allow, callerOf, deny } from './testing/calls.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012';
const text = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

let plane: ControlPlane;
let pipeline: Pipeline;
before(async () => {
  const wired = { clock: systemClock, ids: systemIds, schedule: queueMicrotask, log: () => undefined };
  const kept = { journal: new MemoryJournal(), logStore: new MemoryLogStore(), seal: testSeal() };
  plane = await assemble({ ...wired, ...kept, config: { ...CONFIG, defaultScope: SCOPE } });
  const { policiesOf, keys } = plane.identity;
  const authorise = authoriseBy({ policiesOf, tables: plane.platform.state.tables, clock: systemClock });
  const { handle } = plane;
  pipeline = new Pipeline({ ...wired, authenticate: signedBy(keys, systemClock), authorise, handle });
});
after(() => plane.stop());

const administrator = callerOf({ kind: 'administrator' });
const asAdministrator = (service: ServiceName, operation: string, input: object): Promise<unknown> =>
  plane.handle(service, operation, input, administrator);

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A new user with one policy, and a key of theirs. */
async function aUser(UserName: string, ...statements: readonly object[]): Promise<Keys> {
  await asAdministrator('iam', 'CreateUser', { UserName });
  await asAdministrator('iam', 'PutUserPolicy', { UserName, PolicyName: 'mine', PolicyDocument: text(...statements) });
  const made = (await asAdministrator('iam', 'CreateAccessKey', { UserName })) as { AccessKey: AccessKey };
  const { AccessKeyId = '', SecretAccessKey = '' } = made.AccessKey;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
}

const answer = (headers: Readonly<Record<string, string>>, body: string): Promise<WireResponse> =>
  pipeline.answer(
    { method: 'POST', path: '/', query: '', headers, body: Buffer.from(body) },
    { address: '127.0.0.1', secure: false },
  );

const ecsAs = (credentials: Keys): AwsClient<EcsOperations> =>
  new AwsClient<EcsOperations>({
    service: 'ecs',
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    credentials,
    transport: ({ headers, body }) => answer(headers, body),
  });

/** A form to a Query service. */
function query(service: 'iam' | 'sts', credentials: Keys, form: string): Promise<WireResponse> {
  const headers = { host: '127.0.0.1:4566', 'content-type': 'application/x-www-form-urlencoded' };
  const request = { method: 'POST', path: '/', query: '', headers, body: form };
  return answer(sign(request, credentials, { service, region: 'us-east-1', now: systemClock.now() }), form);
}

const refusedFor = (action: string, resource: string) => (error: unknown) =>
  error instanceof ServiceError &&
  error.code === 'AccessDeniedException' &&
  error.message.includes(`is not authorized to perform: ${action} on resource: ${resource} `);

test('a user does what the policy says, from one moment to the next', async () => {
  const ann = await aUser('ann', allow('ecs:*', `${ARN}:cluster/ann-*`));
  const ecs = ecsAs(ann);
  await ecs.call('CreateCluster', { clusterName: 'ann-1' });
  const { clusters } = await ecs.call('DescribeClusters', { clusters: ['ann-1'] });
  assert.equal(clusters?.[0]?.status, 'ACTIVE');
  const denied = refusedFor('ecs:DescribeClusters', `${ARN}:cluster/default`);
  await assert.rejects(ecs.call('DescribeClusters', {}), denied);
  await assert.rejects(ecs.call('DescribeClusters', { clusters: ['ann-1', 'default'] }), denied);
  await assert.rejects(ecs.call('ListClusters', {}), refusedFor('ecs:ListClusters', '*'));
  const all = { UserName: 'ann', PolicyName: 'all', PolicyDocument: text(allow('*', '*')) };
  await asAdministrator('iam', 'PutUserPolicy', all);
  await ecs.call('DescribeClusters', {});
  await asAdministrator('iam', 'PutUserPolicy', { ...all, PolicyDocument: text(deny('ecs:*', '*')) });
  await assert.rejects(ecs.call('DescribeClusters', { clusters: ['ann-1'] }), (error: Error) =>
    error.message.endsWith('with an explicit deny in an identity-based policy'),
  );
});

test('Query services say AccessDenied with 403, and anybody may know who he is', async () => {
  const bob = await aUser('bob', allow('iam:GetUser', 'arn:aws:iam::*:user/${aws:username}'));
  const list = await query('iam', bob, 'Action=ListUsers&Version=2010-05-08');
  assert.equal(list.status, 403);
  assert.match(list.body, /<Code>AccessDenied<\/Code>/);
  assert.match(list.body, /iam:ListUsers on resource: arn:aws:iam::123456789012:user\/ because no identity-based/);
  assert.equal((await query('iam', bob, 'Action=GetUser&Version=2010-05-08')).status, 200);
  assert.equal((await query('iam', bob, 'Action=GetUser&UserName=bob&Version=2010-05-08')).status, 200);
  const other = await query('iam', bob, 'Action=GetUser&UserName=nobody&Version=2010-05-08');
  assert.match(other.body, /iam:GetUser on resource: user nobody because/);
  const me = await query('sts', bob, 'Action=GetCallerIdentity&Version=2011-06-15');
  assert.match(me.body, /<Arn>arn:aws:iam::123456789012:user\/bob<\/Arn>/);
});

test('a session has what its role and its session policy both give', async () => {
  const RoleName = 'deployer';
  const trusted = { AWS: 'arn:aws:iam::123456789012:root' };
  const AssumeRolePolicyDocument = text({ Effect: 'Allow', Principal: trusted, Action: 'sts:AssumeRole' });
  await asAdministrator('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument });
  const PolicyDocument = text(allow(['ecs:CreateCluster', 'ecs:DeleteCluster'], '*'));
  await asAdministrator('iam', 'PutRolePolicy', { RoleName, PolicyName: 'deploy', PolicyDocument });
  const cem = await aUser('cem', allow('sts:AssumeRole', 'arn:aws:iam::123456789012:role/deployer'));
  const form = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: 'arn:aws:iam::123456789012:role/deployer',
    RoleSessionName: 'build',
    Policy: text(allow('ecs:*', `${ARN}:cluster/ci-*`)),
  });
  const { status, body } = await query('sts', cem, String(form));
  assert.equal(status, 200, body);
  const value = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(body)?.[1] ?? '';
  const ecs = ecsAs({
    accessKeyId: value('AccessKeyId'),
    secretAccessKey: value('SecretAccessKey'),
    sessionToken: value('SessionToken'),
  });
  await ecs.call('CreateCluster', { clusterName: 'ci-1' });
  const session = 'arn:aws:sts::123456789012:assumed-role/deployer/build';
  await assert.rejects(ecs.call('CreateCluster', { clusterName: 'web' }), {
    message: `User: ${session} is not authorized to perform: ecs:CreateCluster on resource: ${ARN}:cluster/web because no session policy allows the ecs:CreateCluster action`,
  });
  await assert.rejects(ecs.call('UpdateCluster', { cluster: 'ci-1' }), /because no identity-based policy allows/);
});

test('a role is handed on only by those who may pass it', async () => {
  const dee = await aUser('dee', allow('ecs:RegisterTaskDefinition', '*'));
  const definition = {
    family: 'job',
    executionRoleArn: 'arn:aws:iam::123456789012:role/deployer',
    containerDefinitions: [{ name: 'a', image: 'i', memory: 64 }],
  };
  const register = () => ecsAs(dee).call('RegisterTaskDefinition', definition);
  await assert.rejects(register(), {
    code: 'AccessDeniedException',
    message:
      'User: arn:aws:iam::123456789012:user/dee is not authorized to perform: iam:PassRole on resource: ' +
      'arn:aws:iam::123456789012:role/deployer because no identity-based policy allows the iam:PassRole action',
  });
  const passes = allow('iam:PassRole', '*', { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
  const PolicyDocument = text(passes);
  await asAdministrator('iam', 'PutUserPolicy', { UserName: 'dee', PolicyName: 'pass', PolicyDocument });
  assert.equal((await register()).taskDefinition?.revision, 1);
});
