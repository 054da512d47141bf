/**
 * docs/task-definition-fields.md: what becomes of each member of RegisterTaskDefinition and RunTask. The members are the
 * wire model's, what becomes of them is said in `fields/`, and `fields.test.ts` holds that to be true.
 */
import { SERVICES } from '@gantry/protocol';
import { join } from 'node:path';
import { type Field, type Fields } from './fields/fate.ts';
import { RUN_TASK } from './fields/run-task.ts';
import { TASK_DEFINITION } from './fields/task-definition.ts';
import { freshPage } from './page.ts';

const FILE = join(import.meta.dirname, '../../docs/task-definition-fields.md');

/** Each page section: title, the request's shape, what is said of its members. */
export const REQUESTS: readonly (readonly [string, string, Fields])[] = [
  ['RegisterTaskDefinition', 'RegisterTaskDefinitionRequest', TASK_DEFINITION],
  ['RunTask', 'RunTaskRequest', RUN_TASK],
];

/** Paths of all members of a shape of ecs that hold no further members, in the model's order. Maps are one member. */
export function membersOf(shape: string): readonly string[] {
  const found: string[] = [];
  const walk = (expression: string, path: string): void => {
    const named = SERVICES.ecs.model.shapes[expression];
    const list =
      /^\[(.+)\]$/.exec(expression)?.[1] ?? (named !== undefined && 'list' in named ? named.list : undefined);
    if (list !== undefined) return walk(list, `${path}[]`);
    if (named === undefined || !('members' in named)) return void found.push(path);
    for (const [member, inner] of Object.entries(named.members))
      walk(inner, path === '' ? member : `${path}.${member}`);
  };
  walk(shape, '');
  return found;
}

const WORDS: Readonly<Record<Field['fate'], (words: string) => string>> = {
  honoured: (words) => words,
  kept: (words) => `**without effect**: ${words}`,
  launch: (words) => `**refused at launch**: ${words}`,
  registration: (words) => `**refused**: ${words}`,
};

/** The page's whole text. Throws for a member of the model of which nothing is said, and for one that is not in it. */
export function fieldsText(requests = REQUESTS): string {
  return [
    '# Members of a task definition',
    '',
    'Written by `npm run operations` from the wire model and `tools/model/fields`: do not edit.',
    'What ECS registers can be registered, and is described again as it was given, with the defaults of ECS. A member is',
    'honoured, or it says here what else becomes of it. `[]` is each item of a list.',
    '',
    ...requests.flatMap(([title, shape, fields]) => section(title, membersOf(shape), fields)),
  ].join('\n');
}

function section(title: string, members: readonly string[], fields: Fields): readonly string[] {
  const unknown = Object.keys(fields).filter((path) => !members.includes(path));
  if (unknown.length > 0) throw new Error(`${title} has no member ${unknown.join(', ')}`);
  const rows = members.map((path) => {
    const field = fields[path];
    if (field === undefined) throw new Error(`Nothing is said of ${path} of ${title}: add it to tools/model/fields.`);
    return `| \`${path}\` | ${WORDS[field.fate](field.words)} |`;
  });
  return [`## ${title}`, '', '| member | what becomes of it |', '| --- | --- |', ...rows, ''];
}

/** Writes the page, or with `check` says whether it is as it should be. Returns false only for a stale page. */
export function fieldsDoc({ check, file = FILE }: { check: boolean; file?: string }): boolean {
  return freshPage(file, fieldsText(), check);
}
