import { SeededIds } from '@gantry/testkit/index.ts';
import { objectStoreContract } from './contract.ts';
import { MemoryObjectStore } from './memory.ts';

objectStoreContract('memory', () => {
  const store = new MemoryObjectStore(new SeededIds());
  return { store, contents: () => store.contents, close: () => store.close() };
});
