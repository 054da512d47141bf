import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { whyNoDocker } from '../engine/docker-world.ts';
import { DOCKER_SOCKET, DockerEngine } from '../engine/docker.ts';
import { Transport } from '../engine/transport.ts';
import { ensureBuiltInImages } from '../images/ensure.ts';
import { aContainer, aTask, executionRole, stopOf, taskArn } from '../testing/payloads.ts';
import { shell, until, withRealWorld, type RealWorld } from '../testing/real-world.ts';
import { HostRouterFiles } from './files.ts';

const skip = await whyNoDocker('FireLens on a real container engine');
const NAMESPACE = 'gantry-firelens-test';
const TOKEN = 'a-token-for-the-output';

/** What the router did, a line of JSON each. */
interface Said {
  readonly config?: string;
  readonly token?: string | undefined;
  readonly routed?: {
    readonly tag: string;
    readonly record: Readonly<Record<string, string>>;
    readonly output: string;
  };
}

/**
 * A stand-in for Fluent Bit and fluentd (of which there is no package here): it reads the configuration it is given, opens the sockets that
 * stand in it, speaks the forward protocol and applies filters and outputs to what comes. It runs in an image of Node alone.
 */
describe('a log router on a real engine', { skip, timeout: 180_000 }, () => {
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'gfl-'));
    for (const name of ['router-stand-in.ts', 'msgpack.ts']) {
      await copyFile(new URL(`../testing/${name}`, import.meta.url), join(home, name));
    }
    await writeFile(join(home, 'package.json'), '{"type":"module"}');
    const engine = new DockerEngine();
    await ensureBuiltInImages(engine, { busyboxPaths: [], namespace: NAMESPACE });
    await engine.close();
  });
  after(async () => {
    await rm(home, { recursive: true, force: true });
    const transport = new Transport(DOCKER_SOCKET);
    for (const name of ['hello:latest', 'pause:1']) {
      await transport.call('DELETE', `/v1.41/images/${NAMESPACE}/${name}`, { accept: [404] });
    }
    await transport.close();
  });

  const router = (type: 'fluentbit' | 'fluentd', options: Record<string, string> = {}): PayloadContainer =>
    aContainer('log', {
      image: `${NAMESPACE}/hello:latest`,
      entryPoint: ['/bin/node'],
      command: ['/stand-in/router-stand-in.ts'],
      memory: 0,
      stopTimeout: 10,
      firelensConfiguration: { type, options },
      mountPoints: [{ sourceVolume: 'stand-in', containerPath: '/stand-in', readOnly: true }],
    });
  const routed = (script: string, options: Record<string, string>, over: Partial<PayloadContainer> = {}) =>
    shell('app', script, { hostConfig: { LogConfig: { Type: 'awsfirelens', Config: options } }, ...over });
  const volumes = (): PayloadTask['volumes'] => [{ name: 'stand-in', type: 'host', host: { sourcePath: home } }];

  /** What it says until it ends, as it comes. */
  async function follow(world: RealWorld, id: string, lines: Said[]): Promise<void> {
    const { signal } = new AbortController();
    for await (const { text } of world.engine.logs(id, { signal })) lines.push(JSON.parse(text) as Said);
  }

  for (const type of ['fluentbit', 'fluentd'] as const) {
    test(`${type}: gets every line, with metadata, a filter, an output and its secret; knows nothing after the task`, async () => {
      const files = new HostRouterFiles(join(home, 'f'));
      await withRealWorld(
        async (world) => {
          world.plane.secrets.putParameter('us-east-1', '/token', TOKEN);
          const number = process.pid * 10 + (type === 'fluentd' ? 1 : 2);
          const secrets: PayloadContainer['secrets'] = [
            {
              name: 'api_token',
              valueFrom: '/token',
              region: 'us-east-1',
              provider: 'ssm',
              type: 'BOOTSTRAP',
              target: 'LOG_DRIVER',
            },
          ];
          const options = {
            [type === 'fluentd' ? '@type' : 'Name']: 'stdout',
            'exclude-pattern': '^debug',
            'log-driver-buffer-limit': '500',
          };
          const script = `trap 'echo bye; echo last; exit 0' TERM; echo "at $FLUENT_HOST:$FLUENT_PORT"; echo debug: no; echo two; while :; do sleep 0.1; done`;
          const containers = [routed(script, options, { secrets }), router(type)];
          world.plane.payload(
            aTask(number, containers, { volumes: volumes(), executionRoleCredentials: executionRole() }),
          );
          await until(() => world.last(number) === 'RUNNING app:RUNNING log:RUNNING', 'RUNNING');
          const logState = (await world.own()).find(({ name }) => name.includes('-log-'));
          const inspected = await world.engine.inspectContainer(logState?.id ?? '');
          const paths = files.pathsOf(taskArn(number).slice(-32));
          const config = await readFile(paths.config, 'utf8');
          assert.ok(!config.includes(TOKEN) && config.includes('api_token_0'));

          const lines: Said[] = [];
          const following = follow(world, logState?.id ?? '', lines);
          // Before it listens the engine holds the lines; a container that ends meanwhile takes them with it.
          await until(() => lines.some((line) => line.routed?.record['log'] === 'two'), 'the first lines');
          world.plane.payload(stopOf(number));
          await following;
          assert.equal(lines[0]?.config, config, 'it reads what was written');
          assert.equal(lines[0]?.token, TOKEN);
          const events = lines.flatMap((line) => line.routed ?? []);
          assert.deepEqual(
            events.map(({ record }) => record['log']),
            [`at ${inspected?.addresses?.[0]}:24224`, 'two', 'bye', 'last'],
          );
          const id = taskArn(number).slice(-32);
          for (const { tag, record, output } of events) {
            assert.equal(tag, `app-firelens-${id}`);
            assert.equal(output, 'stdout');
            assert.deepEqual(
              ['source', 'ecs_cluster', 'ecs_task_arn', 'ecs_task_definition'].map((name) => record[name]),
              ['stdout', 'default', taskArn(number), 'web:1'],
            );
          }
          await until(() => world.last(number).startsWith('STOPPED'), 'STOPPED');
          assert.equal(world.last(number), 'STOPPED app:STOPPED(0) log:STOPPED(0)');
          await until(async () => (await world.own()).length === 0, 'the clean-up');
          await until(() => !existsSync(paths.config), 'the clean-up of its files');
        },
        { routerFiles: files, config: { cleanUpDelayMs: 4_000 } },
      );
    });
  }

  test('a router that dies takes nothing with it but the output, when it is not essential; the task still ends', async () => {
    const routerFiles = new HostRouterFiles(join(home, 'f'));
    await withRealWorld(
      async (world) => {
        const number = process.pid * 10 + 3;
        const dies = {
          ...router('fluentbit'),
          command: ['-e', 'setTimeout(() => process.exit(3), 300)'],
          essential: false,
        };
        const app = routed("trap 'exit 0' TERM; while :; do echo x; sleep 0.1; done", { Name: 'stdout' });
        world.plane.payload(aTask(number, [app, dies], { volumes: volumes() }));
        await until(() => world.last(number) === 'RUNNING app:RUNNING log:STOPPED(3)', 'the end of the router');
        world.plane.payload(stopOf(number));
        await until(() => world.last(number).startsWith('STOPPED'), 'STOPPED');
        assert.equal(world.last(number), 'STOPPED app:STOPPED(0) log:STOPPED(3)');
      },
      { routerFiles },
    );
  });
});
