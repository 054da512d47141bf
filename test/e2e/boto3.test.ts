import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { command, startWorld, type World } from './world.ts';

const CHECKS = join(import.meta.dirname, 'boto3_checks.py');
const hasBoto3 = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0;
const skip = hasBoto3 ? false : 'SKIPPED: python3 with boto3 is not on this machine (pip install boto3)';
/** Each is a function of the Python file: one process each, so that one that fails leaves the others alone. */
const names = hasBoto3 ? listed() : ['all'];

/** Listing needs no control plane, but a region, or boto3 does not make clients. */
function listed(): readonly string[] {
  const env = { ...process.env, AWS_DEFAULT_REGION: 'us-east-1' };
  const { stdout, stderr, status } = spawnSync('python3', [CHECKS], { encoding: 'utf8', env });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as string[];
}

describe('boto3', { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld('--healthy-after', '2s');
  });
  after(async () => {
    await world?.down();
  });

  it('has checks', () => {
    assert.ok(names.length >= 10, names.join(' '));
  });

  for (const name of names)
    it(name.replaceAll('_', ' '), async () => {
      await command('python3', [CHECKS, name], world.env);
    });
});
