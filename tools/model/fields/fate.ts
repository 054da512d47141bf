/**
 * What becomes of a member of a request:
 * - `honoured`: it reaches the engine, the agent's plan or placement, or decides what is answered;
 * - `kept`: taken and shown again, and nothing more (the words say why);
 * - `launch`: taken and shown again, refused by name when a task is to start;
 * - `registration`: refused by name at once.
 */
export const FATES = ['honoured', 'kept', 'launch', 'registration'] as const;
export interface Field {
  readonly fate: (typeof FATES)[number];
  readonly words: string;
}
/** Path of a member that holds no further members (`volumes[].host.sourcePath`) → what becomes of it. */
export type Fields = Readonly<Record<string, Field>>;

export const honoured = (words: string): Field => ({ fate: 'honoured', words });
export const kept = (words: string): Field => ({ fate: 'kept', words });
export const atLaunch = (words: string): Field => ({ fate: 'launch', words });
export const atRegistration = (words: string): Field => ({ fate: 'registration', words });

/** The same fields one level down. */
export function under(prefix: string, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([path, field]) => [`${prefix}.${path}`, field]));
}

/** Several members of one fate. */
export function all(field: Field, ...paths: readonly string[]): Fields {
  return Object.fromEntries(paths.map((path) => [path, field]));
}
