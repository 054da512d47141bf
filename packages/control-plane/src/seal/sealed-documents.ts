import type { Platform } from '../platform.ts';
import type { State, Tx } from '../state/state.ts';
import type { Table } from '../state/table.ts';
import type { Tables } from '../state/tables.ts';
import { sealedWith, type Seal } from './port.ts';

/** A kind of document that holds sealed texts. */
export interface SealedKind<T> {
  readonly table: (tables: Tables) => Table<T, string>;
  /**
   * The document with each of its sealed texts replaced by what `change` makes of it. Pure.
   * `context` is what the text was sealed for.
   */
  readonly map: (key: string, document: T, change: (sealed: string, context: string) => string) => T;
}

/** A kind of documents whose type no longer matters. */
export type AnySealedKind = SealedKind<unknown>;

export function sealedKind<T, I extends string>(
  table: (tables: Tables) => Table<T, I>,
  map: SealedKind<T>['map'],
): AnySealedKind {
  return { table, map } as unknown as AnySealedKind;
}

/** How many sealed texts there are, by the id of the key they were made with. */
function keysInUse(tables: Tables, kinds: readonly AnySealedKind[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) {
    const table = kind.table(tables);
    for (const key of table.keys) {
      kind.map(key, table.get(key), (sealed) => {
        const keyId = sealedWith(sealed) ?? 'unknown';
        counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
        return sealed;
      });
    }
  }
  return counts;
}

/**
 * Refuses to go on with a key that cannot read what is here.
 * @throws Error that names the file, the keys and the way out.
 */
function ensureOpenable(seal: Seal, inUse: ReadonlyMap<string, number>): void {
  const missing = [...inUse].filter(([keyId]) => !seal.keyIds.includes(keyId));
  if (missing.length === 0) return;
  const texts = missing.map(([keyId, count]) => `${count} with the key ${keyId}`).join(', ');
  const lines = missing.length === 1 ? 'that key as a line' : 'those keys as lines';
  throw new Error(
    `the secrets in this data directory do not open with the key file ${seal.source}: sealed are ${texts}; ` +
      `the file holds ${seal.keyIds.join(', ')}. Put the right file back, name it with --key-file, or add ${lines} ` +
      `below the first. A lost key cannot be replaced: without it only a new --data-dir is left.`,
  );
}

/** So many documents are sealed anew in one transaction: everyone else's work waits behind it. */
const MOST_AT_ONCE = 200;

/** Seals with the current key what an older one sealed. @returns how many documents changed */
async function sealAnew(state: State, seal: Seal, kinds: readonly AnySealedKind[]): Promise<number> {
  let changed = 0;
  for (const kind of kinds) {
    const keys = [...kind.table(state.tables).keys];
    for (let from = 0; from < keys.length; from += MOST_AT_ONCE) {
      const some = keys.slice(from, from + MOST_AT_ONCE);
      changed += await state.transact((tx) => some.filter((key) => sealDocumentAnew(tx, seal, kind, key)).length);
    }
  }
  return changed;
}

function sealDocumentAnew(tx: Tx, seal: Seal, kind: AnySealedKind, key: string): boolean {
  const table = kind.table(tx.tables);
  const document = table.get(key);
  let old = 0;
  const renewed = kind.map(key, document, (sealed, context) => {
    if (sealedWith(sealed) === seal.keyId) return sealed;
    old += 1;
    return seal.seal(seal.open(sealed, context), context);
  });
  if (old > 0) tx.put(table, key, renewed);
  return old > 0;
}

/** At start: all that is sealed opens, and is sealed with the current key from here on. @throws as `ensureOpenable` */
export async function ensureSealed(
  { state, seal, log }: Pick<Platform, 'state' | 'seal' | 'log'>,
  kinds: readonly AnySealedKind[],
): Promise<void> {
  const inUse = keysInUse(state.tables, kinds);
  ensureOpenable(seal, inUse);
  if ([...inUse.keys()].every((keyId) => keyId === seal.keyId)) return;
  const documents = await sealAnew(state, seal, kinds);
  log('info', 'secrets sealed anew', { documents, keyId: seal.keyId, keyFile: seal.source });
}
