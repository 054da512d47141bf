import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { hostConfigOf, planOf, InvalidTask } from '../supervisor/plan.ts';
import { aContainer, aTask, eni, taskArn } from '../testing/payloads.ts';
import { routedAdded, routerAdded } from './added.ts';
import { routerConfig } from './config.ts';
import { routerFilesContract } from './contract.ts';
import { FakeRouterFiles } from './fake.ts';
import { HostRouterFiles } from './files.ts';
import { firelensPlan, type FirelensPlan } from './plan.ts';

const ID = taskArn(1).slice(-32);
const routed = (name: string, options: Record<string, string> = {}, over: Partial<PayloadContainer> = {}) =>
  aContainer(name, { hostConfig: { LogConfig: { Type: 'awsfirelens', Config: options } }, ...over });
const router = (
  type: 'fluentbit' | 'fluentd',
  options: Record<string, string> = {},
  over: Partial<PayloadContainer> = {},
) => aContainer('log', { firelensConfiguration: { type, options }, ...over });
const secret = (name: string) => ({
  name,
  valueFrom: 'x',
  region: 'us-east-1',
  provider: 'ssm' as const,
  type: 'BOOTSTRAP' as const,
  target: 'LOG_DRIVER' as const,
});

function planned(containers: readonly PayloadContainer[], over: Partial<PayloadTask> = {}): FirelensPlan {
  const plan = firelensPlan(aTask(1, containers, over), (container) => hostConfigOf(container).LogConfig);
  assert.ok(plan !== undefined);
  return plan;
}

describe('the configuration of Fluent Bit', () => {
  test('in bridge mode, with everything', () => {
    const options = {
      Name: 'cloudwatch',
      'log-driver-buffer-limit': '1000',
      region: 'us-east-1',
      log_group_name: 'app',
      'include-pattern': '^ok',
      'exclude-pattern': 'debug$',
    };
    const plan = planned([
      routed('app', options, { secrets: [secret('api-key')] }),
      router('fluentbit', { 'config-file-type': 'file', 'config-file-value': '/extra.conf' }, { memory: 100 }),
    ]);
    assert.equal(
      routerConfig(plan),
      `[INPUT]
    Name forward
    Mem_Buf_Limit 50MB
    unix_path /var/run/fluent.sock

[INPUT]
    Name forward
    Listen 0.0.0.0
    Port 24224

[INPUT]
    Name tcp
    Tag firelens-healthcheck
    Listen 127.0.0.1
    Port 8877

[FILTER]
    Name grep
    Match app-firelens*
    Regex log ^ok

[FILTER]
    Name grep
    Match app-firelens*
    Exclude log debug$

[FILTER]
    Name record_modifier
    Match *
    Record ecs_cluster default
    Record ecs_task_arn ${taskArn(1)}
    Record ecs_task_definition web:1

@INCLUDE /extra.conf

[OUTPUT]
    Name null
    Match firelens-healthcheck

[OUTPUT]
    Name cloudwatch
    Match app-firelens*
    api-key \${api-key_0}
    log_group_name app
    region us-east-1
`,
    );
  });

  test('no metadata, no limit, no output of its own: what the file says counts', () => {
    const plan = planned([routed('app'), router('fluentbit', { 'enable-ecs-log-metadata': 'false' }, { memory: 0 })], {
      networkMode: 'host',
    });
    assert.equal(
      routerConfig(plan),
      `[INPUT]
    Name forward
    Mem_Buf_Limit 25MB
    unix_path /var/run/fluent.sock

[INPUT]
    Name tcp
    Tag firelens-healthcheck
    Listen 127.0.0.1
    Port 8877

[OUTPUT]
    Name null
    Match firelens-healthcheck
`,
    );
  });
});

test('the configuration of fluentd, in awsvpc', () => {
  const plan = planned(
    [
      router('fluentd', { 'config-file-type': 'file', 'config-file-value': '/fluentd/etc/extra.conf' }),
      routed(
        'app',
        { '@type': 'http', 'include-pattern': '^ok', endpoint: 'http://x' },
        { secrets: [secret('token')] },
      ),
    ],
    { networkMode: 'awsvpc', elasticNetworkInterfaces: [eni()] },
  );
  assert.equal(
    routerConfig(plan),
    `<source>
    @type unix
    path /var/run/fluent.sock
</source>

<source>
    @type forward
    bind 127.0.0.1
    port 24224
</source>

<filter app-firelens**>
    @type grep
    <regexp>
        key log
        pattern ^ok
    </regexp>
</filter>

<filter **>
    @type record_transformer
    <record>
        ecs_cluster default
        ecs_task_arn ${taskArn(1)}
        ecs_task_definition web:1
    </record>
</filter>

@include /fluentd/etc/extra.conf

<match app-firelens**>
    @type http
    endpoint http://x
    token "#{ENV['token_1']}"
</match>
`,
  );
});

describe('what is added to create calls', () => {
  const paths = new FakeRouterFiles().pathsOf(ID);
  const app = routed('app', { Name: 'x', 'log-driver-buffer-limit': '7' }, { secrets: [secret('key')] });

  test('the router: configuration, socket, secrets of those it serves', () => {
    const plan = planned([app, router('fluentbit')]);
    assert.deepEqual(
      routerAdded(plan, paths, (name): Record<string, string> => (name === 'app' ? { key: 'hush' } : {})),
      {
        environment: { key_0: 'hush' },
        binds: [`/firelens/${ID}/fluent.conf:/fluent-bit/etc/fluent-bit.conf`, `/firelens/${ID}/run:/var/run/`],
      },
    );
    const daemon = planned([routed('app'), router('fluentd')]);
    assert.deepEqual(
      routerAdded(daemon, paths, () => ({})),
      {
        environment: { FLUENT_UID: '0' },
        binds: [`/firelens/${ID}/fluent.conf:/fluentd/etc/fluent.conf`, `/firelens/${ID}/run:/var/run/`],
      },
    );
  });

  test('those that log to it: the engine’s fluentd driver, and where it is', () => {
    assert.deepEqual(routedAdded(planned([app, router('fluentbit')]), paths, 'app', '172.17.0.2'), {
      environment: { FLUENT_HOST: '172.17.0.2', FLUENT_PORT: '24224' },
      binds: [],
      logConfig: {
        Type: 'fluentd',
        Config: {
          tag: `app-firelens-${ID}`,
          'fluentd-address': `unix:///firelens/${ID}/run/fluent.sock`,
          'fluentd-async': 'true',
          'fluentd-sub-second-precision': 'true',
          'fluentd-buffer-limit': '7',
        },
      },
    });
    assert.deepEqual(routedAdded(planned([app, router('fluentbit')]), paths, 'app', undefined).environment, {});
  });
});

describe('what cannot be', () => {
  const cases: readonly (readonly [string, readonly PayloadContainer[]])[] = [
    ['container app logs to awsfirelens and the task has no FireLens container', [routed('app')]],
    ['more than one FireLens container', [routed('app'), router('fluentd'), aContainer('b', router('fluentd'))]],
    [
      'missing output key Name which is required for firelens configuration of type fluentbit',
      [routed('app', { region: 'x' }), router('fluentbit')],
    ],
    [
      'missing output key @type which is required for firelens configuration of type fluentd',
      [routed('app', { Name: 'x' }), router('fluentd')],
    ],
    [
      'the dependencies of container app form a cycle',
      [routed('app'), router('fluentbit', {}, { dependsOn: [{ containerName: 'app', condition: 'START' }] })],
    ],
  ];
  for (const [text, containers] of cases) {
    test(text, () => {
      const names = containers.map((container, n) => ({ ...container, name: n === 2 ? 'third' : container.name }));
      assert.throws(
        () => planOf(aTask(1, names), { stopTimeoutS: 30 }),
        (error) => error instanceof InvalidTask && error.message.includes(text),
      );
    });
  }
});

test('who logs to the router waits for it, unless it does already', () => {
  const waits = { dependsOn: [{ containerName: 'log', condition: 'HEALTHY' as const }] };
  const plan = planOf(aTask(1, [routed('a'), routed('b', {}, waits), aContainer('c'), router('fluentbit')]), {
    stopTimeoutS: 30,
  });
  assert.deepEqual(
    plan.containers.map(({ dependencies }) => dependencies.map(({ condition }) => condition)),
    [['START'], ['HEALTHY'], [], []],
  );
});

routerFilesContract('the fake', () => {
  const files = new FakeRouterFiles();
  const read = (path: string): string | undefined => {
    const [, , id = '', name] = path.split('/');
    return name === 'fluent.conf' ? files.configs.get(id) : files.included.get(id);
  };
  return Promise.resolve({ files, read: (path) => Promise.resolve(read(path)) });
});

describe('on the host', () => {
  const directories: string[] = [];
  after(() => Promise.all(directories.map((path) => rm(path, { recursive: true, force: true }))));
  async function directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'firelens-'));
    directories.push(path);
    return path;
  }

  routerFilesContract('the file system', async () => ({
    files: new HostRouterFiles(await directory()),
    read: (path) => readFile(path, 'utf8').catch(() => undefined),
  }));

  test('a path too long for a socket says so', async () => {
    const files = new HostRouterFiles(join(await directory(), 'x'.repeat(80)));
    await assert.rejects(files.make(ID, ''), /has 1\d\d bytes, 107 are possible: .*Give the agent a shorter dataDir/);
  });

  test('a task id is a name and no path', async () => {
    const files = new HostRouterFiles(await directory());
    assert.throws(() => files.pathsOf('../x'), /is no task id/);
  });
});
