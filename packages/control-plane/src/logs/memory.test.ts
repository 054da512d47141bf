import { logStoreContract } from './contract.ts';
import { MemoryLogStore } from './memory.ts';

logStoreContract('MemoryLogStore', async () => {
  const store = new MemoryLogStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
});
