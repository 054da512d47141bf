import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Task } from '@aws-sdk/client-ecs';
import { ROOT } from '../../tools/tidy/sources.ts';
import { ecsClient } from './ecs.ts';
import { noPrivateEngine, PrivateEngine } from './private-engine.ts';
import { command, CommandFailed, has, startWorld, until, type World } from './world.ts';

/**
 * What a hostile task tries against its neighbours, its host and the control plane. Everything here must fail; who is
 * allowed what by ECS's own model is in docs/security.md.
 */
interface Place {
  readonly name: string;
  readonly launchType: 'FARGATE' | 'EC2';
  readonly networkMode: 'awsvpc' | 'bridge';
  readonly sandbox?: true;
}

const PLACES: readonly Place[] = [
  { name: 'FARGATE', launchType: 'FARGATE', networkMode: 'awsvpc' },
  { name: 'EC2, awsvpc', launchType: 'EC2', networkMode: 'awsvpc' },
  { name: 'EC2, bridge', launchType: 'EC2', networkMode: 'bridge' },
];
const SANDBOXED: Place = { name: 'FARGATE, gVisor', launchType: 'FARGATE', networkMode: 'awsvpc', sandbox: true };
const RUNTIME = join(ROOT, 'packages/agent/src/isolation/gantry-runsc');
const RAW = join(import.meta.dirname, 'raw_attacks.py');
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

/** A task of two: the one that attacks, and its victim. */
interface Inside {
  readonly task: Task;
  readonly dockerId: string;
  readonly pid: number;
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** Paths at 169.254.170.2. */
  readonly credentials: string;
  readonly metadata: string;
  /** Runs a script; what it wrote, and whether it ended well. */
  sh(script: string): Promise<{ readonly ok: boolean; readonly text: string }>;
}

class Battlefield {
  readonly #place: Place;
  #engine: PrivateEngine | undefined;
  world!: World;
  attacker!: Inside;
  victim!: Inside;
  #before = process.env['DOCKER_HOST'];

  constructor(place: Place) {
    this.#place = place;
    const path = join(ROOT, 'packages/agent/src/isolation/gantry-runsc');
    this.#engine = place.sandbox === true ? new PrivateEngine({ 'gantry-runsc': { path } }) : undefined;
  }

  async open(): Promise<void> {
    if (this.#place.sandbox === true) {
      this.#engine = new PrivateEngine({ 'gantry-runsc': { path: RUNTIME } });
      await this.#engine.start();
      process.env['DOCKER_HOST'] = this.#engine.host;
    }
    this.world = await startWorld(...(this.#place.sandbox === true ? [] : ['--fargate-runtime', 'runc']));
    const trust = ['--assume-role-policy-document', JSON.stringify(TRUST)];
    const made = await this.world.aws<{ Role: { Arn: string } }>('iam', 'create-role', '--role-name', 'app', ...trust);
    const { launchType, networkMode } = this.#place;
    await ecsClient(this.world).call('RegisterTaskDefinition', {
      family: 'pair',
      networkMode,
      taskRoleArn: made.Role.Arn,
      ...(launchType === 'FARGATE' ? { requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' } : {}),
      containerDefinitions: [{ name: 'main', image: 'gantry/hello', memory: 128 }],
    });
    [this.attacker, this.victim] = await Promise.all([this.#run(), this.#run()]);
  }

  async close(): Promise<void> {
    try {
      await this.world?.down();
    } finally {
      await this.#engine?.remove();
      if (this.#before === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = this.#before;
    }
  }

  async inspect(format: string): Promise<string> {
    return (await command('docker', ['inspect', '--format', format, this.attacker.dockerId])).trim();
  }

  async #run(): Promise<Inside> {
    const ecs = ecsClient(this.world);
    const { subnets } = JSON.parse(await this.world.gantry('status', '--json')) as { subnets: { subnetId: string }[] };
    const { launchType, networkMode } = this.#place;
    const network = { awsvpcConfiguration: { subnets: [subnets[0]?.subnetId ?? ''] } };
    const { tasks, failures } = await ecs.call('RunTask', {
      taskDefinition: 'pair',
      launchType,
      ...(networkMode === 'awsvpc' ? { networkConfiguration: network } : {}),
    });
    assert.deepEqual(failures, []);
    const taskArn = tasks?.[0]?.taskArn ?? '';
    const task = await until(`${taskArn} runs`, async () => {
      const [found] = (await ecs.call('DescribeTasks', { tasks: [taskArn] })).tasks ?? [];
      return found?.lastStatus === 'RUNNING' ? found : undefined;
    });
    const dockerId = (
      await command('docker', ['ps', '-q', '--filter', `label=com.amazonaws.ecs.task-arn=${taskArn}`])
    ).trim();
    const format = '{{.State.Pid}} {{.NetworkSettings.IPAddress}}';
    const [pid = '', onBridge = ''] = (await command('docker', ['inspect', '--format', format, dockerId]))
      .trim()
      .split(' ');
    const details = task.attachments?.[0]?.details;
    const address = details?.find(({ name }) => name === 'privateIPv4Address')?.value ?? onBridge;
    const sh: Inside['sh'] = async (script) =>
      command('docker', ['exec', dockerId, '/bin/sh', '-c', `${script} 2>&1`], process.env, 60_000).then(
        (text) => ({ ok: true, text }),
        (error: unknown) => ({ ok: false, text: error instanceof CommandFailed ? error.stdout : String(error) }),
      );
    const env = Object.fromEntries((await sh('env')).text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const credentials = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? assert.fail('it has no role');
    const metadata = `${new URL(env['ECS_CONTAINER_METADATA_URI_V4'] ?? '').pathname}/task`;
    return { task, dockerId, pid: Number(pid), address, env: env as Inside['env'], credentials, metadata, sh };
  }
}

/** `status` is missing when nobody answers. A time-out would be an option of wget's that crashes in a static busybox. */
async function ask(
  inside: Inside,
  path: string,
  headers: readonly string[] = [],
  { at = 'http://169.254.170.2', method = 'GET' } = {},
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const options = [
    ...headers.map((header) => `--header '${header}'`),
    ...(method === 'POST' ? ["--post-data '{}'"] : []),
  ];
  const { ok, text } = await inside.sh(`wget -O- ${options.join(' ')} '${at}${path}'`);
  const refused = /server returned error: HTTP\/1\.[01] (\d+)/.exec(text)?.[1];
  return { status: ok ? 200 : refused === undefined ? undefined : Number(refused), text };
}

for (const place of [...PLACES, SANDBOXED]) {
  const { networkMode, launchType, sandbox } = place;
  const lacking = has('runsc') ? false : 'SKIPPED: runsc (gVisor) is not on this machine';
  const skip = process.getuid?.() === 0 ? sandbox === true && (noPrivateEngine || lacking) : 'SKIPPED: needs root';
  describe(`a hostile task: ${place.name}`, { skip }, () => {
    const field = new Battlefield(place);
    before(() => field.open());
    after(() => field.close());

    it('gets its own credentials, so that what follows is no accident', async () => {
      const { attacker } = field;
      const { status, text } = await ask(attacker, attacker.credentials);
      assert.equal(status, 200, text);
      assert.match(text, /SecretAccessKey/);
      assert.equal((await ask(attacker, attacker.metadata)).status, 200);
    });

    it('gets nobody else’s credentials and metadata with a stolen URI, whatever it says of itself', async () => {
      const { attacker, victim } = field;
      const { credentials, metadata, address } = victim;
      const lies = ['', `X-Forwarded-For: ${address}`, `Forwarded: for=${address}`, `X-Real-IP: ${address}`];
      const paths = [
        credentials,
        metadata,
        `/.${credentials}`,
        metadata.replace('/v4/', '//v4/./'),
        `/x/..${metadata}`,
      ];
      for (const path of paths) {
        for (const lie of lies) {
          const { status, text } = await ask(attacker, path, lie === '' ? [] : [lie]);
          assert.ok(status !== undefined && status >= 300, `${lie} ${path}: ${text}`);
          assert.ok(!text.includes('SecretAccessKey') && !text.includes(victim.task.taskArn ?? '?'), text);
        }
      }
    });

    it('is redirected nowhere', async () => {
      const { attacker, victim } = field;
      for (const path of [
        `//${victim.address}/`,
        `/v4/../..${victim.credentials}`,
        '/v2//',
        `${attacker.metadata}//`,
      ]) {
        const { status, text } = await ask(attacker, path, [`Host: ${victim.address}`]);
        assert.ok(status !== undefined && !(status >= 300 && status < 400), text);
      }
    });

    it('reaches none of the host’s own ports', async () => {
      const { attacker, world } = field;
      const { text } = await attacker.sh("route -n | grep '^0.0.0.0'");
      const gateway =
        networkMode === 'bridge' ? (text.split(/\s+/)[1] ?? '') : attacker.address.replace(/\.\d+$/, '.1');
      const control = new URL(world.endpoint).port;
      for (const host of [gateway, '169.254.170.2']) {
        for (const port of [control, '51678', '51679', '2375', '2376']) {
          const { ok } = await attacker.sh(`nc -w 2 ${host} ${port} </dev/null`);
          assert.ok(!ok, `${host}:${port} let it in`);
        }
      }
    });

    it('may call the API only with a signature', async () => {
      const { attacker } = field;
      const at = attacker.env['AWS_ENDPOINT_URL'] ?? assert.fail('it is told of no endpoint');
      const target = 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters';
      const to = { at: at.replace(/\/$/, ''), method: 'POST' };
      const { status, text } = await ask(attacker, '/', [target, 'Content-Type: application/x-amz-json-1.1'], to);
      assert.ok(status === 400 || status === 403, text);
      assert.doesNotMatch(text, /clusterArns/);
    });

    it('sees no file and no process but its own', async () => {
      const { attacker, victim, world } = field;
      for (const path of [
        '/var/run/docker.sock',
        '/run/docker.sock',
        '/var/lib/docker',
        '/etc/gantry',
        world.dataDir,
      ]) {
        assert.ok(!(await attacker.sh(`ls -d ${path}`)).ok, path);
      }
      const { text } = await attacker.sh('cat /proc/[0-9]*/environ');
      assert.ok(!text.includes(victim.env['ECS_CONTAINER_METADATA_URI_V4'] ?? '?'));
      assert.ok(!(await attacker.sh(`kill -0 ${victim.pid}`)).ok, 'the victim is no process of its');
    });

    it('cannot mount, open devices or write to the kernel', async () => {
      const { dev } = statSync('/');
      const disk = `${(dev >> 8) & 0xfff} ${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
      for (const attack of [
        // gVisor has file systems of its own to mount, and none of the host's.
        ...(sandbox === true ? [] : ['mount -t tmpfs none /tmp', 'mount -t proc none /proc']),
        'mount -o bind /proc/1/root /tmp && ls /tmp/var/lib/docker',
        'echo "|/tmp/x" >/proc/sys/kernel/core_pattern',
        'echo c >/proc/sysrq-trigger',
        ...['release_agent', 'cgroup.procs', 'notify_on_release', 'tasks', 'devices.allow'].map(
          (file) =>
            `for f in /sys/fs/cgroup/${file} /sys/fs/cgroup/*/${file}; do [ -e $f ] && echo 1 >$f && exit 0; done; exit 1`,
        ),
        'echo 1 >/sys/kernel/uevent_helper',
        'dd if=/proc/kcore of=/dev/null bs=1 count=1',
        `/bin/busybox mknod /tmp/disk b ${disk} && dd if=/tmp/disk of=/dev/null bs=512 count=1`,
      ]) {
        const { ok, text } = await field.attacker.sh(`(${attack})`);
        assert.ok(!ok, `${attack}: ${text}`);
      }
    });

    const bounded = 'cannot exhaust the host’s processes or fill its disk with output';
    // On EC2 that is for the task definition to say.
    if (launchType === 'FARGATE')
      it(bounded, async () => {
        assert.equal(await field.inspect('{{.HostConfig.PidsLimit}}'), '4096');
        assert.match(await field.inspect('{{json .HostConfig.LogConfig}}'), /"max-file":"5","max-size":"20m"/);
        if (sandbox === true) return;
        const pids = await field.attacker.sh('cat /sys/fs/cgroup/pids/pids.max || cat /sys/fs/cgroup/pids.max');
        assert.equal(pids.text.trim().split('\n').at(-1), '4096', 'the kernel holds it to that');
      });

    // A bridge of Docker is one network to all on it.
    if (networkMode === 'awsvpc')
      describe('on the wire', () => {
        const raw = (...args: readonly string[]): Promise<string> =>
          command('nsenter', [`--net=/proc/${field.attacker.pid}/ns/net`, 'python3', RAW, ...args]);

        it('asks in vain as its victim', async () => {
          // A sandbox has taken the address out of the namespace.
          if (sandbox !== true) assert.equal((await raw('ask', '169.254.170.2', '80')).trim(), 'connected');
          assert.equal((await raw('borrow', field.victim.address, '169.254.170.2', '80')).trim(), 'refused');
        });

        it('poisons nobody’s table of neighbours', async () => {
          const { attacker, victim } = field;
          const gateway = attacker.address.replace(/\.\d+$/, '.1');
          const answer = (): Promise<string> => fetch(`http://${victim.address}/`).then((response) => response.text());
          const page = await answer();
          await raw('poison', victim.address, gateway);
          await raw('poison', gateway, victim.address);
          assert.equal(await answer(), page, 'the host still talks to the victim');
          assert.equal((await ask(victim, victim.credentials)).status, 200, 'and the victim to the host');
        });

        it('overhears nothing', async () => {
          const { attacker, victim } = field;
          const net = `--net=/proc/${attacker.pid}/ns/net`;
          const child = spawn('nsenter', [net, 'python3', RAW, 'sniff', victim.address], {
            stdio: ['pipe', 'pipe', 'inherit'],
          });
          let output = '';
          const ended = new Promise((resolve) => child.once('close', resolve));
          const listening = new Promise<void>((resolve) =>
            child.stdout.on('data', (data: Buffer) => {
              output += data.toString();
              if (output.includes('listening')) resolve();
            }),
          );
          await listening;
          for (const { address } of [victim, attacker, victim, victim]) {
            await fetch(`http://${address}/`).then((response) => response.text());
          }
          child.stdin.end();
          await ended;
          assert.match(output, /overheard 0, heard [1-9]/, 'it heard what was for itself');
        });
      });
  });
}
