import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { parseArn } from '@gantry/domain';
import { modelOf, SERVICE_NAMES } from '@gantry/protocol';
import { countedIds } from '../api/ecs/testing/world.ts';
import { aDefinition, SCOPE } from '../controllers/testing/builders.ts';
import { aWorld, type World } from '../controllers/testing/world.ts';
import { demandsOf } from './authorise.ts';
import type { Demand } from './demand.ts';
import { RULES } from './resources/index.ts';
import { sampleInput } from './testing/samples.ts';

type Actions = Readonly<Record<string, Readonly<Record<string, { resources: string[]; keys: string[] }>>>>;

/** What IAM says of each action, from tools/model. */
const ACTIONS = JSON.parse(readFileSync(join(import.meta.dirname, 'generated/actions.json'), 'utf8')) as Actions;

let world: World;
before(async () => {
  const clock = { now: () => 0 as never, elapsedMs: () => 0, sleep: () => Promise.resolve() };
  world = await aWorld(clock, countedIds());
  const sized = aDefinition({ cpu: '256', memory: '512' });
  await world.run((tx) => tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', sized));
});

const operations = SERVICE_NAMES.flatMap((service) =>
  Object.keys(modelOf(service).operations).map((operation) => ({ service, operation, model: modelOf(service) })),
);

function sampled({ model, operation }: (typeof operations)[number]): readonly Demand[] {
  const at = { scope: SCOPE, tables: world.state.tables, principalArn: 'arn:aws:iam::123456789012:user/ann' };
  const { signingName } = model;
  return demandsOf({ signingName, operation, input: sampleInput(model, operation) }, at);
}

test('every operation of every service has a rule, and no rule is for an operation there is not', () => {
  assert.ok(operations.length > 200, `only ${operations.length} operations seen`);
  const missing = operations.filter(({ model, operation }) => RULES[model.signingName]?.[operation] === undefined);
  assert.deepEqual(
    missing.map(({ service, operation }) => `${service}:${operation}`),
    [],
  );
  const modelled = new Set(operations.map(({ model, operation }) => `${model.signingName}:${operation}`));
  const ruled = Object.entries(RULES).flatMap(([name, rules]) => Object.keys(rules ?? {}).map((op) => `${name}:${op}`));
  assert.deepEqual(
    ruled.filter((name) => !modelled.has(name)),
    ['ecs:Poll', 'ecs:StartTelemetrySession'],
  );
});

/** Newer than the data, or our own. */
const UNKNOWN_TO_IAM = /^(gantry:|ecs:.*Gateways?(?!Service)|ecs:.*Gateway(?!Service))/;
/** What IAM itself refuses with, though its lists name no type of resource. */
const OTHER_RESOURCE = new Set([
  'logs:DescribeLogGroups',
  'iam:ListGroups',
  'iam:ListInstanceProfiles',
  'iam:ListPolicies',
  'iam:ListRoles',
  'iam:ListUsers',
]);

test('every action is held against a resource of a type that IAM knows for it', () => {
  const broken: string[] = [];
  for (const each of operations) {
    const action = `${each.service}:${each.operation}`;
    // Its actions have other names than its operations: resources/s3.test.ts.
    if (each.service === 's3') continue;
    const known = ACTIONS[each.service]?.[each.operation];
    const own = sampled(each).filter((demand) => demand.action === undefined || demand.action === action);
    assert.ok(own.length > 0, action);
    if (known === undefined) {
      assert.match(action, UNKNOWN_TO_IAM);
      continue;
    }
    for (const { resource } of own) {
      const path = parseArn(resource)?.resource ?? '*';
      const types = [/^[\w-]+/.exec(path)?.[0] ?? '*', ...(path.includes(':log-stream:') ? ['log-stream'] : [])];
      const expected = known.resources.length === 0 ? ['*'] : known.resources.map(typeName);
      if (!OTHER_RESOURCE.has(action) && !types.some((type) => expected.includes(type)))
        broken.push(`${action} on ${resource}, IAM has ${expected.join()}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** `loadbalancer/app/` and `loadbalancer` are one. */
const typeName = (type: string): string => type.toLowerCase().split('/')[0] ?? '';

/** Keys (of an action, or of all) nothing here can have a value for, and why. */
const NEVER_KNOWN: Readonly<Record<string, string>> = {
  'ecs:CreateDaemon ecs:task-cpu': 'definitions of daemons are not kept',
  'ecs:CreateDaemon ecs:task-memory': 'definitions of daemons are not kept',
  'ecs:UpdateDaemon ecs:task-cpu': 'definitions of daemons are not kept',
  'ecs:UpdateDaemon ecs:task-memory': 'definitions of daemons are not kept',
  'ecs:CreateExpressGatewayService ecs:enable-ecs-managed-tags': 'the request does not say',
  'ecs:CreateExpressGatewayService ecs:propagate-tags': 'the request does not say',
  'ecs:UpdateExpressGatewayService ecs:enable-ecs-managed-tags': 'the request does not say',
  'ecs:UpdateExpressGatewayService ecs:propagate-tags': 'the request does not say',
  'ecs:TagResource ecs:CreateAction': 'only while something is made',
  'secretsmanager:CreateSecret aws:ResourceTag/${TagKey}': 'it is not there yet',
  'secretsmanager:CreateSecret secretsmanager:ResourceTag/tag-key': 'it is not there yet',
  'elasticloadbalancing:CreateLoadBalancer aws:ResourceTag/${TagKey}': 'it is not there yet',
  'elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:ListenerProtocol': 'its listeners come later',
  'elasticloadbalancing:AddTags elasticloadbalancing:CreateAction': 'only while something is made',
  'elasticloadbalancing:RemoveTags aws:RequestTag/${TagKey}': 'tags are named without values',
  'elasticfilesystem:TagResource elasticfilesystem:CreateAction': 'only while something is made',
  'iam:RoleTemplateARN': 'there are no role templates',
  'secretsmanager:AddReplicaRegions': 'secrets are not replicated',
  'secretsmanager:ForceOverwriteReplicaSecret': 'secrets are not replicated',
  'secretsmanager:SecretPrimaryRegion': 'secrets are not replicated',
  'secretsmanager:KmsKeyArn': 'KMS keys are kept by name and do nothing',
  'secretsmanager:resource/AllowRotationLambdaArn': 'nothing rotates secrets',
  'secretsmanager:ExternalSecretRotationRoleArn': 'nothing rotates secrets',
  'secretsmanager:ModifyRotationRules': 'nothing rotates secrets',
  'secretsmanager:resource/Type': 'secrets of other systems are not kept',
};

test('every key IAM lists for an action has a value where the request gives one, and no other key has', () => {
  const broken: string[] = [];
  for (const each of operations) {
    const action = `${each.service}:${each.operation}`;
    const known = ACTIONS[each.service]?.[each.operation];
    // AssumeRole's keys are made where the trust policy is read.
    if (known === undefined || action === 'sts:AssumeRole') continue;
    // Of EC2's many keys those of networks are given, where the request or the thing has them.
    if (each.service === 'ec2') continue;
    // Schedules are not kept, so neither are their tags.
    if (each.service === 'scheduler') continue;
    const own = sampled(each).filter((demand) => demand.action === undefined || demand.action === action);
    const given = new Set(own.flatMap(keysOf));
    const listed = known.keys.filter(
      (key) => ![key, `${action} ${key}`].some((name) => Object.hasOwn(NEVER_KNOWN, name)),
    );
    for (const key of listed) if (!isGiven(key, given, own)) broken.push(`${action} lacks ${key}`);
    for (const key of given) if (!known.keys.includes(key)) broken.push(`${action} has ${key}`);
  }
  assert.deepEqual(broken, []);
});

/** Without the keys of tags, which are all alike. */
function keysOf({ keys = {} }: Demand): readonly string[] {
  return Object.keys(keys).filter((key) => keys[key] !== undefined);
}

function isGiven(key: string, given: ReadonlySet<string>, demands: readonly Demand[]): boolean {
  if (/:ResourceTag\//i.test(key)) return demands.some((d) => d.tags !== undefined || d.resource.includes('*'));
  if (key.startsWith('aws:RequestTag/')) return demands.some((d) => d.requestTags !== undefined);
  if (key === 'aws:TagKeys') return demands.some((d) => d.requestTags !== undefined || d.tagKeys !== undefined);
  // A boundary is known of somebody who is there.
  return given.has(key) || key === 'iam:PermissionsBoundary';
}

test('no input, however empty or odd, passes unasked or brings a rule down', () => {
  const at = { scope: SCOPE, tables: world.state.tables, principalArn: 'arn:aws:iam::123456789012:user/ann' };
  for (const { model, operation } of operations) {
    const { members = {} } = (model.shapes[model.operations[operation]?.input ?? ''] ?? {}) as { members?: object };
    const all = (value: unknown): unknown => Object.fromEntries(Object.keys(members).map((name) => [name, value]));
    const typed = sampleInput(model, operation) as Readonly<Record<string, unknown>>;
    const emptied = Object.fromEntries(
      Object.entries(typed).map(([name, value]) => [name, Array.isArray(value) ? [] : value]),
    );
    const odd = [
      '',
      '*',
      'arn:',
      'arn:aws:ecs:::',
      'arn:aws:ecs:us-east-1:123456789012:task/',
      '/',
      ':',
      'a/b:c',
      '\u0000',
    ];
    const texts = odd.map((text) => replaceTexts(typed, text));
    for (const input of [{}, all(undefined), emptied, ...texts]) {
      const demands = demandsOf({ signingName: model.signingName, operation, input }, at);
      assert.ok(demands.length > 0, operation);
      for (const { resource } of demands) assert.equal(typeof resource, 'string', operation);
    }
  }
});

function replaceTexts(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((each) => replaceTexts(each, text));
  if (typeof value !== 'object' || value === null || value instanceof Date || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replaceTexts(each, text)]));
}
