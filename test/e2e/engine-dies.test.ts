import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Task } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { command, has, startWorld, until, type World } from './world.ts';

const skip =
  process.getuid?.() !== 0
    ? 'SKIPPED: an engine of our own needs root'
    : has('dockerd') && has('unshare')
      ? false
      : 'SKIPPED: dockerd or unshare is not on this machine';

/**
 * An engine of this test alone, in network and mount namespaces of its own: it sees nothing of the one everybody else
 * uses, and nobody else's containers die with it.
 */
class PrivateEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'gantry-engine-'));
  readonly host = `unix://${join(this.folder, 'sock')}`;
  #daemon: ChildProcess | undefined;

  async start(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const script = [
      'mount --make-rprivate /',
      'mount -t tmpfs tmpfs /run',
      'ip link set lo up',
      `exec dockerd --data-root ${at('data')} --exec-root ${at('exec')} --pidfile ${at('pid')} --host ${this.host}` +
        ' --bridge none --iptables=false --ip-forward=false --ip-masq=false',
    ];
    // The record of a containerd that nobody has reaped yet would be believed.
    for (const left of ['pid', 'sock', 'exec/containerd/containerd.pid']) rmSync(at(left), { force: true });
    writeFileSync(at('start.sh'), script.join('\n'));
    const log = openSync(at('log'), 'a');
    // unshare and sh become dockerd: they exec.
    this.#daemon = spawn('unshare', ['-n', '-m', 'sh', '-e', at('start.sh')], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await until('the engine answers', () => this.docker('version'), 30_000);
  }

  docker(...args: string[]): Promise<string> {
    return command('docker', ['--host', this.host, ...args]);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await ended;
    // Its containerd goes with it, a moment later: the next daemon is not to meet the dying one.
    await until('its containerd has ended', () => Promise.resolve(this.#processes('containerd').length === 0));
  }

  /** Processes of that program which were started for this engine: they name its folder. */
  #processes(program: string): readonly number[] {
    return readdirSync('/proc').flatMap((name) => {
      const pid = Number(name);
      if (!(pid > 1)) return [];
      try {
        const [file = '', ...args] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return basename(file) === program && args.some((arg) => arg.startsWith(`${this.folder}/`)) ? [pid] : [];
      } catch {
        return []; // it has ended
      }
    });
  }

  async remove(): Promise<void> {
    const ids = (await this.docker('ps', '-aq').catch(() => '')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.docker('rm', '-f', ...ids);
    await this.end('SIGTERM');
    for (const pid of this.#processes('containerd-shim-runc-v2')) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('an engine that dies', { skip }, () => {
  let engine: PrivateEngine | undefined;
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;

  before(async () => {
    engine = new PrivateEngine();
    await engine.start();
    process.env['DOCKER_HOST'] = engine.host;
    world = await startWorld();
    ecs = ecsClient(world);
    await ecs.call('RegisterTaskDefinition', {
      family: 'web',
      networkMode: 'none',
      containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16 }],
    });
  });
  after(async () => {
    try {
      await world?.down();
    } finally {
      await engine?.remove();
    }
  });

  const describeTask = async (arn: string): Promise<Task> =>
    (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0] as Task;
  const runOne = async (): Promise<string> => {
    const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: 'web' });
    assert.deepEqual(failures, []);
    return tasks?.[0]?.taskArn ?? '';
  };
  const serviceTasks = async (): Promise<readonly Task[]> => {
    const { taskArns } = await ecs.call('ListTasks', { serviceName: 'kept' });
    if (taskArns?.length === 0) return [];
    const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns ?? [] });
    return (tasks ?? []).filter((task) => task.lastStatus === 'RUNNING');
  };

  it('leaves a control plane that answers, and tasks that are told right when it is back', async () => {
    await ecs.call('CreateService', { serviceName: 'kept', taskDefinition: 'web', desiredCount: 1 });
    const lone = await runOne();
    const [first] = await until('both run', async () => {
      const kept = await serviceTasks();
      return kept.length === 1 && (await describeTask(lone)).lastStatus === 'RUNNING' ? kept : undefined;
    });

    await engine?.end('SIGKILL');
    const late = await runOne();
    assert.equal((await describeTask(late)).lastStatus, 'PENDING');
    assert.equal((await describeTask(lone)).lastStatus, 'RUNNING', 'nobody knows better');
    assert.match(await world.gantry('ps'), /kept/);
    const doctor = await world.gantry('doctor').catch((error: { stdout: string }) => error.stdout);
    assert.match(doctor, /FAIL +engine +none answers/);
    process.kill(world.pid('control-plane'), 0);
    process.kill(world.pid('agent'), 0);

    await engine?.start(); // an engine that was killed stops what it ran: it has no live-restore
    const stopped = await until('the lone task is told to have stopped', async () => {
      const task = await describeTask(lone);
      return task.lastStatus === 'STOPPED' ? task : undefined;
    });
    assert.equal(stopped.stopCode, 'EssentialContainerExited');
    assert.equal(stopped.containers?.[0]?.exitCode, 255);
    await until('what was asked for meanwhile runs', async () => (await describeTask(late)).lastStatus === 'RUNNING');
    const [second] = await until('the service has its task again', async () => {
      const kept = await serviceTasks();
      return kept.length === 1 && kept[0]?.taskArn !== first?.taskArn ? kept : undefined;
    });
    assert.notEqual(second?.taskArn, first?.taskArn);
    const running = (await engine?.docker('ps', '-q', '--filter', 'label=com.amazonaws.ecs.task-arn'))?.trim();
    assert.equal(running?.split('\n').length, 2, 'one container for each task, and no more');
    const log = readFileSync(join(world.dataDir, 'run', 'agent.log'), 'utf8');
    assert.match(log, /Cannot reach the container engine at .*sock.*Is it running\?/);
  });
});
