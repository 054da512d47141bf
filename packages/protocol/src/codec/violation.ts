import { ServiceError } from '../errors.ts';

/** What is wrong with a member of a request. `got` is left out where the value is not to be shown. */
export type Fault =
  | { readonly kind: 'type'; readonly expected: string; readonly got: unknown }
  | { readonly kind: 'missing'; readonly list: boolean }
  | { readonly kind: 'enum'; readonly allowed: readonly string[]; readonly got: string | undefined }
  | {
      readonly kind: 'bounds';
      readonly of: 'value' | 'length';
      readonly min?: number;
      readonly max?: number;
      readonly size: number;
      readonly got: unknown;
    }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly got: string | undefined }
  | { readonly kind: 'union'; readonly members: readonly string[] }
  | { readonly kind: 'depth' };

/** Thrown by readers; becomes a ServiceError in the words of the service that was called. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly path: readonly (string | number)[];
  readonly fault: Fault;

  constructor(path: readonly (string | number)[], fault: Fault) {
    super(fault.kind);
    this.path = path;
    this.fault = fault;
  }
}

/** Texts ECS words in its own way, by operation and member. */
const ECS_TEXTS: Readonly<Record<string, (allowed: readonly string[]) => string>> = {
  'UpdateContainerInstancesState.status': () => 'Container instance status should be one of [ACTIVE, DRAINING]',
  'PutAccountSetting.name': (allowed) => `unknown should be one of [${allowed.join(',')}]`,
  'PutAccountSettingDefault.name': (allowed) => `unknown should be one of [${allowed.join(',')}]`,
  'DeleteAccountSetting.name': (allowed) => `unknown should be one of [${allowed.join(',')}]`,
};

/** The code of the common validator's errors where it is not the Query protocol's `ValidationError`. */
const COMMON_CODES: Readonly<Record<string, string>> = {
  logs: 'InvalidParameterException',
  ssm: 'ValidationException',
  secretsmanager: 'ValidationException',
  elasticfilesystem: 'ValidationException',
};

/** What IAM says of names and paths, by their patterns. */
const IAM_TEXTS: Readonly<Record<string, ((name: string) => string) | undefined>> = {
  '[\\w+=,.@-]+': (name) =>
    `The specified value for ${name} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)': (name) =>
    `The specified value for ${name} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
};

/** Longest text of a caller's own value that is repeated in a message. */
const MOST_ECHOED = 256;

/**
 * The error a client gets for a violation. ECS has texts of its own; the other services use the common validator's
 * (`1 validation error detected: …`).
 */
export function violationError(service: string, operation: string, violation: Violation): ServiceError {
  const { fault, path } = violation;
  if (fault.kind === 'type' || fault.kind === 'depth') {
    return new ServiceError('SerializationException', typeText(path, fault));
  }
  if (service === 'ec2') return ec2Violation(path, fault);
  if (service !== 'ecs' && service !== 'gantry') {
    const own = service === 'iam' && fault.kind === 'pattern' ? IAM_TEXTS[fault.pattern] : undefined;
    const text = own === undefined ? commonText(path, fault) : own(lowered(String(path.at(-1))));
    return new ServiceError(COMMON_CODES[service] ?? 'ValidationError', text);
  }
  const code = operation === 'RegisterTaskDefinition' ? 'ClientException' : 'InvalidParameterException';
  return new ServiceError(code, ecsText(operation, path, fault));
}

/** `overrides.containerOverrides[0].name` */
export function dotted(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

function typeText(path: readonly (string | number)[], fault: Extract<Fault, { kind: 'type' | 'depth' }>): string {
  const where = path.length === 0 ? 'the request body' : `'${dotted(path)}'`;
  if (fault.kind === 'depth') return `The value at ${where} is nested too deeply`;
  return `${jsonKind(fault.got)} at ${where} can not be converted to ${fault.expected}`;
}

function jsonKind(value: unknown): string {
  if (value === null) return 'NULL_VALUE';
  if (Array.isArray(value)) return 'START_ARRAY';
  if (typeof value === 'object') return 'START_OBJECT';
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  return `${(typeof value).toUpperCase()}_VALUE`;
}

/** EC2's words name the member alone, and its value. */
function ec2Violation(path: readonly (string | number)[], fault: ValueFault): ServiceError {
  const name = dotted(path);
  if (fault.kind === 'missing')
    return new ServiceError('MissingParameter', `The request must contain the parameter ${name}`);
  const got = 'got' in fault ? echo(fault.got) : '';
  const [, rule] = commonRule(fault);
  return new ServiceError(
    'InvalidParameterValue',
    `Value (${got}) for parameter ${name} is invalid. Expecting it to ${rule}.`,
  );
}

type ValueFault = Exclude<Fault, { kind: 'type' | 'depth' }>;

function ecsText(operation: string, path: readonly (string | number)[], fault: ValueFault): string {
  const name = dotted(path);
  switch (fault.kind) {
    case 'missing':
      return missingText(operation, path, fault.list);
    case 'enum': {
      const own = Object.hasOwn(ECS_TEXTS, `${operation}.${name}`) ? ECS_TEXTS[`${operation}.${name}`] : undefined;
      return own?.(fault.allowed) ?? `${ecsWords(path)} should be one of [${fault.allowed.join(',')}]`;
    }
    case 'bounds': {
      const what = fault.of === 'length' ? `The length of ${name}` : name;
      return `${what} must be ${rangeText(fault.min, fault.max)}.`;
    }
    case 'pattern':
      return `${name}${quoted(fault.got)} is not valid: it must match ${fault.pattern}`;
    case 'union':
      return `${name} must have exactly one of [${fault.members.join(', ')}]`;
  }
}

/** ECS: `Container Instances cannot be empty.`, `TaskDefinition can not be blank.`; what is deeper is said by its path. */
function missingText(operation: string, path: readonly (string | number)[], isList: boolean): string {
  const member = String(path[0]);
  if (isList && path.length === 1) return `${titleWords(member)} cannot be empty.`;
  if (path.length > 1 || operation === 'RegisterTaskDefinition') return `${dotted(path)} should not be null or empty.`;
  return `${member.charAt(0).toUpperCase()}${member.slice(1)} can not be blank.`;
}

/** ECS writes a member of the request itself as words: `launch type`, `include`. Deeper ones are said by their path. */
function ecsWords(path: readonly (string | number)[]): string {
  const [member, index, ...deeper] = path;
  if (typeof member !== 'string' || typeof index === 'string' || deeper.length > 0) return dotted(path);
  if (member === 'propagateTags') return 'Propagate tags';
  return member.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function commonText(path: readonly (string | number)[], fault: ValueFault): string {
  // The common validator counts list members from 1, calls them "member", and writes SecretId as secretId.
  const where = path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : lowered(step))).join('.');
  const [got, rule] = commonRule(fault);
  return `1 validation error detected: Value${got} at '${where}' failed to satisfy constraint: Member must ${rule}`;
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function commonRule(fault: ValueFault): readonly [got: string, rule: string] {
  switch (fault.kind) {
    case 'missing':
      return [' null', 'not be null'];
    case 'enum':
      return [quoted(fault.got), `satisfy enum value set: [${fault.allowed.join(', ')}]`];
    case 'bounds': {
      const { min, max, size } = fault;
      const side = min !== undefined && size < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
      return [quoted(fault.got), `have ${fault.of} ${side}`];
    }
    case 'pattern':
      return [quoted(fault.got), `satisfy regular expression pattern: ${fault.pattern}`];
    case 'union':
      return ['', `have exactly one of [${fault.members.join(', ')}]`];
  }
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `between ${min} and ${max}`;
}

function titleWords(camelCase: string): string {
  const words = camelCase.replace(/([A-Z])/g, ' $1');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function quoted(value: unknown): string {
  return value === undefined ? '' : ` '${echo(value)}'`;
}

function echo(value: unknown): string {
  const text = typeof value === 'string' ? value : Array.isArray(value) ? '[…]' : String(value);
  return text.length > MOST_ECHOED ? `${text.slice(0, MOST_ECHOED)}…` : text;
}
