/**
 * docs/operations.md: which operations are served, read off the wire models and the handlers. The caller says what is
 * served (`{ecs: new Set(Object.keys(handlers)), …}`), so this file knows no handler.
 */
import { SERVICES } from '@gantry/protocol';
import type { Service, ServiceName } from '@gantry/protocol';
import { join } from 'node:path';
import { freshPage } from './page.ts';

export type Served = Readonly<Partial<Record<ServiceName, ReadonlySet<string>>>>;
/** Of those, the ones that answer and can bring nothing about yet, with what they need. */
export type Awaited = Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;

const FILE = join(import.meta.dirname, '../../docs/operations.md');

const TITLES: Readonly<Record<ServiceName, string>> = {
  ecs: 'Amazon ECS',
  logs: 'Amazon CloudWatch Logs (what ECS users need of it)',
  sts: 'AWS STS (what ECS users need of it)',
  iam: 'AWS IAM (what ECS users need of it)',
  ssm: 'AWS Systems Manager parameters',
  secretsmanager: 'AWS Secrets Manager',
  cloudtrail: 'AWS CloudTrail (what ECS users need of it)',
  elasticloadbalancing: 'Elastic Load Balancing v2 (application and network load balancers)',
  ec2: 'Amazon EC2 (networks: what ECS users need of it)',
  elasticfilesystem: 'Amazon EFS (what ECS users need of it)',
  scheduler: 'Amazon EventBridge Scheduler',
  s3: 'Amazon S3 (what ECS users need of it)',
  gantry: 'Gantry (beyond ECS)',
};

/**
 * The page's whole text. Throws when a served operation is in no model (a misspelt handler would never be called), and
 * when an awaited one is not served.
 */
export function operationsText(served: Served, awaited: Awaited = {}): string {
  const services = Object.values(SERVICES);
  for (const service of services) {
    for (const name of served[service.name] ?? []) {
      if (service.operation(name) === undefined) throw new Error(`${service.name} has no operation ${name}`);
    }
    for (const name of Object.keys(awaited[service.name] ?? {})) {
      if (!served[service.name]?.has(name)) throw new Error(`${service.name} has no handler for ${name}`);
    }
  }
  return [
    '# Operations',
    '',
    'Written by `npm run operations` from the wire models and the handlers: do not edit.',
    'Three states: **served** is real as a whole. **Answers** checks what it is given and says what the service says where',
    'there is nothing of that kind; making one is refused by a modelled error, for it needs what is named. **Not served yet**',
    'is known all the same: it answers a modelled error that names it.',
    '',
    '| service | protocol | API version | served | answers | in the model |',
    '| --- | --- | --- | --- | --- | --- |',
    ...services.map((service) => summary(service, served[service.name], awaited[service.name] ?? {})),
    '',
    ...services.flatMap((service) => section(service, served[service.name] ?? new Set(), awaited[service.name] ?? {})),
  ].join('\n');
}

type Needs = Readonly<Record<string, string>>;

function summary(service: Service, served: ReadonlySet<string> | undefined, awaited: Needs): string {
  const { protocol, apiVersion, operations } = service.model;
  const spoken = {
    json: 'JSON 1.1',
    query: 'Query',
    ec2: 'EC2 query',
    'rest-json': 'REST JSON',
    'rest-xml': 'REST XML',
  }[protocol];
  const answers = Object.keys(awaited).length;
  const real = (served?.size ?? 0) - answers;
  return `| ${service.name} | ${spoken} | ${apiVersion} | ${real} | ${answers} | ${Object.keys(operations).length} |`;
}

function section(service: Service, served: ReadonlySet<string>, awaited: Needs): readonly string[] {
  const names = service.operationNames();
  const open = names.filter((name) => !served.has(name));
  const rows = names.filter((name) => served.has(name) && !(name in awaited)).map((name) => row(service, name));
  return [
    `## ${TITLES[service.name]}`,
    '',
    ...(rows.length === 0
      ? ['None is served yet.']
      : ['| served | required | errors |', '| --- | --- | --- |', ...rows]),
    '',
    ...answering(awaited),
    ...(open.length === 0 ? [] : [`Not served yet (${open.length}): ${quoted(open)}.`, '']),
  ];
}

function answering(awaited: Needs): readonly string[] {
  const byNeed = Object.groupBy(Object.keys(awaited), (name) => awaited[name] ?? '');
  const lines = Object.entries(byNeed).map(([need, names]) => `- needs ${need}: ${quoted(names ?? [])}`);
  return lines.length === 0 ? [] : [`Answers, cannot create yet (${Object.keys(awaited).length}):`, '', ...lines, ''];
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function row(service: Service, name: string): string {
  const operation = service.operation(name);
  const input = operation?.input === undefined ? undefined : service.model.shapes[operation.input];
  const required = input !== undefined && 'members' in input ? (input.required ?? []) : [];
  return `| \`${name}\` | ${required.map((r) => `\`${r}\``).join(', ')} | ${operation?.errors.join(', ') ?? ''} |`;
}

/** Writes the page, or with `check` says whether it is as it should be. Returns false only for a stale page. */
export function operationsDoc(
  served: Served,
  { check, file = FILE, awaited }: { check: boolean; file?: string; awaited?: Awaited },
): boolean {
  return freshPage(file, operationsText(served, awaited), check);
}
