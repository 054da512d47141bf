import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Service } from '@aws-sdk/client-ecs';
import { CommandFailed, has, startWorld, until, type World } from './world.ts';

const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';
let world: World;

before(async () => {
  if (skip === false) world = await startWorld('--healthy-after', '1s');
});
after(async () => world?.down());

const describeService = async (name: string): Promise<Service> => {
  const { services } = await world.aws<{ services: Service[] }>('ecs', 'describe-services', '--services', name);
  return services[0] as Service;
};
const revisionOf = async (name: string): Promise<string> =>
  (await describeService(name)).taskDefinition?.split(':').at(-1) ?? '';

test('gantry deploy: another image, after a first task; gantry rollback takes it back', { skip }, async () => {
  await world.gantry('run', 'gantry/hello', '--service', '--name', 'shop', '--count', '2', '-p', '80');
  const first = ['--', '/bin/sh', '-c', 'echo migrated'];
  const told = await world.gantry('deploy', 'shop', '--image', 'gantry/hello:latest', ...first);
  assert.match(
    told,
    /registered shop:2\nfirst task [0-9a-f]{32}: \/bin\/sh -c echo migrated\nfirst task [0-9a-f]{12} ended with 0/,
  );
  assert.match(told, /shop: shop:1 -> shop:2[^]*shop: deployed/);
  assert.equal(await revisionOf('shop'), '2');
  await assert.rejects(
    world.gantry('deploy', 'shop', '--image', 'gantry/hello', '--', '/bin/sh', '-c', 'exit 3'),
    (error: CommandFailed) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /nothing was deployed: the first task has not succeeded: .*exit code 3/);
      return true;
    },
  );
  assert.equal(await revisionOf('shop'), '2');
  await world.gantry('deploy', 'shop', '--image', 'nobody/has-this:1', '--no-wait');
  assert.match(await world.gantry('rollback', 'shop'), /the deployment under way goes back[^]*shop: is back/);
  assert.equal(await revisionOf('shop'), '2');
  assert.match(await world.gantry('rollback', 'shop'), /shop: shop:2 -> shop:1[^]*shop: deployed/);
  assert.equal(await revisionOf('shop'), '1');
});

test('a DAEMON service has a task on the instance, and a new one at its next deployment', { skip }, async () => {
  const containers = [
    { name: 'web', image: 'gantry/hello', memory: 32, portMappings: [{ containerPort: 80, hostPort: 8123 }] },
  ];
  await world.aws(
    'ecs',
    'register-task-definition',
    '--family',
    'watch',
    '--container-definitions',
    JSON.stringify(containers),
  );
  const named = ['--service-name', 'watch', '--task-definition', 'watch', '--scheduling-strategy', 'DAEMON'];
  await world.aws('ecs', 'create-service', ...named);
  const complete = (): Promise<Service> =>
    until('the daemon is complete', async () => {
      const service = await describeService('watch');
      const [only, more] = service.deployments ?? [];
      const isOver = more === undefined && only?.rolloutState === 'COMPLETED' && service.runningCount === 1;
      return isOver ? service : undefined;
    });
  assert.equal((await complete()).desiredCount, 1);
  // The host port is taken as long as the old task runs: the new one can only start after it.
  await world.aws('ecs', 'update-service', '--service', 'watch', '--force-new-deployment');
  assert.equal((await complete()).desiredCount, 1);
});
