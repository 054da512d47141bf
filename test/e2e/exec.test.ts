import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { ROOT } from '../../tools/tidy/sources.ts';
import { ecsClient } from './ecs.ts';
import { command, CommandFailed, has, startWorld, until, type World } from './world.ts';

const LAUNCHER = join(ROOT, 'gantry');
let world: World;
let ecs: ReturnType<typeof ecsClient>;
const children: ChildProcess[] = [];

before(async () => {
  world = await startWorld();
  ecs = ecsClient(world);
  await world.gantry('run', 'gantry/hello', '--name', 'ex');
});
after(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  await world?.down();
});

interface Ended {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** `gantry exec …` to its end; `stdin`: what it reads. `began` resolves at its first output. */
function exec(args: readonly string[], stdin?: Buffer, env: Readonly<Record<string, string>> = world.env) {
  const child = spawn(LAUNCHER, ['exec', ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  const began = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, out: Buffer.concat(out), err: Buffer.concat(err).toString() }));
  });
  return { child, began, ended };
}

const run = (...args: readonly string[]): Promise<Ended> => exec(args).ended;

describe('gantry exec', () => {
  it('gives output, errors and exit code of the program', async () => {
    const { code, out, err } = await run('ex', '--', 'sh', '-c', 'echo out; echo err >&2; id -u; exit 7');
    assert.deepEqual([code, out.toString(), err], [7, 'out\n0\n', 'err\n']);
    assert.equal((await run('ex', 'nothing-of-the-kind')).code, 126);
    assert.equal((await run('ex', 'true')).code, 0);
  });

  it('reads nothing without -i, and our input with it', async () => {
    assert.deepEqual((await run('ex', 'cat')).out.toString(), '');
    assert.equal((await exec(['-i', 'ex', 'sort'], Buffer.from('b\na\n')).ended).out.toString(), 'a\nb\n');
  });

  it('carries 100 MB through a pipe, there and back, byte for byte', { timeout: 180_000 }, async () => {
    const all = randomBytes(100 * 1024 * 1024);
    const { code, out, err } = await exec(['-i', 'ex', 'cat'], all).ended;
    assert.deepEqual([code, err, out.length], [0, '', all.length]);
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    assert.equal(digest(out), digest(all));
  });

  it('serves several at once, each its own', async () => {
    const numbers = Array.from({ length: 8 }, (_, n) => n);
    const ends = await Promise.all(numbers.map((n) => run('ex', '--', 'sh', '-c', `echo ${n}; exit ${n}`)));
    assert.deepEqual(
      ends.map(({ code, out }) => [code, out.toString()]),
      numbers.map((n) => [n, `${n}\n`]),
    );
  });

  it('gives a terminal: sizes, Ctrl-C, exit code, and ours put back', { skip: !has('python3') }, async () => {
    const play = {
      argv: [LAUNCHER, 'exec', '-it', 'ex', 'sh'],
      size: [30, 100],
      steps: [
        { see: '# ', type: 'stty size\r' },
        { see: '30 100[^#]*# ', size: [41, 121] },
        { see: '', type: 'until stty size | grep "41 121"; do :; done\r' },
        { see: '41 121\r\n[^#]*# ', type: 'sh -c "echo g\\"\\"o; exec sleep 1000"\r' },
        { see: 'go', type: '\u0003' },
        { see: '# ', type: 'exit 5\r' },
      ],
    };
    const script = join(ROOT, 'test/e2e/pty_session.py');
    const out = await command('python3', [script, JSON.stringify(play)], world.env);
    const { code, screen, left, cooked } = JSON.parse(out) as {
      code: number;
      screen: string;
      left: number;
      cooked: boolean;
    };
    assert.deepEqual([code, left, cooked], [5, 0, true], screen);
    assert.ok(!screen.includes('\r\r\n'), 'one return a line');
  });

  it('ends what it started when it is interrupted', async () => {
    const { child, began, ended } = exec(['ex', '--', 'sh', '-c', 'echo begun; sleep 987 & wait']);
    await began;
    child.kill('SIGINT');
    assert.equal((await ended).code, 130);
    await until('nothing of it is left', async () => {
      const { out } = await run('ex', 'ps');
      return out.toString().includes('sleep 987') ? undefined : true;
    });
  });

  it('says the way out of a task that was started without', async () => {
    await world.gantry('run', 'gantry/hello', '--name', 'closed', '--no-exec');
    const { code, err } = await run('closed', 'true');
    assert.equal(code, 4);
    assert.match(err, /was started without ECS Exec[^]*gantry run/);
  });
});

describe('gantry cp', () => {
  const failed = (...args: string[]): Promise<string> =>
    world.gantry('cp', ...args).then(
      () => assert.fail('it was done'),
      (error: CommandFailed) => error.stderr,
    );

  it('copies files and folders in and out again, whatever they are called and hold', async () => {
    const folder = join(world.dataDir, "it's | a & folder.[x]");
    mkdirSync(join(folder, 'below'), { recursive: true });
    const bytes = randomBytes(3 * 1024 * 1024);
    writeFileSync(join(folder, 'below', 'a b'), bytes);
    writeFileSync(join(folder, 'run'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('below/a b', join(folder, 'link'));
    await world.gantry('cp', folder, 'ex:/srv-new');
    await world.gantry('cp', folder, 'ex:/tmp/');
    assert.match((await run('ex', 'ls', '-l', '/srv-new/run')).out.toString(), /^-rwxr-xr-x/);
    assert.equal((await run('ex', '--', 'test', '-f', "/tmp/it's | a & folder.[x]/below/a b")).code, 0);
    const back = join(world.dataDir, 'back');
    await world.gantry('cp', 'ex:/srv-new/', back);
    assert.ok(readFileSync(join(back, 'below', 'a b')).equals(bytes));
    assert.equal(readlinkSync(join(back, 'link')), 'below/a b');
    await world.gantry('cp', 'ex:/srv-new/below/a b', back);
    assert.ok(readFileSync(join(back, 'a b')).equals(bytes));
    assert.deepEqual(
      readdirSync(world.dataDir).filter((name) => name.startsWith('.back')),
      [],
    );
  });

  it('says what is not there, and leaves nothing', async () => {
    assert.match(await failed('ex:/absent', world.dataDir), /copying \/absent: .*absent/s);
    assert.match(await failed(join(world.dataDir, 'absent'), 'ex:/tmp'), /there is no such file or folder/);
    assert.match(await failed('ex:/etc', 'ex:/tmp'), /one side is TASK:\/path/);
    assert.match(await failed('nobody:/etc', '.'), /no task or service 'nobody'/);
    assert.deepEqual(
      readdirSync(world.dataDir).filter((name) => name.startsWith('.absent')),
      [],
    );
  });
});

describe('gantry port-forward', () => {
  const forwarded = async (task: string, port: number) => {
    const child = spawn(LAUNCHER, ['port-forward', task, `0:${port}`], { env: world.env });
    children.push(child);
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    const local = await until('it listens', () => Promise.resolve(/^localhost:(\d+) is port/.exec(out)?.[1]));
    const stop = async (): Promise<number | null> => {
      child.kill('SIGINT');
      return await new Promise((resolve) => child.once('close', resolve));
    };
    return { url: `http://127.0.0.1:${local}/`, err: () => err, stop };
  };

  it('brings a port here, for several connections at once', async () => {
    const { url, stop } = await forwarded('ex', 80);
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(url)).text()));
    for (const text of answers) assert.match(text, /Hello from Gantry/);
    assert.equal(await stop(), 0);
  });

  it('reaches what listens on the task’s own localhost, and all of what it says', async () => {
    const serve = 'mkdir /www; head -c 3000000 /dev/zero > /www/big; echo begun; httpd -f -h /www -p 127.0.0.1:9000';
    await exec(['ex', '--', 'sh', '-c', serve]).began;
    await until('it listens', async () => (await run('ex', 'netstat', '-ltn')).out.includes('127.0.0.1:9000'));
    const { url, stop } = await forwarded('ex', 9000);
    const { byteLength: bytes } = await (await fetch(`${url}big`)).arrayBuffer();
    assert.equal(bytes, 3_000_000);
    assert.equal(await stop(), 0);
  });

  it('says that nobody listens, and goes on', async () => {
    const { url, err, stop } = await forwarded('ex', 81);
    await assert.rejects(fetch(url));
    await until('it says so', () => Promise.resolve(/port 81: .*ECONNREFUSED/.test(err())));
    assert.equal(await stop(), 0);
  });
});

describe('sessions end with what they stand on', () => {
  it('with the task', async () => {
    await world.gantry('run', 'gantry/hello', '--name', 'short');
    const one = exec(['short', '--', 'sh', '-c', 'echo begun; sleep 600']);
    await one.began;
    await world.gantry('stop', 'short', '--wait');
    const { code, err } = await one.ended;
    assert.equal(code, 255, err);
    assert.match(err, /container short has stopped/);
  });

  it('with the agent, and with the control plane, killed', async () => {
    for (const name of ['agent', 'control-plane'] as const) {
      const one = exec(['ex', '--', 'sh', '-c', 'echo begun; sleep 600']);
      await one.began;
      process.kill(world.pid(name), 'SIGKILL');
      const { code, err } = await one.ended;
      assert.equal(code, 255, err);
      assert.match(err, name === 'agent' ? /connection to the container agent broke/ : /control plane was lost/);
      await world.up();
      await until('it serves again', async () => ((await run('ex', 'true')).code === 0 ? true : undefined));
    }
  });
});

describe('who may', () => {
  const grant = async () => {
    const { taskArns } = await ecs.call('ListTasks', { family: 'ex' });
    const input = { task: taskArns?.[0] ?? '', command: 'true', interactive: true };
    const { session } = await ecs.call('ExecuteCommand', input);
    return { url: session?.streamUrl ?? '', token: session?.tokenValue ?? '' };
  };
  /** The code a client with this token is closed with; `open`: it was let in. */
  const attempt = (url: string, token: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      const opening = {
        MessageSchemaVersion: '1.0',
        RequestId: 'r',
        TokenValue: token,
        ClientId: 'c',
        ClientVersion: '1',
      };
      socket.on('open', () => socket.send(JSON.stringify(opening)));
      socket.on('message', () => {
        resolve('open');
        socket.close();
      });
      socket.on('unexpected-response', (_request, response) => resolve(`HTTP ${response.statusCode}`));
      socket.on('error', () => undefined);
      socket.on('close', (code) => resolve(String(code)));
    });

  it('has the token of this session, unused', async () => {
    const [one, two] = [await grant(), await grant()];
    assert.equal(await attempt(one.url, 'guess'), '1008');
    assert.equal(await attempt(one.url, two.token), '1008', 'the token of another session');
    assert.equal(await attempt(one.url.replace(/[0-9a-f]{32}/, '0'.repeat(32)), one.token), 'HTTP 404');
    assert.equal(await attempt(one.url, one.token), 'open');
    assert.match(await attempt(one.url, one.token), /^(1008|HTTP 404)$/, 'it was used');
  });

  it('is allowed ecs:ExecuteCommand', async () => {
    await world.aws('iam', 'create-user', '--user-name', 'reader');
    const allowed = { Effect: 'Allow', Action: ['ecs:Describe*', 'ecs:List*'], Resource: '*' };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] });
    await world.aws(
      'iam',
      'put-user-policy',
      '--user-name',
      'reader',
      '--policy-name',
      'p',
      '--policy-document',
      policy,
    );
    const { AccessKey } = await world.aws<{ AccessKey: { AccessKeyId: string; SecretAccessKey: string } }>(
      'iam',
      'create-access-key',
      '--user-name',
      'reader',
    );
    const keys = { AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey };
    const { GANTRY_DATA_DIR: _, ...env } = world.env;
    const { code, err } = await exec(['ex', 'true'], undefined, { ...env, ...keys }).ended;
    assert.equal(code, 4, err);
    assert.match(err, /not authorized to perform: ecs:ExecuteCommand/);
  });

  it('finds neither token nor command output in the logs and the trail', async () => {
    const { token } = await grant();
    const trail = await world.gantry('audit', '--json').catch((error: CommandFailed) => error.stdout);
    assert.match(trail, /ExecuteCommand/);
    assert.ok(!trail.includes(token));
    const files = await command('grep', ['-rlF', token, world.dataDir]).catch((error: CommandFailed) => error.stdout);
    assert.equal(files, '');
  });
});

describe(
  'aws ecs execute-command',
  { skip: has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine' },
  () => {
    it('hands its plugin the session, and the target', async () => {
      const bin = join(world.dataDir, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'session-manager-plugin'), '#!/bin/sh\nfor a in "$@"; do echo "$a"; done\n', {
        mode: 0o755,
      });
      const { taskArns } = await ecs.call('ListTasks', { family: 'ex' });
      const task = taskArns?.[0] ?? '';
      const args = ['ecs', 'execute-command', '--task', task, '--command', 'sh', '--interactive'];
      const out = await command('aws', args, { ...world.env, PATH: `${bin}:${world.env['PATH']}` });
      const lines = out.split('\n');
      const session = JSON.parse(
        lines.find((line) => line.includes('TokenValue') || line.includes('tokenValue')) ?? '{}',
      ) as {
        sessionId?: string;
        streamUrl?: string;
        tokenValue?: string;
      };
      assert.match(session.sessionId ?? '', /^ecs-execute-command-/);
      assert.ok(
        session.streamUrl?.startsWith(`${world.endpoint.replace('http', 'ws')}/v1/data-channel/${session.sessionId}`),
      );
      assert.match(session.tokenValue ?? '', /^[\w-]{43}$/);
      const { tasks } = await ecs.call('DescribeTasks', { tasks: [task] });
      const container = tasks?.[0]?.containers?.[0];
      assert.deepEqual(container?.managedAgents?.[0]?.lastStatus, 'RUNNING');
      const target = `ecs:default_${task.split('/').at(-1)}_${container?.runtimeId}`;
      assert.ok(out.includes(`"Target": "${target}"`) || out.includes(`"Target":"${target}"`), out);
      assert.ok(lines.includes(world.endpoint), 'the endpoint the plugin resumes sessions at');
    });
  },
);
