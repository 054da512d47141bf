import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Declarations {
  /** `Structure.member` to its TypeScript type without `| undefined`, e.g. `LaunchType` or `Compatibility[]`. */
  readonly memberTypes: ReadonlyMap<string, string>;
  /** Operation to the modelled errors it may answer. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
}

/** Reads what the SDK's schemas leave out from its .d.ts files: the enum a member has, the errors of an operation. */
export function readDeclarations(clientFolder: string): Declarations {
  const types = join(clientFolder, 'dist-types');
  const memberTypes = new Map<string, string>();
  for (const file of readdirSync(join(types, 'models'))) {
    if (file.endsWith('.d.ts')) readInterfaces(readFileSync(join(types, 'models', file), 'utf8'), memberTypes);
  }
  const errors = new Map<string, readonly string[]>();
  for (const file of readdirSync(join(types, 'commands'))) {
    const name = /^(.+)Command\.d\.ts$/.exec(file)?.[1];
    if (name === undefined) continue;
    const text = readFileSync(join(types, 'commands', file), 'utf8');
    const thrown = [...text.matchAll(/@throws \{@link (\w+)\} \((?:client|server) fault\)/g)].map((m) => m[1] ?? '');
    errors.set(name, thrown.toSorted());
  }
  return { memberTypes, errors };
}

function readInterfaces(text: string, into: Map<string, string>): void {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '');
  for (const [, name = '', body = ''] of bare.matchAll(/export interface (\w+)(?: extends \w+)? \{([\s\S]*?)\n\}/g)) {
    for (const [, member = '', type = ''] of body.matchAll(/^\s+(\w+)\??: ([^;]+);/gm)) {
      into.set(`${name}.${member}`, type.replaceAll(' | undefined', '').trim());
    }
  }
}
