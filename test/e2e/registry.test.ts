import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Task } from '@aws-sdk/client-ecs';
import { whyNoDocker } from '@gantry/agent/engine/docker-world.ts';
import { DockerEngine } from '@gantry/agent/engine/docker.ts';
import { ImageCleaner } from '@gantry/agent/image-cleanup/cleaner.ts';
import { PulledImages } from '@gantry/agent/image-cleanup/pulled.ts';
import { Images, PullFailed, type PullBehaviour } from '@gantry/agent/supervisor/images.ts';
import { systemClock } from '@gantry/protocol';
import { ecsClient } from './ecs.ts';
import { forget, PULLER, Registry, whyNoRegistry } from './registry.ts';
import { command, holding, startWorld, until, type World } from './world.ts';

const skip = (await whyNoDocker('Pulls from a registry')) || whyNoRegistry();
const signal = new AbortController().signal;
const WRONG = { ...PULLER, password: 'wrong-password-of-the-registry' };

describe('a registry', { skip }, () => {
  let registry: Registry;
  let world: World;
  before(async () => {
    // It makes gantry/hello, too.
    world = await startWorld();
    registry = await Registry.start();
  });
  after(async () => {
    await world?.down();
    await registry?.remove();
  });

  describe('and the engine', () => {
    const engine = new DockerEngine();
    let image: string;
    let digests: { readonly one: string; readonly two: string };
    /** A pull that fails is tried again at once. */
    const clock = {
      now: () => systemClock.now(),
      elapsedMs: () => systemClock.elapsedMs(),
      sleep: (ms: number, until?: AbortSignal) => (ms <= 5_000 ? Promise.resolve() : systemClock.sleep(ms, until)),
    };
    const images = (behaviour: PullBehaviour): Images => new Images(engine, clock, behaviour);
    const digestHere = async (): Promise<string | undefined> => (await engine.inspectImage(image))?.repoDigest;
    /** Version two of it. */
    const other = 'gantry-test/other:two';

    before(async () => {
      image = `${registry.host}/private/hello:1`;
      const container = (await command('docker', ['create', 'gantry/hello'])).trim();
      await command('docker', ['commit', '--change', 'LABEL version=two', container, other]);
      await command('docker', ['rm', container]);
    });
    after(async () => {
      await forget(image);
      await command('docker', ['rmi', other]);
      await engine.close();
    });
    beforeEach(async () => {
      await forget(image);
      const two = await registry.push(other, 'private/hello:1');
      digests = { one: await registry.push('gantry/hello', 'private/hello:1'), two };
      assert.notEqual(digests.one, digests.two);
    });

    it('pulls by tag and by digest for who has the password', async () => {
      await engine.pullImage(image, { login: PULLER });
      assert.equal(await digestHere(), digests.one);
      await forget(image);
      for (const reference of [
        `${registry.host}/private/hello@${digests.two}`,
        `${registry.host}/private/hello:1@${digests.two}`,
      ]) {
        const { digest, pull } = await images('prefer-cached').prepare(reference, signal, PULLER);
        assert.equal(digest, digests.two, reference);
        assert.ok(pull !== undefined, reference);
        await forget(image);
      }
    });

    it('lets in nobody else, and is not asked again and again', async () => {
      const refused = (login?: typeof PULLER) => images('always').prepare(image, signal, login);
      await assert.rejects(refused(WRONG), {
        name: 'PullFailed',
        message: 'CannotPullContainerError: Error response from daemon: unauthorized: authentication required',
      });
      await assert.rejects(refused(), (error: unknown) => {
        assert.ok(error instanceof PullFailed);
        assert.match(
          error.message,
          /^CannotPullContainerError: Error response from daemon: .*no basic auth credentials/,
        );
        return true;
      });
      await assert.rejects(images('always').prepare(image.replace(/1$/, 'none'), signal, PULLER), {
        message: /^CannotPullContainerError: Error response from daemon: manifest for .* not found: manifest unknown/,
      });
    });

    it('prefer-cached and once: what a task has pulled is not asked for', async () => {
      for (const behaviour of ['prefer-cached', 'once'] as const) {
        await forget(image);
        const own = images(behaviour);
        assert.ok((await own.prepare(image, signal, PULLER)).pull !== undefined, 'it was not here');
        await registry.goDown();
        const again = await own.prepare(image, signal, PULLER);
        assert.deepEqual([again.digest, again.pull, again.warning], [digests.one, undefined, undefined]);
        if (behaviour === 'once') await assert.rejects(images('once').prepare(image, signal, PULLER), PullFailed);
        await registry.comeUp();
      }
    });

    it('what a task brought goes when no task needs it; what was here stays, also under a name of its own', async () => {
      const pulled = new PulledImages(systemClock);
      const own = new Images(engine, clock, 'default', { pulled });
      const inUse = new Set<string>();
      const user = { imagesInUse: () => inUse, forgetImage: (reference: string) => own.forget(reference) };
      const log = (level: string, text: string): void => assert.equal(level, 'info', text);
      const rules = { intervalMs: 1000, minimumAgeMs: 0, mostPerCycle: 5, excluded: [] };
      const cleaner = new ImageCleaner({ engine, clock: systemClock, log, pulled, users: () => [user] }, rules);
      await own.prepare('gantry/hello', signal);
      await own.prepare(image, signal, PULLER);
      await moveTag();
      own.forget(image);
      await own.prepare(image, signal, PULLER);
      inUse.add(image);
      await cleaner.cycle();
      assert.equal(await digestHere(), digests.two);
      assert.equal(
        await engine.inspectImage(`${registry.host}/private/hello@${digests.one}`),
        undefined,
        'the old one',
      );
      inUse.clear();
      await cleaner.cycle();
      assert.equal(await digestHere(), undefined);
      assert.ok((await engine.inspectImage('gantry/hello')) !== undefined && (await engine.inspectImage(other)));
      assert.deepEqual([...pulled.values()], []);
    });

    it('default: a tag that moved is followed; without the registry the old image does, and says so', async () => {
      await images('default').prepare(image, signal, PULLER);
      await moveTag();
      const moved = await images('default').prepare(image, signal, PULLER);
      assert.equal(moved.digest, digests.two);
      await registry.goDown();
      const { digest, warning } = await images('default').prepare(image, signal, PULLER);
      assert.equal(digest, digests.two);
      assert.match(
        warning ?? '',
        /^CannotPullContainerError: ref pull has been retried 5 time\(s\): .*connection refused/,
      );
      await registry.comeUp();
      const refused = await images('default').prepare(image, signal, WRONG);
      assert.match(refused.warning ?? '', /unauthorized/);
    });

    it('always: without the registry, or with a wrong password, nothing starts', async () => {
      await images('always').prepare(image, signal, PULLER);
      await moveTag();
      assert.equal((await images('always').prepare(image, signal, PULLER)).digest, digests.two);
      await assert.rejects(images('always').prepare(image, signal, WRONG), /unauthorized/);
      await registry.goDown();
      await assert.rejects(images('always').prepare(image, signal, PULLER), /connection refused/);
      await registry.comeUp();
    });

    /** The tag names version two there, and version one here. */
    async function moveTag(): Promise<void> {
      await registry.push(other, 'private/hello:1');
      await engine.pullImage(`${registry.host}/private/hello@${digests.one}`, { login: PULLER });
      await command('docker', ['tag', `${registry.host}/private/hello@${digests.one}`, image]);
      assert.equal(await digestHere(), digests.one);
    }
  });

  describe('and tasks', () => {
    let ecs: ReturnType<typeof ecsClient>;
    let digest: string;
    let secrets: Record<'right' | 'wrong' | 'none', string>;
    const roleArn = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;
    const policy = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });

    before(async () => {
      ecs = ecsClient(world);
      digest = await registry.push('gantry/hello', 'team/web:7');
      const make = async (name: string, login: object): Promise<string> => {
        const words = ['--name', name, '--secret-string', JSON.stringify(login)];
        return (await world.aws<{ ARN: string }>('secretsmanager', 'create-secret', ...words)).ARN;
      };
      secrets = { right: await make('right', PULLER), wrong: await make('wrong', WRONG), none: await make('none', {}) };
      const Principal = { Service: 'ecs-tasks.amazonaws.com' };
      const trust = policy({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
      for (const name of ['puller', 'stranger']) {
        await world.aws('iam', 'create-role', '--role-name', name, '--assume-role-policy-document', trust);
      }
      const reads = policy({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' });
      const words = ['--role-name', 'puller', '--policy-name', 'p', '--policy-document', reads];
      await world.aws('iam', 'put-role-policy', ...words);
    });
    beforeEach(async () => {
      await forget(`${registry.host}/team/web`);
    });
    after(async () => {
      await forget(`${registry.host}/team/web`);
    });

    async function runs(image: string, credentialsParameter: string | undefined, role = 'puller'): Promise<Task> {
      await ecs.call('RegisterTaskDefinition', {
        family: 'private',
        executionRoleArn: roleArn(role),
        containerDefinitions: [
          {
            name: 'web',
            image: `${registry.host}/${image}`,
            memory: 32,
            ...(credentialsParameter === undefined ? {} : { repositoryCredentials: { credentialsParameter } }),
          },
        ],
      });
      const { tasks } = await ecs.call('RunTask', { taskDefinition: 'private' });
      return await until('it runs or has stopped', async () => {
        const found = await ecs.call('DescribeTasks', { tasks: [tasks?.[0]?.taskArn ?? ''] });
        const task = found.tasks?.[0] as Task;
        return task.lastStatus === 'RUNNING' || task.lastStatus === 'STOPPED' ? task : undefined;
      });
    }

    it('whose execution role may read the password run, by tag and by digest', async () => {
      for (const image of ['team/web:7', `team/web@${digest}`]) {
        const task = await runs(image, secrets.right);
        assert.equal(task.lastStatus, 'RUNNING', task.stoppedReason);
        assert.equal(task.containers?.[0]?.imageDigest, digest);
        assert.ok(task.pullStartedAt !== undefined && task.pullStoppedAt !== undefined);
        await ecs.call('StopTask', { task: task.taskArn ?? '' });
        await until('it has stopped', async () => {
          const found = await ecs.call('DescribeTasks', { tasks: [task.taskArn ?? ''] });
          return found.tasks?.[0]?.lastStatus === 'STOPPED';
        });
        await removeContainersOf(task.taskArn ?? '');
        await forget(`${registry.host}/team/web`);
      }
    });

    const DAEMON = 'CannotPullContainerError: Error response from daemon: ';
    const AUTH =
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ' +
      'unable to get registry auth from asm: service call has been retried 1 time(s): ' +
      'asm fetching secret from the service for ';
    const refusals: readonly (readonly [string, () => Promise<Task>, () => string])[] = [
      ['with a wrong password', () => runs('team/web:7', secrets.wrong), () => `${DAEMON}unauthorized: authentication`],
      [
        'without a password',
        () => runs('team/web:7', undefined),
        () => `${DAEMON}Head "http://${registry.host}/v2/team`,
      ],
      ['of no image', () => runs('team/web:none', secrets.right), () => `${DAEMON}manifest for ${registry.host}/team`],
      ['with a secret that is no login', () => runs('team/web:7', secrets.none), () => `${AUTH}${secrets.none}: it is`],
      [
        'whose execution role may not read the password',
        () => runs('team/web:7', secrets.right, 'stranger'),
        () => `${AUTH}${secrets.right}: AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/stranger/`,
      ],
    ];
    for (const [what, ask, reason] of refusals) {
      it(`${what} fail to start, in the words of ECS`, async () => {
        const task = await ask();
        assert.equal(task.stopCode, 'TaskFailedToStart');
        const told = `${task.stoppedReason}\n${task.containers?.[0]?.reason}`;
        assert.ok(told.includes(reason()), told);
        for (const { password } of [PULLER, WRONG]) {
          assert.ok(!JSON.stringify(task).includes(password));
          assert.deepEqual(holding(world.dataDir, password), []);
        }
      });
    }
  });
});

async function removeContainersOf(taskArn: string): Promise<void> {
  const ids = await command('docker', ['ps', '-aq', '--filter', `label=com.amazonaws.ecs.task-arn=${taskArn}`]);
  for (const id of ids.trim().split('\n').filter(Boolean)) await command('docker', ['rm', '-f', id]);
}
