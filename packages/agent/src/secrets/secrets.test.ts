import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Credentials, PayloadContainer } from '@gantry/protocol';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import fc from 'fast-check';
import { LinkError } from '../session/port.ts';
import { MemoryLink } from '../testing/memory-link.ts';
import { aContainer, aTask } from '../testing/payloads.ts';
import { ScriptedPlane } from '../testing/plane.ts';
import { OBJECT, SECRET, secretStoreContract, type SecretWorld } from './contract.ts';
import { FakeSecretStore } from './fake.ts';
import { linkStore } from './link-store.ts';
import { MOST_NAMES, type SecretStore } from './port.ts';
import { BadReference, jsonMember, parameterBatches, readSecretReference, secretVersions } from './references.ts';
import { TaskSecrets } from './service.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-AbCdEf';
const PARAMETER = 'arn:aws:ssm:us-east-1:000000000000:parameter/app/a';
const ROLE: Credentials = { accessKeyId: 'ASIAROLE', secretAccessKey: 's', sessionToken: 't' };

function world(store: (fake: FakeSecretStore) => SecretStore, fake: FakeSecretStore): SecretWorld {
  for (const name of ['/app/a', PARAMETER]) {
    fake.putParameter('us-east-1', name, 'one');
    fake.putParameter('us-east-1', `${name}:1`, 'old');
  }
  fake.putParameter('us-east-1', '/app/b', 'two');
  for (const id of ['app/db', ARN]) {
    fake.putSecret('us-east-1', id, SECRET.current);
    fake.putSecret('us-east-1', id, SECRET.previous, 'AWSPREVIOUS');
  }
  fake.putSecret('us-east-1', 'app/bytes', undefined);
  fake.putObject(OBJECT.ask.bucket, OBJECT.ask.key, OBJECT.text);
  fake.denied.add('ASIASTRANGER');
  return {
    store: store(fake),
    where: { region: 'us-east-1', credentials: ROLE },
    stranger: { region: 'us-east-1', credentials: { ...ROLE, accessKeyId: 'ASIASTRANGER' } },
    arns: { parameter: PARAMETER, secret: ARN },
    close: () => Promise.resolve(),
  };
}

secretStoreContract('fake', () => Promise.resolve(world((fake) => fake, new FakeSecretStore())));
secretStoreContract('over the link', () => {
  const plane = new ScriptedPlane();
  return Promise.resolve(world(() => linkStore(new MemoryLink(plane)), plane.secrets));
});

type Secret = NonNullable<PayloadContainer['secrets']>[number];
const secret = (name: string, valueFrom: string, over: Partial<Secret> = {}): Secret => ({
  name,
  valueFrom,
  region: 'us-east-1',
  provider: valueFrom.includes(':secretsmanager:') ? 'asm' : 'ssm',
  type: 'ENVIRONMENT_VARIABLE',
  target: 'CONTAINER',
  ...over,
});
const task = (...secrets: readonly Secret[]) => aTask(1, [aContainer('web', { secrets })]);

describe('references', () => {
  it('read what follows the ARN of a secret', () => {
    assert.deepEqual(readSecretReference(ARN), { ask: { secretId: ARN } });
    assert.deepEqual(readSecretReference(`${ARN}:user::`), { ask: { secretId: ARN }, jsonKey: 'user' });
    assert.deepEqual(readSecretReference(`${ARN}::AWSPREVIOUS:`), {
      ask: { secretId: ARN, versionStage: 'AWSPREVIOUS' },
    });
    assert.deepEqual(readSecretReference(`${ARN}:::id`), { ask: { secretId: ARN, versionId: 'id' } });
    assert.deepEqual(readSecretReference('app/db'), { ask: { secretId: 'app/db' } });
    for (const bad of [`${ARN}:user`, `${ARN}:user:`, `${ARN}:a:b:c:d`])
      assert.throws(() => readSecretReference(bad), BadReference);
  });

  it('law: each parameter is asked for once, in its region, no call for more than it takes', () => {
    const some = fc.record({ region: fc.constantFrom('us-east-1', 'eu-west-1'), n: fc.integer({ min: 0, max: 40 }) });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 80 }), (all) => {
        const given = all.map(({ region, n }, i) => secret(`S${i}`, `/p/${n}`, { region }));
        const batches = parameterBatches(task(...given));
        const asked = batches.flatMap(({ region, names }) => names.map((name) => `${region} ${name}`));
        assert.deepEqual(
          [...asked].sort(),
          [...new Set(given.map(({ region, valueFrom }) => `${region} ${valueFrom}`))].sort(),
        );
        assert.ok(batches.every(({ names }) => names.length > 0 && names.length <= MOST_NAMES));
      }),
    );
  });

  it('ask for a version of a secret once, however many of its keys are used', () => {
    const versions = secretVersions(
      task(secret('A', `${ARN}:a::`), secret('B', `${ARN}:b::`), secret('C', `${ARN}:a:AWSPREVIOUS:`)),
    );
    assert.deepEqual(versions, [
      { region: 'us-east-1', secretId: ARN },
      { region: 'us-east-1', secretId: ARN, versionStage: 'AWSPREVIOUS' },
    ]);
  });

  it('find members of JSON texts, as text', () => {
    const text = '{"user":"u","port":5432,"tls":true,"more":{"a":[1]},"empty":""}';
    const members = ['user', 'port', 'tls', 'more', 'empty', 'toString', 'none'].map((key) => jsonMember(text, key));
    assert.deepEqual(members, ['u', '5432', 'true', '{"a":[1]}', '', undefined, undefined]);
    assert.deepEqual(
      [jsonMember('plain', 'a'), jsonMember('null', 'a'), jsonMember('"a"', '0')],
      [undefined, undefined, undefined],
    );
  });
});

describe('the secrets of a task', () => {
  let clock: FakeClock;
  let store: FakeSecretStore;
  let held: Credentials | undefined;
  let secrets: TaskSecrets;
  const life = new AbortController().signal;
  const PREFIX =
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ';

  beforeEach(() => {
    clock = new FakeClock();
    store = new FakeSecretStore();
    held = ROLE;
    secrets = new TaskSecrets({ store, clock, credentials: () => Promise.resolve(held) });
    store.putParameter('us-east-1', '/app/a', 'hunter2');
    store.putSecret('us-east-1', ARN, '{"user":"admin","token":"tok-en"}');
  });

  it('are put into the container and the log options that ask for them, fetched as its execution role', async () => {
    const wanted = aTask(1, [
      aContainer('web', {
        secrets: [secret('A', '/app/a'), secret('B', `${ARN}:user::`), secret('C', ARN)],
      }),
      aContainer('side', {
        secrets: [secret('splunk-token', `${ARN}:token::`, { type: 'BOOTSTRAP', target: 'LOG_DRIVER' })],
      }),
    ]);
    assert.equal(await secrets.fetch(wanted, life), undefined);
    assert.deepEqual(secrets.of(wanted.arn, 'web'), {
      environment: { A: 'hunter2', B: 'admin', C: '{"user":"admin","token":"tok-en"}' },
      logOptions: {},
      login: undefined,
    });
    assert.deepEqual(secrets.of(wanted.arn, 'side').logOptions, { 'splunk-token': 'tok-en' });
    assert.deepEqual(store.calls.toSorted(), [
      'ASIAROLE us-east-1 secretsmanager:GetSecretValue ' + `${ARN} AWSCURRENT`,
      'ASIAROLE us-east-1 ssm:GetParameters /app/a',
    ]);
    assert.equal(secrets.hide(wanted, 'bad option hunter2 for tok-en'), 'bad option *** for ***');
    secrets.forget(wanted.arn);
    assert.deepEqual(secrets.of(wanted.arn, 'web'), { environment: {}, logOptions: {} });
    assert.doesNotMatch(secrets.hide(wanted, 'bad option hunter2'), /hunter2/);
  });

  it('of other regions are asked for there', async () => {
    store.putParameter('eu-west-1', '/app/a', 'hej');
    const wanted = task(secret('A', '/app/a'), secret('B', '/app/a', { region: 'eu-west-1' }));
    assert.equal(await secrets.fetch(wanted, life), undefined);
    assert.deepEqual(secrets.of(wanted.arn, 'web').environment, { A: 'hunter2', B: 'hej' });
  });

  const login = (credentialsParameter: string): Pick<PayloadContainer, 'registryAuthentication'> => ({
    registryAuthentication: { type: 'asm', asmAuthData: { credentialsParameter, region: 'us-east-1' } },
  });

  it('are logins of registries, too: each secret asked for once', async () => {
    store.putSecret('us-east-1', 'registry', '{"username":"puller","password":"pass-word"}');
    const names = ['a', 'b'];
    const wanted = aTask(1, [...names.map((name) => aContainer(name, login('registry'))), aContainer('c')]);
    assert.equal(await secrets.fetch(wanted, life), undefined);
    const found = ['a', 'b', 'c'].map((name) => secrets.of(wanted.arn, name).login);
    const puller = { username: 'puller', password: 'pass-word' };
    assert.deepEqual(found, [puller, puller, undefined]);
    assert.equal(store.calls.length, 1);
  });

  it('that are no login are not told', async () => {
    for (const text of ['plain-text', '{"username":"u"}', '{"username":"","password":"p"}', '["u","p"]']) {
      store.putSecret('us-east-1', 'registry', text);
      assert.equal(
        await secrets.fetch(aTask(1, [aContainer('a', login('registry'))]), life),
        `${PREFIX}unable to get registry auth from asm: service call has been retried 1 time(s): ` +
          'asm fetching secret from the service for registry: it is not {"username": "…", "password": "…"}',
      );
    }
  });

  const refusals: readonly (readonly [string, () => Secret, string])[] = [
    [
      'parameters that are not there',
      () => secret('A', '/none'),
      'unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters in us-east-1: /none',
    ],
    [
      'a role that may not',
      () => (store.denied.add('ASIAROLE'), secret('A', '/app/a')),
      'unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: ' +
        'User: role is not authorized to perform: ssm:GetParameters',
    ],
    [
      'a secret that is not there',
      () => secret('A', ARN.replace('db', 'none')),
      `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ` +
        `${ARN.replace('db', 'none')} from secrets manager: ResourceNotFoundException: ` +
        "Secrets Manager can't find the specified secret.",
    ],
    [
      'a key that is not in it',
      () => secret('A', `${ARN}:none::`),
      'unable to retrieve secret from asm: service call has been retried 1 time(s): ' +
        'retrieved secret from Secrets Manager did not contain json key none',
    ],
    [
      'an ARN with too little behind it',
      () => secret('A', `${ARN}:user`),
      'unable to retrieve secret from asm: service call has been retried 1 time(s): ' +
        'unexpected ARN format with parameters when trying to retrieve ASM secret',
    ],
    [
      'bytes',
      () => (store.putSecret('us-east-1', ARN, undefined), secret('A', ARN)),
      `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${ARN} ` +
        'from secrets manager: it has bytes and no text',
    ],
    [
      'no execution role',
      () => ((held = undefined), secret('A', '/app/a')),
      'unable to find execution role credentials: does the role of executionRoleArn exist, and may ' +
        'ecs-tasks.amazonaws.com assume it?',
    ],
  ];
  for (const [title, given, reason] of refusals) {
    it(`that cannot be had: ${title}`, async () => {
      assert.equal(await secrets.fetch(task(given()), life), PREFIX + reason);
    });
  }

  it('are asked for again when the service fails for a while, and told of when it goes on', async () => {
    const busy = new LinkError('ThrottlingException', 'Rate exceeded', { status: 400 });
    store.failNext(busy, new LinkError('ExpiredTokenException', 'expired', { status: 403 }));
    const first = secrets.fetch(task(secret('A', '/app/a')), life);
    await clock.turn(60_000);
    assert.equal(await first, undefined);
    store.failNext(...Array<LinkError>(5).fill(busy));
    const second = secrets.fetch(task(secret('A', '/app/a')), life);
    await clock.turn(60_000);
    const told = 'service call has been retried 5 time(s): ThrottlingException: Rate exceeded';
    assert.equal(await second, `${PREFIX}unable to retrieve secrets from ssm: ${told}`);
  });

  it('wait for a control plane that is away', async () => {
    store.failNext(...Array<LinkError>(20).fill(new LinkError('Unreachable', 'nobody')));
    const fetched = secrets.fetch(task(secret('A', '/app/a')), life);
    await clock.turn(600_000);
    assert.equal(await fetched, undefined);
  });

  it('are not kept when the task ends meanwhile', async () => {
    store.failNext(...Array<LinkError>(20).fill(new LinkError('Unreachable', 'nobody')));
    const wanted = task(secret('A', '/app/a'));
    const fetched = secrets.fetch(wanted, life);
    await clock.turn(1000);
    secrets.forget(wanted.arn);
    await clock.turn(600_000);
    assert.equal(await fetched, undefined);
    assert.deepEqual(secrets.of(wanted.arn, 'web').environment, {});
  });
});
