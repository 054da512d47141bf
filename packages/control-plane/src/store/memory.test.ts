import { journalContract } from './contract.ts';
import { MemoryJournal } from './memory.ts';

journalContract('MemoryJournal', async () => {
  const journal = new MemoryJournal();
  return {
    journal,
    reopen: async () => journal,
    fillDisk: () => {
      journal.failNext(new Error('database or disk is full'));
      return { tooMuch: { kind: 'task', key: 'big', revision: 1, value: {} } };
    },
    dispose: async () => journal.close(),
  };
});
