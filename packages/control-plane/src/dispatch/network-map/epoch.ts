import type { State } from '../../state/state.ts';

/** Messages of one run of the control plane; it would take a thousand a second for 50 days. */
const GENERATIONS_AN_EPOCH = 2 ** 32;
const KEY = 'all';

/** The generation this run of the control plane counts from: above those of every run before it. One write a start. */
export async function nextGenerations(state: State): Promise<number> {
  const epoch = await state.transact((tx) => {
    const next = (tx.tables.networkEpochs.get(KEY)?.epoch ?? 0) + 1;
    tx.put(tx.tables.networkEpochs, KEY, { epoch: next });
    return next;
  });
  return epoch * GENERATIONS_AN_EPOCH;
}
