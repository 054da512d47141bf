import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SERVICES } from '@gantry/protocol';
import { startPlane, type LonePlane } from './control-plane.ts';
import { command } from './world.ts';

// A control plane alone: networks are documents until a task is in them.
const hasBoto3 = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0;
const skip = hasBoto3 ? false : 'SKIPPED: python3 with boto3 is not on this machine (pip install boto3)';
const folder = mkdtempSync(join(tmpdir(), 'gantry-ec2-'));
let plane: LonePlane | undefined;
after(async () => {
  await plane?.end();
  rmSync(folder, { recursive: true });
});

test('boto3 understands every operation of EC2 that is served', { skip }, async () => {
  plane = await startPlane(folder);
  const env = { ...plane.env(), AWS_MAX_ATTEMPTS: '1' };
  const called = JSON.parse(await command('python3', [join(import.meta.dirname, 'ec2_checks.py')], env)) as string[];
  assert.deepEqual(
    called,
    [...SERVICES.ec2.operationNames()].toSorted((a, b) => (a < b ? -1 : 1)),
  );
});
