import assert from 'node:assert/strict';
import { readFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { keysIn, startPlane, type LonePlane } from './control-plane.ts';
import { get, startLoad, startTarget, type Target } from './load.ts';
import { has } from './world.ts';

const skip = has('aws') && existsSync('/usr/sbin/haproxy') ? false : 'the AWS CLI or haproxy is not installed';

const folder = mkdtempSync(join(tmpdir(), 'gantry-elb-'));
const dataDir = join(folder, 'data');
const flags = ['--key-file', join(folder, 'key', 'seal.key')];
let plane: LonePlane;
const targets: Target[] = [];
let [balancer, listener, port] = ['', '', 0];

interface Made {
  readonly LoadBalancers: { LoadBalancerArn: string; DNSName: string }[];
  readonly TargetGroups: { TargetGroupArn: string }[];
  readonly Listeners: { ListenerArn: string }[];
  readonly Rules: { RuleArn: string }[];
  readonly Attributes: { Key: string; Value: string }[];
}

const elb = (...words: string[]): Promise<Made> => plane.aws<Made>(['elbv2', ...words]);

async function group(name: string, ...more: string[]): Promise<string> {
  const { Vpcs } = await plane.aws<{ Vpcs: { VpcId: string }[] }>(['ec2', 'describe-vpcs']);
  const shape = ['--protocol', 'HTTP', '--port', '80', '--vpc-id', Vpcs[0]?.VpcId ?? '', '--target-type', 'ip'];
  const check = [
    '--health-check-path',
    '/health',
    '--health-check-interval-seconds',
    '5',
    '--health-check-timeout-seconds',
    '2',
  ];
  const times = ['--healthy-threshold-count', '2', '--unhealthy-threshold-count', '2'];
  const made = await elb('create-target-group', '--name', name, ...shape, ...check, ...times, ...more);
  return made.TargetGroups[0]?.TargetGroupArn ?? '';
}

/** For what is asked often: the command line takes its time to start. */
function sdk(): ElasticLoadBalancingV2 {
  const { accessKeyId, secretAccessKey } = keysIn(dataDir, 'administrator');
  return new ElasticLoadBalancingV2({
    endpoint: plane.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
}
const named = (each: readonly Target[]) => each.map((target) => ({ Id: '127.0.0.1', Port: target.port }));
const register = (TargetGroupArn: string, ...each: Target[]) =>
  sdk().registerTargets({ TargetGroupArn, Targets: named(each) });
const deregister = (TargetGroupArn: string, ...each: Target[]) =>
  sdk().deregisterTargets({ TargetGroupArn, Targets: named(each) });

async function health(TargetGroupArn: string): Promise<Record<string, string>> {
  const { TargetHealthDescriptions = [] } = await sdk().describeTargetHealth({ TargetGroupArn });
  return Object.fromEntries(
    TargetHealthDescriptions.map(({ Target: known, TargetHealth }) => [
      known?.Port,
      [TargetHealth?.State, ...(TargetHealth?.Reason === undefined ? [] : [TargetHealth.Reason])].join(' '),
    ]),
  );
}

/** Asks until it is so. */
async function until(what: string, isSo: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(20);
  }
}

const untilHealthy = (arn: string, ...each: Target[]) =>
  until('healthy', async () => {
    const states = await health(arn);
    return each.every((target) => states[target.port] === 'healthy');
  });

async function rule(priority: number, condition: string, action: object): Promise<string> {
  const which = ['--listener-arn', listener, '--priority', String(priority), '--conditions', condition];
  const made = await elb('create-rule', ...which, '--actions', JSON.stringify([action]));
  return made.Rules[0]?.RuleArn ?? '';
}

/** The process that carries the traffic. */
function worker(): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(join(dataDir, 'run', 'haproxy.sock'), () => socket.write('show info\n'));
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(/^Pid: (\d+)$/m.exec(text)?.[1] ?? ''));
  });
}

const pidFile = join(dataDir, 'run', 'haproxy.pid');
const proxyPid = (): number => (JSON.parse(readFileSync(pidFile, 'utf8')) as { pid: number }).pid;

const isRunning = (): Promise<boolean> =>
  worker().then(
    () => true,
    () => false,
  );

describe('load balancers', { skip }, () => {
  let [blue, green] = ['', ''];
  const [a, b, c] = [0, 1, 2].map((at) => () => targets[at] as Target) as [() => Target, () => Target, () => Target];

  before(async () => {
    for (const name of ['a', 'b', 'c']) targets.push(await startTarget(name));
    plane = await startPlane(dataDir, ...flags);
    const made = await elb('create-load-balancer', '--name', 'web');
    balancer = made.LoadBalancers[0]?.LoadBalancerArn ?? '';
    [blue, green] = [await group('blue'), await group('green')];
    const forward = ['--default-actions', `Type=forward,TargetGroupArn=${blue}`];
    const listening = ['--load-balancer-arn', balancer, '--protocol', 'HTTP', '--port', '80', ...forward];
    listener = (await elb('create-listener', ...listening)).Listeners[0]?.ListenerArn ?? '';
    const { Attributes } = await elb('describe-listener-attributes', '--listener-arn', listener);
    port = Number(Attributes[0]?.Value);
    await register(blue, a());
    await register(green, c());
    await untilHealthy(blue, a());
  });

  after(async () => {
    // Without a listener there is no proxy.
    try {
      await elb('delete-load-balancer', '--load-balancer-arn', balancer);
      await until('the proxy has ended', async () => !(await isRunning()));
      assert.equal(existsSync(pidFile), false);
    } finally {
      await plane.end();
      if (existsSync(pidFile)) process.kill(proxyPid(), 'SIGTERM');
      await Promise.all(targets.map((target) => target.close()));
      rmSync(folder, { recursive: true });
    }
  });

  test('requests go by path, host, header, query and method; the rest to the default', async () => {
    const greenAction = { Type: 'forward', TargetGroupArn: green };
    const fixed = (MessageBody: string) => ({
      Type: 'fixed-response',
      FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody },
    });
    const made = [
      await rule(1, 'Field=path-pattern,Values=/api/*', greenAction),
      await rule(2, 'Field=host-header,Values=*.example.com', fixed('it\'s "host"\n')),
      await rule(
        3,
        JSON.stringify([{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Kind', Values: ['te?t*'] } }]),
        fixed('header'),
      ),
      await rule(
        4,
        JSON.stringify([{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: '2*' }] } }]),
        fixed('query'),
      ),
      await rule(
        5,
        JSON.stringify([
          { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['PURGE'] } },
          { Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.0/8'] } },
        ]),
        fixed('method'),
      ),
      await rule(6, 'Field=path-pattern,Values=/old', {
        Type: 'redirect',
        RedirectConfig: { Protocol: 'HTTPS', Port: '443', Path: '/new/#{path}', StatusCode: 'HTTP_301' },
      }),
    ];
    await untilHealthy(green, c());
    await until('the last rule is served', async () => (await get(port, '/old')).status === 301);
    assert.equal((await get(port, '/api/x')).body, 'c http');
    assert.equal((await get(port, '/API/x')).body, 'a http', 'paths have case');
    assert.equal((await get(port, '/', { host: 'WWW.Example.com:80' })).body, 'it\'s "host"\n');
    assert.equal((await get(port, '/api/x', { host: 'www.example.com' })).body, 'c http', 'the first rule wins');
    assert.equal((await get(port, '/', { 'x-kind': 'TESTED' })).body, 'header');
    assert.equal((await get(port, '/?a=1&V=23')).body, 'query');
    assert.equal((await get(port, '/?a=1&v=3')).body, 'a http');
    const redirected = await get(port, '/old?x=1', { host: 'shop.test' });
    assert.equal(redirected.headers.location, 'https://shop.test:443/new/old?x=1');
    assert.equal((await get(port, '/old', { host: 'shop.test' })).headers.location, 'https://shop.test:443/new/old');
    for (const arn of made) await elb('delete-rule', '--rule-arn', arn);
    await until('the rules are gone', async () => (await get(port, '/old')).status === 200);
  });

  test('targets come and go under load without a reload or a failed request', async () => {
    const before = await worker();
    const load = startLoad(port);
    for (let round = 0; round < 2; round += 1) {
      await register(blue, b());
      await untilHealthy(blue, b());
      await deregister(blue, a());
      await until('a has drained', async () => !(String(a().port) in (await health(blue))));
      await register(blue, a());
      await untilHealthy(blue, a());
      await deregister(blue, b());
      await until('b has drained', async () => !(String(b().port) in (await health(blue))));
    }
    await load.stop();
    const { done, failed } = load.told();
    assert.deepEqual(failed, []);
    assert.ok(done > 100, `${done} requests`);
    assert.equal(await worker(), before, 'no reload');
  });

  test('a change of rules under load fails no request, and weights share them', async () => {
    const before = await worker();
    const load = startLoad(port);
    const weights = (Weight: number) => [
      { TargetGroupArn: blue, Weight },
      { TargetGroupArn: green, Weight: 100 - Weight },
    ];
    const shift = (weight: number) => {
      const action = { Type: 'forward', ForwardConfig: { TargetGroups: weights(weight) } };
      return elb('modify-listener', '--listener-arn', listener, '--default-actions', JSON.stringify([action]));
    };
    for (const weight of [90, 50, 0]) await shift(weight);
    await until('all go to green', async () => (await get(port, '/')).body === 'c http');
    await shift(75);
    await until('both are asked', async () => (await get(port, '/')).body === 'a http');
    const bodies = await Promise.all(Array.from({ length: 400 }, async () => (await get(port, '/')).body));
    const share = bodies.filter((body) => body === 'a http').length / bodies.length;
    assert.ok(share > 0.6 && share < 0.9, `${share} of the requests, for a weight of 75 of 100`);
    await shift(100);
    await until('all go to blue', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => get(port, '/')));
      return answers.every(({ body }) => body === 'a http');
    });
    await load.stop();
    assert.deepEqual(load.told().failed, []);
    assert.notEqual(await worker(), before, 'it was reloaded');
  });

  test('a deregistered target finishes what it has begun', async () => {
    await register(blue, b());
    await untilHealthy(blue, b());
    await deregister(blue, a());
    await until('a has drained', async () => !(String(a().port) in (await health(blue))));
    const slow = get(port, '/slow');
    await until('it has arrived', async () => b().waiting() === 1);
    await register(blue, a());
    await untilHealthy(blue, a());
    await deregister(blue, b());
    assert.equal((await health(blue))[b().port], 'draining Target.DeregistrationInProgress');
    await until('new ones go to a', async () => (await get(port, '/')).body === 'a http');
    for (let round = 0; round < 20; round += 1) assert.equal((await get(port, '/')).body, 'a http');
    assert.equal((await health(blue))[b().port], 'draining Target.DeregistrationInProgress', 'it still waits');
    b().release();
    assert.equal((await slow).body, 'b http');
    await until('b has drained', async () => !(String(b().port) in (await health(blue))));
  });

  test('a target that fails its checks gets nothing, and says why, until it has recovered', async () => {
    await register(blue, b());
    await untilHealthy(blue, b());
    b().health = 503;
    await until(
      'b is unhealthy',
      async () => (await health(blue))[b().port] === 'unhealthy Target.ResponseCodeMismatch',
    );
    for (let round = 0; round < 20; round += 1) assert.equal((await get(port, '/')).body, 'a http');
    b().health = 200;
    await untilHealthy(blue, b());
    await deregister(blue, b());
    await until('b has drained', async () => !(String(b().port) in (await health(blue))));
  });

  test('a client with a cookie stays with its target', async () => {
    await elb(
      'modify-target-group-attributes',
      '--target-group-arn',
      blue,
      '--attributes',
      'Key=stickiness.enabled,Value=true',
    );
    await register(blue, b());
    await untilHealthy(blue, a(), b());
    let cookie = '';
    await until('a cookie comes', async () => {
      const [given = ''] = (await get(port, '/')).headers['set-cookie'] ?? [];
      cookie = given.split(';')[0] ?? '';
      return cookie.startsWith('AWSALB=');
    });
    const bodies = new Set<string>();
    for (let round = 0; round < 20; round += 1) bodies.add((await get(port, '/', { cookie })).body);
    assert.equal(bodies.size, 1);
    await deregister(blue, [...bodies][0] === 'a http' ? a() : b());
    await until('it goes to the other', async () => !bodies.has((await get(port, '/', { cookie })).body));
    await register(blue, a());
    await untilHealthy(blue, a());
  });

  test('traffic goes on while the control plane is dead, and it finds the proxy again', async () => {
    const before = await worker();
    const load = startLoad(port);
    await plane.end('SIGKILL');
    assert.equal((await get(port, '/')).status, 200);
    plane = await startPlane(dataDir, ...flags);
    await untilHealthy(blue, a());
    await load.stop();
    assert.deepEqual(load.told().failed, []);
    assert.equal(await worker(), before);
    process.kill(proxyPid(), 'SIGKILL');
    await until('it is started again', () =>
      get(port, '/').then(
        (answer) => answer.status === 200,
        () => false,
      ),
    );
  });
});
