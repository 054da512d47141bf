import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { journalContract } from './contract.ts';
import { SqliteJournal } from './sqlite.ts';

/** Enough for the schema and a small document; a document of a megabyte does not fit. */
const SMALL_DISK_PAGES = 40;

const folders: string[] = [];
// Also those of tests that failed before they got to it.
after(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gantry-journal-'));
  folders.push(path);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

journalContract('SqliteJournal', async () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'state.db');
  let current = SqliteJournal.open(file);
  return {
    journal: current,
    reopen: async () => {
      await current.close();
      current = SqliteJournal.open(file);
      return current;
    },
    fillDisk: () => {
      current.limitPages(SMALL_DISK_PAGES);
      return { tooMuch: { kind: 'task', key: 'big', revision: 1, value: 'x'.repeat(1 << 20) } };
    },
    dispose: async () => {
      await current.close();
      folder.remove();
    },
  };
});

describe('SqliteJournal', () => {
  it('lets one process alone open a data directory, and the next one after it', async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'deep', 'state.db');
    const first = SqliteJournal.open(file);
    assert.throws(() => SqliteJournal.open(file), /in use by another control plane.*--data-dir/);
    await first.close();
    await SqliteJournal.open(file).close();
    folder.remove();
  });

  it('refuses a file of a newer version and says so', () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'state.db');
    const newer = new DatabaseSync(file);
    newer.exec('pragma user_version = 999');
    newer.close();
    assert.throws(() => SqliteJournal.open(file), /newer version of Gantry \(schema 999/);
    folder.remove();
  });

  it('says which file is damaged, and what to do', async () => {
    const damaged = /state\.db is damaged \(.+\), and the state is in it\. Restore a copy of it, or move it/;
    const file = join(temporaryFolder().path, 'state.db');
    writeFileSync(file, 'this is no database, and it is long enough to be told from one'.repeat(50));
    assert.throws(() => SqliteJournal.open(file), damaged);
    rmSync(file);
    await SqliteJournal.open(file).close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 4_096));
    const opened = async (): Promise<unknown> => SqliteJournal.open(file).load();
    await assert.rejects(opened, damaged);
  });

  it('loses nothing it acknowledged when the process is killed', async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'state.db');
    for (const killAfter of [1, 40, 200]) {
      const acked = await appendUntilKilled(file, killAfter);
      const journal = SqliteJournal.open(file);
      const keys = new Set((await journal.load()).map(({ key }) => key));
      await journal.close();
      assert.ok(acked.length >= killAfter);
      assert.deepEqual(
        acked.filter((key) => !keys.has(key)),
        [],
      );
    }
    folder.remove();
  });
});

/** A child appends and prints each key once it is durable; killed with SIGKILL after `count` of them. */
async function appendUntilKilled(file: string, count: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sqlite-crash.fixture.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acked: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acked.push(line);
    if (acked.length === count) child.kill('SIGKILL');
  }
  return acked;
}
