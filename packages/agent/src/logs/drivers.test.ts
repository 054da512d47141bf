import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { DockerEngine } from '../engine/docker.ts';
import { whyNoDocker } from '../engine/docker-world.ts';
import { LinkError } from '../session/port.ts';
import { aTask, executionRole, taskArn } from '../testing/payloads.ts';
import { shell, until, withRealWorld, type RealWorld } from '../testing/real-world.ts';
import { forwardReceiver, splunkReceiver, tcpReceiver, udpReceiver, type Receiver } from '../testing/receivers.ts';
import { lackingDriver } from './drivers.ts';

const skip = await whyNoDocker('Log drivers on a real container engine');
const NON_BLOCKING = { mode: 'non-blocking', 'max-buffer-size': '1m' };
const TOKEN = 'a-collector-token';

/** Says two lines and goes, in the driver's hands. */
function saying(driver: string, options: Record<string, string>, over: Partial<PayloadContainer> = {}) {
  const hostConfig = { LogConfig: { Type: driver, Config: options } };
  return shell('web', 'echo one; echo two', { hostConfig, ...over });
}

const secretOption = (name: string) => ({
  name,
  valueFrom: '/splunk/token',
  region: 'us-east-1',
  provider: 'ssm' as const,
  type: 'BOOTSTRAP' as const,
  target: 'LOG_DRIVER' as const,
});

/** Attributes the instance registered with. */
function offeredBy(world: RealWorld): readonly string[] {
  const call = world.plane.calls.find(({ operation }) => operation === 'RegisterContainerInstance');
  const { attributes = [] } = (call?.input ?? {}) as { readonly attributes?: readonly { readonly name: string }[] };
  return attributes.map(({ name }) => name);
}

let tasks = process.pid * 1000;

async function ran(world: RealWorld, container: PayloadContainer, over: Partial<PayloadTask> = {}): Promise<string> {
  const number = (tasks += 1);
  world.plane.payload(aTask(number, [container], over));
  await until(() => world.last(number).startsWith('STOPPED'), 'STOPPED');
  return world.last(number);
}

async function taking<T>(open: Promise<Receiver<T>>, body: (receiver: Receiver<T>) => Promise<void>): Promise<void> {
  const receiver = await open;
  try {
    await body(receiver);
  } finally {
    await receiver.close();
  }
}

describe("the engine's log drivers", { skip, timeout: 300_000 }, () => {
  for (const mode of [{ mode: 'blocking' }, NON_BLOCKING]) {
    test(`syslog, by UDP and by TCP, ${mode.mode}`, () =>
      withRealWorld(async (world) => {
        for (const [scheme, open] of [
          ['udp', udpReceiver],
          ['tcp', tcpReceiver],
        ] as const) {
          await taking(open(), async ({ port, received }) => {
            const options = {
              'syslog-address': `${scheme}://127.0.0.1:${port}`,
              'syslog-facility': 'local0',
              tag: 'app',
            };
            assert.equal(await ran(world, saying('syslog', { ...options, ...mode })), 'STOPPED web:STOPPED(0)');
            await until(() => received.length === 2, `two lines by ${scheme}`);
            // 16 * 8 + 6: local0, informational.
            assert.match(received[0] ?? '', /^<134>.* app\[\d+\]: one$/);
            assert.match(received[1] ?? '', / app\[\d+\]: two$/);
          });
        }
      }));

    test(`gelf, ${mode.mode}`, () =>
      withRealWorld((world) =>
        taking(udpReceiver(), async ({ port, received }) => {
          const options = { 'gelf-address': `udp://127.0.0.1:${port}`, tag: 'app', ...mode };
          assert.equal(await ran(world, saying('gelf', options)), 'STOPPED web:STOPPED(0)');
          await until(() => received.length === 2, 'two messages');
          const messages = received.map((text) => JSON.parse(text) as Record<string, unknown>);
          assert.deepEqual(
            messages.map(({ short_message, _tag }) => [short_message, _tag]),
            [
              ['one', 'app'],
              ['two', 'app'],
            ],
          );
        }),
      ));

    test(`fluentd, ${mode.mode}`, () =>
      withRealWorld((world) =>
        taking(forwardReceiver(), async ({ port, received }) => {
          const options = { 'fluentd-address': `127.0.0.1:${port}`, tag: 'app', ...mode };
          assert.equal(await ran(world, saying('fluentd', options)), 'STOPPED web:STOPPED(0)');
          await until(() => received.length === 2, 'two events');
          assert.deepEqual(
            received.map(({ tag, record }) => [tag, record['log'], record['source']]),
            [
              ['app', 'one', 'stdout'],
              ['app', 'two', 'stdout'],
            ],
          );
        }),
      ));

    test(`splunk, whose token is a secret, ${mode.mode}`, () =>
      withRealWorld((world) =>
        taking(splunkReceiver(TOKEN), async ({ port, received }) => {
          world.plane.secrets.putParameter('us-east-1', '/splunk/token', TOKEN);
          const options = { 'splunk-url': `http://127.0.0.1:${port}`, 'splunk-source': 'gantry', ...mode };
          const container = saying('splunk', options, { secrets: [secretOption('splunk-token')] });
          assert.equal(
            await ran(world, container, { executionRoleCredentials: executionRole() }),
            'STOPPED web:STOPPED(0)',
          );
          await until(() => received.length === 2, 'two events');
          assert.deepEqual(
            received.map(({ event }) => [event['source'], (event['event'] as { line: string }).line]),
            [
              ['gantry', 'one'],
              ['gantry', 'two'],
            ],
          );
          assert.ok(!JSON.stringify([world.durable(), world.plane.reports]).includes(TOKEN));
          const labels = (await world.own()).map((container) => container.labels);
          assert.ok(!JSON.stringify(labels).includes(TOKEN));
        }),
      ));

    test(`json-file, ${mode.mode}`, () =>
      withRealWorld(async (world) => {
        const number = (tasks += 1);
        const hostConfig = { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', ...mode } } };
        world.plane.payload(aTask(number, [shell('web', 'echo one; sleep 600', { hostConfig })]));
        await until(() => world.last(number) === 'RUNNING web:RUNNING', 'RUNNING');
        const id = (await world.own())[0]?.id ?? '';
        const lines: string[] = [];
        const over = new AbortController();
        for await (const { text } of world.engine.logs(id, { signal: over.signal })) {
          lines.push(text);
          break;
        }
        over.abort();
        assert.deepEqual(lines, ['one']);
      }));
  }

  test('what the engine says against a secret option is told without it', () =>
    withRealWorld(async (world) => {
      const url = 'http://127.0.0.1:1';
      world.plane.secrets.putParameter('us-east-1', '/splunk/token', url);
      const container = saying('splunk', { 'splunk-token': 'x' }, { secrets: [secretOption('splunk-url')] });
      await ran(world, container, { executionRoleCredentials: executionRole() });
      const reason = world.plane.reports.at(-1)?.containers?.[0]?.reason ?? '';
      assert.match(
        reason,
        /^CannotStartContainerError: Error response from daemon: failed to initialize logging driver/,
      );
      assert.match(reason, /\*\*\*\/services\/collector/);
      assert.ok(!reason.includes(url));
    }));

  test('journald: offered where there is a journal; else refused before anything is made', () =>
    withRealWorld(async (world) => {
      const engine = new DockerEngine();
      const { logDrivers } = await engine.ping();
      await engine.close();
      const told = await ran(world, saying('journald', { tag: 'app', ...NON_BLOCKING }));
      const offered = `${offeredBy(world).includes('com.amazonaws.ecs.capability.logging-driver.journald')}`;
      assert.equal(offered, `${logDrivers.includes('journald')}`);
      if (logDrivers.includes('journald')) return assert.equal(told, 'STOPPED web:STOPPED(0)');
      const reason = world.plane.reports.at(-1)?.containers?.[0]?.reason ?? '';
      assert.match(
        reason,
        /^CannotCreateContainerError: container web needs the log driver journald, which the engine of instance \S+ does not have \(it has .*json-file.*\)\. Run the task where com\.amazonaws\.ecs\.capability\.logging-driver\.journald is offered, or give the container another logDriver\.$/,
      );
    }));

  test('awslogs, blocking: a container that nobody takes the output of is held, and nothing of it is lost', () =>
    withRealWorld(async (world) => {
      const number = (tasks += 1);
      world.plane.groups.add('g');
      let away = true;
      world.plane.answer = (operation) =>
        operation === 'PutLogEvents' && away ? new LinkError('Unreachable', 'the control plane is away') : undefined;
      const Config = {
        'awslogs-group': 'g',
        'awslogs-region': 'us-east-1',
        'awslogs-stream-prefix': 'p',
        mode: 'blocking',
      };
      const hostConfig = { LogConfig: { Type: 'awslogs', Config } };
      // Ten lines of 16 KiB at a time.
      const script =
        'line=$(printf \'%016384d\' 0); n=0; while :; do n=$((n + 1)); echo "$n $line"; [ $((n % 10)) = 0 ] && sleep 0.05; done';
      world.plane.payload(aTask(number, [shell('web', script, { hostConfig })]));
      await until(async () => (await world.own())[0]?.status === 'paused', 'the hold');
      away = false;
      const stream = `g/p/web/${taskArn(number).slice(-32)}`;
      const numbers = (): readonly number[] =>
        (world.plane.streams.get(stream) ?? []).map(({ message = '' }) => Number.parseInt(message, 10));
      // A mebibyte was held; more than that is what it wrote when it went on.
      await until(() => numbers().length > 100, 'more lines than were held');
      assert.deepEqual(
        numbers(),
        numbers().map((_, at) => at + 1),
      );
    }));

  test('what the engine has is what the instance offers', () =>
    withRealWorld(async (world) => {
      const { logDrivers } = await world.engine.ping();
      const prefix = 'com.amazonaws.ecs.capability.logging-driver.';
      const offered = offeredBy(world).filter((name) => name.startsWith(prefix));
      for (const driver of ['json-file', 'syslog', 'fluentd', 'gelf', 'splunk', 'logentries', 'journald']) {
        assert.equal(offered.includes(prefix + driver), logDrivers.includes(driver), driver);
      }
    }));
});

describe('a driver the engine lacks', () => {
  const host = { instance: 'i', logDrivers: ['json-file', 'syslog'] };
  test('is said with the way out', () => {
    assert.equal(
      lackingDriver('web', 'gelf', host),
      'container web needs the log driver gelf, which the engine of instance i does not have (it has json-file, syslog). ' +
        'Run the task where com.amazonaws.ecs.capability.logging-driver.gelf is offered, or give the container another logDriver.',
    );
  });
  test('is none where there is nothing to say', () => {
    for (const driver of [undefined, 'none', 'syslog']) assert.equal(lackingDriver('web', driver, host), undefined);
    assert.equal(lackingDriver('web', 'gelf', { instance: 'i', logDrivers: [] }), undefined);
  });
});
