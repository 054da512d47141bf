import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AwsClient, type CloudtrailOperations, type EcsOperations, type GantryOperations } from '@gantry/protocol';
import { keysIn, startPlane, type LonePlane } from './control-plane.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-audit-'));
const planes: LonePlane[] = [];
after(async () => {
  await Promise.all(planes.map((plane) => plane.end('SIGKILL')));
  rmSync(folder, { recursive: true });
});

async function start(name: string, ...flags: string[]) {
  const dataDir = join(folder, name);
  const plane = await startPlane(dataDir, '--key-file', join(folder, `${name}-key`, 'seal.key'), ...flags);
  planes.push(plane);
  assert.notEqual(plane.endpoint, '', plane.errors());
  const options = { endpoint: plane.endpoint, region: 'us-east-1', credentials: keysIn(dataDir, 'administrator') };
  return {
    plane,
    ecs: new AwsClient<EcsOperations>({ ...options, service: 'ecs' }),
    gantry: new AwsClient<GantryOperations>({ ...options, service: 'gantry' }),
    names: async (): Promise<readonly unknown[]> => {
      const trail = new AwsClient<CloudtrailOperations>({ ...options, service: 'cloudtrail' });
      return ((await trail.call('LookupEvents', {})).Events ?? []).map((event) => event.EventName);
    },
  };
}

test('a trail that cannot be written stops nobody, is complained of, and is written when it can be', async () => {
  // Something is in the way of its folder: as good as a full disk, and nothing else of the process minds.
  const inTheWay = join(folder, 'blocked', 'audit');
  mkdirSync(join(folder, 'blocked'), { mode: 0o700 });
  writeFileSync(inTheWay, '');
  const { plane, ecs, gantry, names } = await start('blocked');
  await ecs.call('CreateCluster', { clusterName: 'a' });
  await ecs.call('CreateCluster', { clusterName: 'b' });
  const { problems = [] } = await gantry.call('Status', {});
  assert.match(problems.join(), /The audit trail cannot be written \(E\w+.*\): 2 events wait/);
  assert.equal(plane.log().split('THE AUDIT TRAIL CANNOT BE WRITTEN').length, 2, 'said once');
  rmSync(inTheWay);
  await ecs.call('DeleteCluster', { cluster: 'a' });
  assert.deepEqual(await names(), ['DeleteCluster', 'CreateCluster', 'CreateCluster']);
  assert.deepEqual((await gantry.call('Status', {})).problems, []);
  await plane.end();
  const again = await start('blocked');
  assert.equal((await again.names()).length, 3);
});

test('to listen where others reach it without TLS is allowed, and complained of', async () => {
  const open = await start('open', '--host', '0.0.0.0');
  assert.match(((await open.gantry.call('Status', {})).problems ?? []).join(), /listens on 0\.0\.0\.0.*without TLS/);
  assert.match(open.plane.log(), /"level":"warn","message":"It listens on 0\.0\.0\.0/);
  const closed = await start('closed');
  assert.deepEqual((await closed.gantry.call('Status', {})).problems, []);
});
