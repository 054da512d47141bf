import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keysIn, startPlane, type LonePlane } from './control-plane.ts';
import { command } from './world.ts';

/** A call per service, of each protocol: JSON 1.1, Query with XML, REST JSON. */
const CALLS = `
import boto3, json
from botocore.config import Config
from botocore.exceptions import ClientError
calls = [('ecs', 'list_clusters'), ('logs', 'describe_log_groups'), ('ssm', 'describe_parameters'),
         ('secretsmanager', 'list_secrets'), ('cloudtrail', 'lookup_events'), ('iam', 'list_users'),
         ('sts', 'get_caller_identity'), ('scheduler', 'list_schedules'), ('elbv2', 'describe_load_balancers')]
told = {}
for service, operation in calls:
    client = boto3.client(service, config=Config(retries={'total_max_attempts': 1}))
    try:
        getattr(client, operation)()
        told[service] = 'done'
    except ClientError as e:
        told[service] = [e.response['Error']['Code'], e.response['ResponseMetadata'].get('RequestId', '')[8:9]]
print(json.dumps(told))
`;
const SERVICES = ['ecs', 'logs', 'ssm', 'secretsmanager', 'cloudtrail', 'iam', 'sts', 'scheduler', 'elbv2'];
const QUERY = new Set(['iam', 'sts', 'elbv2']);

const folder = mkdtempSync(join(tmpdir(), 'gantry-door-'));
let plane: LonePlane;
let skip: string | false = false;
try {
  execFileSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' });
} catch {
  skip = 'boto3 is not installed';
}

before(async () => {
  plane = await startPlane(join(folder, 'data'), '--key-file', join(folder, 'key', 'seal.key'));
});
after(async () => {
  await plane.end();
  rmSync(folder, { recursive: true });
});

async function codes(env: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  return JSON.parse(await command('python3', ['-c', CALLS], { ...plane.env(), ...env })) as Record<string, unknown>;
}

/** Each service's own word, read by boto3's parser of its protocol, and a request id with it. */
const expected = (json: string, query: string): Record<string, unknown> =>
  Object.fromEntries(SERVICES.map((service) => [service, [QUERY.has(service) ? query : json, '-']]));

test('a wrong secret is told in each service’s protocol', { skip }, async () => {
  const told = await codes({ AWS_SECRET_ACCESS_KEY: 'wrong' });
  assert.deepEqual(told, expected('InvalidSignatureException', 'SignatureDoesNotMatch'));
});

test('so is a key nobody has', { skip }, async () => {
  const told = await codes({ AWS_ACCESS_KEY_ID: 'AKIANOBODY0000000000' });
  assert.deepEqual(told, expected('UnrecognizedClientException', 'InvalidClientTokenId'));
});

test('so is a refusal', { skip }, async () => {
  const { accessKeyId, secretAccessKey } = keysIn(join(folder, 'data'), 'agent');
  const told = await codes({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const refused = expected('AccessDeniedException', 'AccessDenied');
  // What agents may, too.
  assert.deepEqual(told, { ...refused, sts: 'done', logs: 'done' });
});
