import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { command, has, startWorld, until, type World } from './world.ts';

const keyFolder = mkdtempSync(join(tmpdir(), 'gantry-tls-keys-'));
let world: World;

before(async () => {
  world = await startWorld('--tls', 'self', '--throttle', '--key-file', join(keyFolder, 'seal.key'));
});
after(async () => {
  await world?.down();
  rmSync(keyFolder, { recursive: true });
});

/** The world's own file says where it is and whom to trust. */
const gantry = (...args: string[]): Promise<string> =>
  world.gantry(args[0] ?? '', '--data-dir', world.dataDir, ...args.slice(1));

/** What `eval "$(gantry env)"` makes of an environment. */
async function told(): Promise<Record<string, string>> {
  const lines = (await gantry('env')).split('\n').map((line) => /^export (\w+)=(.*)$/.exec(line));
  const set = lines.flatMap((line) => (line === null ? [] : [[line[1] ?? '', line[2] ?? ''] as const]));
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return { ...Object.fromEntries(own), ...Object.fromEntries(set), AWS_EC2_METADATA_DISABLED: 'true' };
}

test('gantry up --tls self runs tasks: calls, websockets and logs over TLS', async () => {
  const run = await gantry('run', 'gantry/hello', '--launch-type', 'FARGATE', '--name', 'far');
  const address = /is RUNNING at ([\d.]+)/.exec(run)?.[1];
  assert.match(await (await fetch(`http://${address}/`)).text(), /Hello from Gantry/);
  const logs = await until('the task’s output', async () => {
    const text = await gantry('logs', 'far');
    return text.includes('listening on port 80') && text;
  });
  assert.match(logs, /gantry\/hello: listening/);
  assert.match(await gantry('status'), /endpoint +https:\/\/127\.0\.0\.1:\d+/);
  assert.doesNotMatch(await gantry('status'), /PROBLEM/);
  for (const name of ['control-plane', 'agent'])
    assert.doesNotMatch(
      readFileSync(join(world.dataDir, 'run', `${name}.log`), 'utf8'),
      /"level":"(error|warn)".*(TLS|certificate)/i,
    );
});

test('gantry exec enters a Fargate task over wss, both of its ways', async () => {
  const said = await gantry(
    'exec',
    'far',
    '--',
    'sh',
    '-c',
    'echo "$AWS_EXECUTION_ENV"; head -c 300000 /dev/zero | wc -c',
  );
  assert.deepEqual(said.trim().split(/\s+/), ['AWS_ECS_FARGATE', '300000']);
  await assert.rejects(gantry('exec', 'far', '--', 'sh', '-c', 'echo no >&2; exit 7'), /ended with 7[^]*no/);
});

test(
  'gantry env tells AWS clients whom to trust',
  { skip: has('aws') ? false : 'the AWS CLI is not installed' },
  async () => {
    const env = await told();
    assert.match(await command('aws', ['ecs', 'list-tasks', '--output', 'json'], env), /task\/default/);
    const { AWS_CA_BUNDLE: bundle = '', ...without } = env;
    assert.ok(existsSync(bundle));
    await assert.rejects(command('aws', ['ecs', 'list-tasks'], without), /SSL validation failed/);
    const plain = await fetch(world.endpoint);
    assert.match(await plain.text(), /This port speaks TLS/);
  },
);

test('Node’s own clients trust it by NODE_EXTRA_CA_CERTS', async () => {
  const { AWS_ENDPOINT_URL: endpoint, NODE_EXTRA_CA_CERTS: bundle = '' } = await told();
  const ask = `const { status } = await fetch('${endpoint}/_gantry/health'); console.log(status)`;
  const node = (env: NodeJS.ProcessEnv): Promise<string> =>
    command(process.execPath, ['--input-type=module', '-e', ask], env);
  assert.equal((await node({ ...process.env, NODE_EXTRA_CA_CERTS: bundle })).trim(), '200');
  await assert.rejects(node({ ...process.env, NODE_EXTRA_CA_CERTS: '' }), /fetch failed/);
});

test('gantry audit tells who did it', async () => {
  const trail = await gantry('audit');
  assert.match(trail, /gantry-agent +RegisterContainerInstance +127\.0\.0\.1/);
  assert.match(trail, /administrator +RunTask +127\.0\.0\.1 +task\/default\/[0-9a-f]{32}.*ok/);
  const one = (await gantry('audit', '--event', 'RunTask', '--json')).trim().split('\n');
  const record = JSON.parse(one[0] ?? '{}') as { tlsDetails: { tlsVersion: string }; requestParameters: object };
  assert.equal(one.length, 1);
  assert.equal(record.tlsDetails.tlsVersion, 'TLSv1.3');
});

test(
  'environment files are fetched over TLS',
  { skip: has('aws') ? false : 'the AWS CLI is not installed' },
  async () => {
    const env = await told();
    const aws = (...args: string[]): Promise<string> => command('aws', [...args, '--output', 'json'], env);
    const [file, role] = [join(world.dataDir, 'tls.env'), 'arn:aws:iam::000000000000:role/reader'];
    writeFileSync(file, 'FROM=file over TLS\n');
    await aws('s3api', 'create-bucket', '--bucket', 'over-tls');
    await aws('s3api', 'put-object', '--bucket', 'over-tls', '--key', 'tls.env', '--body', file);
    const document = (more: object): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] });
    const trust = document({ Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' });
    await aws('iam', 'create-role', '--role-name', 'reader', '--assume-role-policy-document', trust);
    const policy = document({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::over-tls/*' });
    await aws('iam', 'put-role-policy', '--role-name', 'reader', '--policy-name', 'p', '--policy-document', policy);
    const container = {
      name: 'files',
      image: 'gantry/hello',
      memory: 32,
      environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::over-tls/tls.env' }],
    };
    const define = ['--family', 'files', '--container-definitions', JSON.stringify([container])];
    await aws('ecs', 'register-task-definition', '--execution-role-arn', role, ...define);
    await aws('ecs', 'run-task', '--task-definition', 'files', '--enable-execute-command');
    // Until it runs there is nothing to enter.
    const from = await until('the task runs', async () =>
      gantry('exec', 'files', '--', 'sh', '-c', 'echo "$FROM"').catch(() => undefined),
    );
    assert.equal(from.trim(), 'file over TLS');
  },
);
