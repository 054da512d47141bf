// Started and killed by sqlite.test.ts: appends for ever, printing each key after its append returned.
import { writeSync } from 'node:fs';
import { SqliteJournal } from './sqlite.ts';

const [file = ''] = process.argv.slice(2);
const journal = SqliteJournal.open(file);
for (let n = 0; ; n += 1) {
  const key = `${process.pid}/${n}`;
  journal.append({ documents: [{ kind: 'crash', key, revision: 1, value: { filler: 'x'.repeat(1000) } }], events: [] });
  writeSync(1, `${key}\n`);
}
