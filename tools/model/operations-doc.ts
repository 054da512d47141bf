/**
 * docs/operations.md: which operations are served, read off the wire models and the handlers. The caller says what is
 * served (`{ecs: new Set(Object.keys(handlers)), …}`), so this file knows no handler.
 */
import { SERVICES } from '@gantry/protocol';
import type { Service, ServiceName } from '@gantry/protocol';
import { join } from 'node:path';
import { freshPage } from './page.ts';

export type Served = Readonly<Partial<Record<ServiceName, ReadonlySet<string>>>>;

const FILE = join(import.meta.dirname, '../../docs/operations.md');

const TITLES: Readonly<Record<ServiceName, string>> = {
  ecs: 'Amazon ECS',
  logs: 'Amazon CloudWatch Logs (what ECS users need of it)',
  sts: 'AWS STS (what ECS users need of it)',
  iam: 'AWS IAM (what ECS users need of it)',
  ssm: 'AWS Systems Manager parameters',
  secretsmanager: 'AWS Secrets Manager',
  cloudtrail: 'AWS CloudTrail (what ECS users need of it)',
  scheduler: 'Amazon EventBridge Scheduler',
  gantry: 'Gantry (beyond ECS)',
};

/** The page's whole text. Throws when a served operation is in no model: a misspelt handler would never be called. */
export function operationsText(served: Served): string {
  const services = Object.values(SERVICES);
  for (const service of services) {
    for (const name of served[service.name] ?? []) {
      if (service.operation(name) === undefined) throw new Error(`${service.name} has no operation ${name}`);
    }
  }
  return [
    '# Operations',
    '',
    'Written by `npm run operations` from the wire models and the handlers: do not edit.',
    'An operation that is not served yet is known all the same: it answers a modelled error that names it.',
    '',
    '| service | protocol | API version | served | in the model |',
    '| --- | --- | --- | --- | --- |',
    ...services.map((service) => summary(service, served[service.name])),
    '',
    ...services.flatMap((service) => section(service, served[service.name] ?? new Set())),
  ].join('\n');
}

function summary(service: Service, served: ReadonlySet<string> | undefined): string {
  const { protocol, apiVersion, operations } = service.model;
  const spoken = { json: 'JSON 1.1', query: 'Query', 'rest-json': 'REST JSON' }[protocol];
  return `| ${service.name} | ${spoken} | ${apiVersion} | ${served?.size ?? 0} | ${Object.keys(operations).length} |`;
}

function section(service: Service, served: ReadonlySet<string>): readonly string[] {
  const names = service.operationNames();
  const open = names.filter((name) => !served.has(name));
  const rows = names.filter((name) => served.has(name)).map((name) => row(service, name));
  return [
    `## ${TITLES[service.name]}`,
    '',
    ...(rows.length === 0
      ? ['None is served yet.']
      : ['| served | required | errors |', '| --- | --- | --- |', ...rows]),
    '',
    ...(open.length === 0 ? [] : [`Not served yet (${open.length}): ${open.map((n) => `\`${n}\``).join(', ')}.`, '']),
  ];
}

function row(service: Service, name: string): string {
  const operation = service.operation(name);
  const input = operation?.input === undefined ? undefined : service.model.shapes[operation.input];
  const required = input !== undefined && 'members' in input ? (input.required ?? []) : [];
  return `| \`${name}\` | ${required.map((r) => `\`${r}\``).join(', ')} | ${operation?.errors.join(', ') ?? ''} |`;
}

/** Writes the page, or with `check` says whether it is as it should be. Returns false only for a stale page. */
export function operationsDoc(served: Served, { check, file = FILE }: { check: boolean; file?: string }): boolean {
  return freshPage(file, operationsText(served), check);
}
