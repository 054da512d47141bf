/**
 * Writes packages/protocol/src/generated from the installed SDK clients, and what policies can say of their operations:
 * `npm run model`, by hand, after an update of the clients. The output is committed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { actionsText, readActions } from './actions.ts';
import { readBotocore } from './read-botocore.ts';
import { readDeclarations } from './read-declarations.ts';
import { SdkReader } from './read-sdk.ts';
import { SOURCES } from './sources.ts';
import { modelText, typesText } from './write.ts';

const require = createRequire(import.meta.url);
const target = join(import.meta.dirname, '../../packages/protocol/src/generated');
mkdirSync(target, { recursive: true });
const operations = new Map<string, readonly string[]>();

for (const source of SOURCES) {
  const folder = dirname(require.resolve(`${source.client}/package.json`));
  const client = require(source.client) as Readonly<Record<string, unknown>>;
  const reader = new SdkReader(
    source,
    client,
    readBotocore(source.botocore ?? source.service),
    readDeclarations(folder),
  );
  const model = reader.read();
  if (reader.unknownNumbers.length > 0) {
    throw new Error(
      `${source.service}: say in tools/model/sources.ts which number types these are: ${reader.unknownNumbers.join(', ')}`,
    );
  }
  operations.set(source.service, Object.keys(model.operations));
  writeFileSync(join(target, `${source.service}.json`), modelText(model));
  writeFileSync(join(target, `${source.service}-types.ts`), typesText(model, source.client));
  const [count, shapes] = [model.operations, model.shapes].map((record) => Object.keys(record).length);
  process.stdout.write(`${source.service}: ${count} operations, ${shapes} shapes\n`);
}

const actions = await readActions((service) => operations.get(service) ?? []);
const actionsFile = join(import.meta.dirname, '../../packages/control-plane/src/authorise/generated/actions.json');
mkdirSync(dirname(actionsFile), { recursive: true });
writeFileSync(actionsFile, actionsText(actions));
