/**
 * Writes docs/operations.md from the operations there are handlers for, and docs/task-definition-fields.md from the model:
 * `npm run operations`; with `--check` it only compares.
 */
import { parseAccountId, parseRegion, type AccountId, type Region } from '@gantry/domain';
import { AWAITED } from '@gantry/control-plane/api/ecs/awaited.ts';
import { AWAITED_OF_SECRETS } from '@gantry/control-plane/api/secretsmanager/policies.ts';
import { servedOperations } from '@gantry/control-plane/assemble.ts';
import { MemoryFolders } from '@gantry/control-plane/filesystems/memory.ts';
import { MemoryLogStore } from '@gantry/control-plane/logs/memory.ts';
import type { Platform } from '@gantry/control-plane/platform.ts';
import { testSeal } from '@gantry/control-plane/seal/testing/test-seal.ts';
import { State } from '@gantry/control-plane/state/state.ts';
import { MemoryJournal } from '@gantry/control-plane/store/memory.ts';
import { FakeClock, SeededIds } from '@gantry/testkit/index.ts';
import { fieldsDoc } from './fields-doc.ts';
import { operationsDoc } from './operations-doc.ts';

const [journal, clock, ids] = [new MemoryJournal(), new FakeClock(), new SeededIds()];
const platform: Platform = {
  state: await State.open({ journal, clock, schedule: queueMicrotask }),
  journal,
  clock,
  ids,
  config: {
    defaultScope: { account: parseAccountId('000000000000') as AccountId, region: parseRegion('us-east-1') as Region },
    endpoint: 'http://127.0.0.1:4566',
    healthyAfterRunningMs: 0,
    stoppedTaskRetentionMs: 0,
    historyRetentionMs: 0,
    instanceGoneAfterMs: 0,
    subnets: [],
  },
  seal: testSeal(),
  folders: new MemoryFolders(),
  log: () => undefined,
};
const served = Object.fromEntries(
  Object.entries(servedOperations(platform, new MemoryLogStore())).map(([service, names]) => [service, new Set(names)]),
);
const check = process.argv.includes('--check');
const stale = [
  ...(operationsDoc(served, { check, awaited: { ecs: AWAITED, secretsmanager: AWAITED_OF_SECRETS } })
    ? []
    : ['docs/operations.md']),
  ...(fieldsDoc({ check }) ? [] : ['docs/task-definition-fields.md']),
];
if (stale.length > 0) {
  console.error(`${stale.join(', ')}: not what the handlers and the model say. Run "npm run operations".`);
  process.exitCode = 1;
}
