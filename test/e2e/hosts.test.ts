import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Task } from '@aws-sdk/client-ecs';
import { noHosts, startHosts, type Hosts, type TestHost } from './hosts.ts';
import { command, until } from './world.ts';

const SUBNET = 'subnet-00000000000000001';
const networkWith = (securityGroups: readonly string[] = []) => ({
  awsvpcConfiguration: { subnets: [SUBNET], securityGroups: [...securityGroups] },
});

describe('tasks on several hosts', { skip: noHosts, timeout: 240_000 }, () => {
  let world: Hosts;
  let a: TestHost;
  let b: TestHost;
  /** Container instance by host. */
  const instances = new Map<string, string>();

  before(async () => {
    world = await startHosts();
    [a, b] = world.hosts as [TestHost, TestHost];
    const { containerInstanceArns = [] } = await world.ecs.call('ListContainerInstances', {});
    const { containerInstances = [] } = await world.ecs.call('DescribeContainerInstances', {
      containerInstances: containerInstanceArns,
    });
    for (const { attributes = [], containerInstanceArn = '' } of containerInstances) {
      const at = attributes.find(({ name }) => name === 'gantry.host-address')?.value;
      const host = world.hosts.find(({ address }) => address === at);
      assert.ok(host, `each agent found the address of its host, not ${at}`);
      instances.set(host.name, containerInstanceArn);
    }
    const container = { image: 'gantry/hello', memory: 32, portMappings: [{ containerPort: 80 }] };
    for (const [family, networkMode] of [
      ['far', 'awsvpc'],
      ['near', 'bridge'],
    ] as const) {
      await world.ecs.call('RegisterTaskDefinition', {
        family,
        networkMode,
        containerDefinitions: [{ name: family, ...container }],
      });
    }
  });
  after(async () => {
    await world.down();
    assert.doesNotMatch(await command('ip', ['netns']), new RegExp(`gantry-host-${process.pid}-`));
    const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && /gantry-hosts-/.test(commandLine(pid)));
    const mine = left.filter((pid) => commandLine(pid).includes(world.folder));
    assert.deepEqual(mine.map(commandLine), [], 'processes left');
  });

  const describeTasks = async (tasks: readonly string[]): Promise<readonly Task[]> =>
    (await world.ecs.call('DescribeTasks', { tasks: [...tasks] })).tasks ?? [];

  const running = (tasks: readonly string[]): Promise<readonly Task[]> =>
    until('the tasks run', async () => {
      const found = await describeTasks(tasks);
      const stopped = found.find(({ lastStatus }) => lastStatus === 'STOPPED');
      if (stopped !== undefined) throw new Error(`a task stopped: ${stopped.stoppedReason}`);
      return found.every(({ lastStatus }) => lastStatus === 'RUNNING') && found;
    });

  async function startOn(host: TestHost, family: 'far' | 'near', securityGroups?: readonly string[]): Promise<Task> {
    const { tasks = [], failures } = await world.ecs.call('StartTask', {
      taskDefinition: family,
      containerInstances: [instances.get(host.name) ?? ''],
      ...(family === 'far' ? { networkConfiguration: networkWith(securityGroups) } : {}),
    });
    assert.deepEqual(failures, []);
    const [task] = await running([tasks[0]?.taskArn ?? '']);
    assert.ok(task);
    // RUNNING is told when its program has started: that it listens a moment later is not the network's business.
    await until('the task answers itself', () => host.inTask(task.taskArn ?? '', 'wget', '-qO-', 'http://127.0.0.1/'));
    return task;
  }

  async function stop(task: Task): Promise<void> {
    await world.ecs.call('StopTask', { task: task.taskArn });
    await until('the task has stopped', async () => {
      const [found] = await describeTasks([task.taskArn ?? '']);
      return found?.lastStatus === 'STOPPED';
    });
  }

  const hostOf = (task: Task): TestHost => {
    const host = world.hosts.find(({ name }) => instances.get(name) === task.containerInstanceArn);
    assert.ok(host);
    return host;
  };

  /** Which of these a task gets no page from, at the first try. */
  async function unreached(from: Task, to: readonly Task[], seconds = 3): Promise<readonly string[]> {
    const script = to.map(
      (task) => `timeout ${seconds} wget -qO- http://${addressOf(task)}/ >/dev/null || echo ${addressOf(task)}`,
    );
    const out = await hostOf(from).inTask(from.taskArn ?? '', 'sh', '-c', script.join('\n'));
    return out.split('\n').filter((line) => /^\d/.test(line));
  }

  test('a service is spread over the hosts, and every task reaches every other at its own address', async () => {
    await world.ecs.call('CreateService', {
      serviceName: 'far',
      taskDefinition: 'far',
      desiredCount: 4,
      placementStrategy: [{ type: 'spread', field: 'instanceId' }],
      networkConfiguration: networkWith(),
    });
    const arns = await until('the service has its tasks', async () => {
      const { taskArns = [] } = await world.ecs.call('ListTasks', { serviceName: 'far' });
      return taskArns.length === 4 && taskArns;
    });
    const tasks = await running(arns);
    assert.deepEqual(tasks.map((task) => hostOf(task).name).toSorted(), ['a', 'a', 'b', 'b']);
    assert.equal(new Set(tasks.map(addressOf)).size, 4);
    const missed = await Promise.all(tasks.map((task) => unreached(task, tasks)));
    assert.deepEqual(missed, [[], [], [], []]);
  });

  test('a host itself reaches tasks on others, as what balances load there does', async () => {
    // Security groups let it in, as they do at home: this one lets in nobody.
    const words = ['ec2', 'create-security-group', '--group-name', 'closed', '--description', 'closed'];
    const groups = await world.plane.aws<{ GroupId: string }>(words);
    const task = await startOn(b, 'far', [groups.GroupId]);
    const page = await a.run('timeout', '5', 'busybox', 'wget', '-qO-', `http://${addressOf(task)}/`);
    assert.match(page, /Hello/);
    const [other] =
      (await a.run('ip', '-4', '-o', 'addr', 'show', 'dev', 'gantry0-vx')).match(/10\.213\.\d+\.\d+/) ?? [];
    const ownPort = `timeout 1 wget -qO- http://${other}:4566/ && echo open; true`;
    assert.equal(await b.inTask(task.taskArn ?? '', 'sh', '-c', ownPort), '', 'but no task the other host');
    await stop(task);
  });

  test('much goes through, from cards of whatever MTU; later tasks have that of the way', async () => {
    const [one, two] = await Promise.all([startOn(a, 'far'), startOn(b, 'far')]);
    assert.match(await b.inTask(two.taskArn ?? '', 'cat', '/sys/class/net/eth0/mtu'), /^1450$/m);
    const serve =
      'mkdir -p /big && dd if=/dev/zero of=/big/file bs=1000 count=4000 2>/dev/null && httpd -p 9000 -h /big';
    await a.inTask(one.taskArn ?? '', 'sh', '-c', serve);
    for (const mtu of [1500, 1450]) {
      // Cards from before there were other hosts.
      await Promise.all([a.setMtu(one.taskArn ?? '', mtu), b.setMtu(two.taskArn ?? '', mtu)]);
      const fetched = `timeout 20 wget -qO- http://${addressOf(one)}:9000/file | wc -c`;
      assert.equal((await b.inTask(two.taskArn ?? '', 'sh', '-c', fetched)).trim(), '4000000', `MTU ${mtu}`);
    }
    await Promise.all([stop(one), stop(two)]);
  });

  test('an address that moves to another host is reached there at once, by those who knew it and by its host', async () => {
    const [onA, onB] = await Promise.all([startOn(a, 'far'), startOn(b, 'far')]);
    let mover = await startOn(a, 'far');
    const address = addressOf(mover);
    for (const next of [b, a]) {
      assert.deepEqual(await Promise.all([unreached(onA, [mover]), unreached(onB, [mover])]), [[], []]);
      await stop(mover);
      mover = await startOn(next, 'far');
      assert.equal(addressOf(mover), address, 'the lowest free address');
      assert.deepEqual(await Promise.all([unreached(onA, [mover], 1), unreached(onB, [mover], 1)]), [[], []]);
    }
    await Promise.all([onA, onB, mover].map(stop));
    await until('no routes are left to tasks that stopped', async () => {
      // Those to the service's two tasks there, and to the other host.
      const [onA2, onB2] = [await a.routes(), await b.routes()];
      return onA2.length === 3 && onB2.length === 3;
    });
  });

  test('security groups hold across hosts: who may in is known by its own address, and a new rule counts at once', async () => {
    const group = async (name: string): Promise<string> => {
      const words = ['ec2', 'create-security-group', '--group-name', name, '--description', name];
      return (await world.plane.aws<{ GroupId: string }>(words)).GroupId;
    };
    const [servers, clients] = await Promise.all([group('servers'), group('clients')]);
    const letIn = (source: string): Promise<unknown> => {
      const words = ['ec2', 'authorize-security-group-ingress', '--group-id', servers];
      return world.plane.aws([...words, '--protocol', 'tcp', '--port', '80', '--source-group', source]);
    };
    await letIn(clients);
    const [server, client, other] = await Promise.all([
      startOn(b, 'far', [servers]),
      startOn(a, 'far', [clients]),
      startOn(a, 'far', [servers]),
    ]);
    assert.deepEqual(await unreached(client, [server, other]), [], 'on another host, and on the same');
    assert.deepEqual(await unreached(other, [server], 1), [addressOf(server)]);
    assert.deepEqual(await unreached(server, [client, other], 1), [addressOf(client), addressOf(other)]);
    await letIn(servers);
    await until('the new rule is in force', async () => (await unreached(other, [server], 1)).length === 0);
    await Promise.all([server, client, other].map(stop));
  });

  test('ways outlive the agent and the connection to the control plane', async () => {
    const [onA, onB] = await Promise.all([startOn(a, 'far'), startOn(b, 'far')]);
    const before = await a.routes();
    await a.stopAgent('SIGKILL');
    assert.deepEqual(await Promise.all([unreached(onA, [onB]), unreached(onB, [onA])]), [[], []]);
    await a.restartAgent();
    await until('the agent is back', async () => {
      const { containerInstances = [] } = await world.ecs.call('DescribeContainerInstances', {
        containerInstances: [instances.get('a') ?? ''],
      });
      return containerInstances[0]?.agentConnected === true;
    });
    const late = await startOn(a, 'far');
    assert.deepEqual(await unreached(onB, [onA, late]), []);
    assert.deepEqual(await a.routes(), before);
    await Promise.all([onA, onB, late].map(stop));
  });

  test('a host that was cut off is told all it missed', async () => {
    const [onA, onB] = await Promise.all([startOn(a, 'far'), startOn(b, 'far')]);
    await b.unplug();
    const onA2 = await startOn(a, 'far');
    await stop(onA);
    assert.ok(!(await b.routes()).includes(addressOf(onA2)));
    assert.ok((await b.routes()).includes(addressOf(onA)), 'nothing is torn down meanwhile');
    await b.plug();
    await until(
      'host b knows of the change',
      async () => {
        const routes = await b.routes();
        return routes.includes(addressOf(onA2)) && !routes.includes(addressOf(onA));
      },
      120_000,
    );
    assert.deepEqual(await unreached(onB, [onA2]), []);
    await Promise.all([onB, onA2].map(stop));
  });

  test('bridge mode: the host port that DescribeTasks tells is open at the address of its host', async () => {
    for (const host of [a, b]) {
      const task = await startOn(host, 'near');
      const [binding] = task.containers?.[0]?.networkBindings ?? [];
      assert.ok((binding?.hostPort ?? 0) >= 1024);
      const page = await (await fetch(`http://${host.address}:${binding?.hostPort}/`)).text();
      assert.match(page, /Hello/);
      await stop(task);
    }
  });
});

const addressOf = (task: Task): string => task.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address ?? '';

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
