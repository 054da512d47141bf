import { clientException } from '@gantry/protocol';
import type {
  ContainerDefinition,
  FirelensConfiguration,
  LogConfiguration,
  RegisterTaskDefinitionRequest,
} from '@aws-sdk/client-ecs';
import { isObjectArn } from './secrets.ts';

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  awslogs: ['awslogs-group', 'awslogs-region'],
  splunk: ['splunk-token', 'splunk-url'],
};
/** Options every driver has; the rest of awslogs' own are below. Other drivers' options are theirs to judge. */
const COMMON = ['mode', 'max-buffer-size'];
const AWSLOGS = [
  ...COMMON,
  'awslogs-create-group',
  'awslogs-datetime-format',
  'awslogs-endpoint',
  'awslogs-format',
  'awslogs-group',
  'awslogs-multiline-pattern',
  'awslogs-region',
  'awslogs-stream-prefix',
];
const FIRELENS = ['enable-ecs-log-metadata', 'config-file-type', 'config-file-value'];

/** Where containers log (ecs-semantics 2.10), and the router of FireLens. Pure; throws ClientException. */
export function checkLogging(input: RegisterTaskDefinitionRequest): void {
  const containers = input.containerDefinitions ?? [];
  for (const { name = '', logConfiguration } of containers) {
    if (logConfiguration !== undefined) checkDriver(name, logConfiguration);
  }
  checkRouters(containers, (input.executionRoleArn ?? '') !== '');
}

function checkDriver(name: string, { logDriver, options = {}, secretOptions }: LogConfiguration): void {
  const secret = new Set((secretOptions ?? []).map((option) => option.name));
  const missing = (REQUIRED[logDriver ?? ''] ?? []).filter(
    (option) => (options[option] ?? '') === '' && !secret.has(option),
  );
  if (missing.length > 0) {
    throw clientException(`Log driver ${logDriver} requires options: ${missing.join(', ')} (container '${name}')`);
  }
  const { mode } = options;
  if (mode !== undefined && mode !== 'blocking' && mode !== 'non-blocking') {
    throw clientException(`Log driver ${logDriver} option 'mode' should be 'blocking' or 'non-blocking'.`);
  }
  const buffer = options['max-buffer-size'];
  if (buffer !== undefined && !/^\d+[bkmg]?$/i.test(buffer)) {
    throw clientException(
      `Log driver ${logDriver} option 'max-buffer-size' should be a size such as '25m'; it is '${buffer.slice(0, 32)}'.`,
    );
  }
  if (logDriver === 'awslogs') {
    checkAwslogs(options);
    // Its credentials are the agent's; what the group is called is no secret.
    if (secret.size > 0) throw clientException(`Log driver awslogs disallows secretOptions: ${[...secret].join(', ')}`);
  }
  if (logDriver === 'awsfirelens') checkRouted(name, options);
}

/** Each option becomes a line of the router's configuration. */
function checkRouted(name: string, options: Readonly<Record<string, string>>): void {
  const broken = Object.entries(options).find((pair) => pair.some((text) => /[\r\n]/.test(text)));
  if (broken !== undefined) {
    throw clientException(
      `Log driver awsfirelens option '${broken[0].slice(0, 64)}' of container '${name}' can not have a line break.`,
    );
  }
  const limit = options['log-driver-buffer-limit'];
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit)) {
    throw clientException(
      `Log driver awsfirelens option 'log-driver-buffer-limit' should be a number of events; it is '${limit.slice(0, 32)}'.`,
    );
  }
}

function checkAwslogs(options: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(options).filter((option) => !AWSLOGS.includes(option));
  if (unknown.length > 0) throw clientException(`Log driver awslogs disallows options: ${unknown.join(', ')}`);
  if ((options['awslogs-create-group'] ?? 'true') !== 'true') {
    throw clientException(
      "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
    );
  }
  const format = options['awslogs-format'];
  if (format === undefined) return;
  if (format !== 'json/emf') {
    throw clientException(
      `Log driver awslogs option 'awslogs-format' should be 'json/emf'; it is '${format.slice(0, 32)}'.`,
    );
  }
  const multiline = ['awslogs-datetime-format', 'awslogs-multiline-pattern'].find((option) => option in options);
  if (multiline !== undefined) {
    throw clientException(`Log driver awslogs option '${multiline}' can not be used with 'awslogs-format' json/emf.`);
  }
}

function checkRouters(containers: readonly ContainerDefinition[], hasRole: boolean): void {
  const routers = containers.filter((container) => container.firelensConfiguration !== undefined);
  const users = containers.filter((container) => container.logConfiguration?.logDriver === 'awsfirelens');
  if (routers.length > 1) throw clientException('A task definition can have at most one FireLens container.');
  const [router] = routers;
  if (router === undefined) {
    if (users.length === 0) return;
    throw clientException(
      'When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.',
    );
  }
  if (users.length === 0) {
    throw clientException(
      'When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver.',
    );
  }
  const name = router.name ?? '';
  if (users.includes(router)) {
    throw clientException(`The FireLens container '${name}' can not use the awsfirelens log driver itself.`);
  }
  if (router.user !== undefined && !/^(0|root)(:|$)/.test(router.user)) {
    throw clientException(`The FireLens container '${name}' must run as user 0; it is '${router.user.slice(0, 64)}'.`);
  }
  const first = users.find((user) => waitsFor(router, user.name ?? '', containers));
  if (first !== undefined) {
    throw clientException(
      `The FireLens container '${name}' can not depend on '${first.name}', whose output it routes: it starts first.`,
    );
  }
  checkRouter(name, router.firelensConfiguration as FirelensConfiguration);
  if (!hasRole && router.firelensConfiguration?.options?.['config-file-type'] === 's3') {
    throw clientException(
      "When you are specifying a FireLens configuration of S3, you must also specify a value for 'executionRoleArn'.",
    );
  }
}

function waitsFor(
  { name, dependsOn = [] }: ContainerDefinition,
  other: string,
  containers: readonly ContainerDefinition[],
  seen: ReadonlySet<string> = new Set(),
): boolean {
  const own = dependsOn.map(({ containerName }) => containerName);
  if (own.includes(other)) return true;
  const visited = new Set([...seen, name ?? '']);
  const next = containers.filter((container) => own.includes(container.name) && !visited.has(container.name ?? ''));
  return next.some((container) => waitsFor(container, other, containers, visited));
}

function checkRouter(name: string, { type: router, options = {} }: FirelensConfiguration): void {
  const invalid = (why: string): Error =>
    clientException(`Invalid 'firelensConfiguration' setting for container '${name}': ${why}`);
  if (router === undefined) throw invalid("'type' is fluentbit or fluentd.");
  const unknown = Object.keys(options).find((option) => !FIRELENS.includes(option));
  if (unknown !== undefined) throw invalid(`there is no option '${unknown.slice(0, 64)}'. Use ${FIRELENS.join(', ')}.`);
  if (!['true', 'false'].includes(options['enable-ecs-log-metadata'] ?? 'true')) {
    throw invalid("'enable-ecs-log-metadata' is true or false.");
  }
  const type = options['config-file-type'];
  const value = options['config-file-value'];
  if (type === undefined && value === undefined) return;
  if (type !== 's3' && type !== 'file') throw invalid("'config-file-type' is s3 or file.");
  if (value === undefined || value === '') throw invalid("'config-file-type' needs a 'config-file-value'.");
  if (type === 's3' && !isObjectArn(value)) throw invalid(`'${value}' is not the ARN of an S3 object.`);
}
