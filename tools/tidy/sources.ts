import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Source {
  /** Path from the root, with forward slashes. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === '.git') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

/** Every TypeScript file of the house, generated ones left out. */
export function sources(folders: readonly string[] = ['packages', 'tools', 'bench', 'test']): readonly Source[] {
  const found: Source[] = [];
  for (const folder of folders) {
    for (const path of walk(join(ROOT, folder))) {
      const file = relative(ROOT, path).split(sep).join('/');
      if (file.includes('/generated/')) continue;
      const text = readFileSync(path, 'utf8');
      found.push({ file, text, imports: importsOf(text) });
    }
  }
  return found.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Module specifiers of static, re-exporting and dynamic imports. */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  const found = [
    ...code.matchAll(/\b(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/g),
    ...code.matchAll(/\bimport\s*['"]([^'"]+)['"]/g),
    ...code.matchAll(/\bimport\s*\(\s*['"]([^'"]+)['"]/g),
  ];
  return found.map((match) => match[1] as string);
}

/** Blanks comments out, strings kept: good enough for rules about names in code. */
export function withoutComments(text: string): string {
  return text.replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (all, string: string | undefined) => string ?? all.replace(/[^\n]/g, ' '),
  );
}

export const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') ||
  file.startsWith('test/') ||
  file.includes('/testing/') ||
  file.endsWith('/contract.ts') ||
  file.endsWith('/fake.ts');
