/**
 * The variables of an environment file (ecs-semantics 2.5): `VARIABLE=VALUE` a line, the value as it stands to the end of the line,
 * quotes and blanks included; lines that begin with `#` and lines without `=` say nothing. Of a name that comes twice the last. Pure.
 */
export function readEnvFile(text: string): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const plain = line.trimStart();
    const equals = plain.indexOf('=');
    if (plain.startsWith('#') || equals <= 0) continue;
    variables.set(plain.slice(0, equals), plain.slice(equals + 1));
  }
  return Object.fromEntries(variables);
}

/**
 * What the files of a container add to its environment: of a name in several files the first file's value, and nothing the
 * container's own `environment` has. Pure.
 */
export function addedByFiles(
  files: readonly Readonly<Record<string, string>>[],
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const all: Record<string, string> = Object.assign({}, ...files.toReversed()) as Record<string, string>;
  return Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(environment, name)));
}
