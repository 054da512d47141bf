import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cgroupContract } from './contract.ts';
import { FakeCgroups } from './fake.ts';

cgroupContract('fake', () => {
  const cgroups = new FakeCgroups();
  return Promise.resolve({
    cgroups,
    taskId: '0'.repeat(32),
    limits: (taskId) =>
      Promise.resolve(cgroups.parents.get(taskId) as { cpuVcpus?: number; memoryMiB?: number } | undefined),
    close: () => Promise.resolve(),
  });
});

describe('fake cgroups', () => {
  it('says what it was told to say', async () => {
    const cgroups = new FakeCgroups();
    cgroups.setUsage('c', { cpuNs: 5, memoryBytes: 7 });
    assert.deepEqual(await cgroups.usage('t', 'c'), { cpuNs: 5, memoryBytes: 7 });
    cgroups.failNext('ensure', new Error('no space left'));
    await assert.rejects(cgroups.ensure('t', {}), /no space left/);
    await cgroups.ensure('t', {});
  });
});
