import { arnOf, parseArn, partitionOf, type Scope } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { validation } from './errors.ts';

/** What AWS keeps of the 1011 characters a name may have is for the ARN in front of it. */
const MOST_OF_ARN = 1011;
const MOST_LEVELS = 15;
const PATH_RULES =
  'If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be ' +
  'formed as a mix of letters, numbers and the following 3 symbols .-_';

export function parameterKey(scope: Scope, name: string): string {
  return `${scope.account}/${scope.region}/${name}`;
}

/** Versions of a parameter are in order of their keys. */
export function valueKey(parameter: string, version: number): string {
  return `${parameter}\n${String(version).padStart(10, '0')}`;
}

export function parameterArn(scope: Scope, name: string): string {
  return arnOf(scope, 'ssm', `parameter/${name.replace(/^\//, '')}`);
}

/** Public parameters belong to no account. */
export function publicArn(region: string, name: string): string {
  return `arn:${partitionOf(region)}:ssm:${region}::parameter/${name.replace(/^\//, '')}`;
}

/**
 * The name a new parameter gets: without the spaces around it. Pure.
 * @throws ServiceError ValidationException, AccessDeniedException, HierarchyLevelLimitExceededException
 */
export function checkedName(scope: Scope, given: string): string {
  const name = given.trim();
  const bare = name.replace(/^\//, '').toLowerCase();
  if (/^aws(?![a-z0-9])/.test(bare) && name.startsWith('/') && bare.includes('/'))
    throw new ServiceError('AccessDeniedException', `No access to reserved parameter name: ${name.slice(0, 256)}.`);
  if (/^(aws|ssm)/.test(bare)) {
    const prefixes = bare.includes('/') ? '"ssm" (case-insensitive).' : '"aws" or "ssm" (case-insensitive).';
    throw validation(`Parameter name: can't be prefixed with ${prefixes} ${PATH_RULES}`);
  }
  if (name.includes('/') && !name.startsWith('/')) throw validation('Parameter name must be a fully qualified name.');
  if (!/^\/?[\w.-]+(\/[\w.-]+)*$/.test(name))
    throw validation(
      `Parameter name: only a mix of letters, numbers and the following 3 symbols .-_ is allowed. ${PATH_RULES}`,
    );
  if (name.startsWith('/') && name.split('/').length - 1 > MOST_LEVELS)
    throw new ServiceError(
      'HierarchyLevelLimitExceededException',
      `A parameter hierarchy can have a maximum of ${MOST_LEVELS} levels. For more information, see Requirements and ` +
        `constraints for parameter names in the AWS Systems Manager User Guide.`,
    );
  const room = MOST_OF_ARN - arnOf(scope, 'ssm', 'parameter/').length;
  if (name.length > room)
    throw validation(`Parameter name: it has ${name.length} characters; at most ${room} are allowed.`);
  return name;
}

/** What a user means by a name, `name:3`, `name:label` or an ARN with or without these. */
export interface Reference {
  /** The names it can be: an ARN does not tell whether the name begins with a slash. */
  readonly names: readonly string[];
  readonly selector?: { readonly version: number } | { readonly label: string } | undefined;
  /** As it was written, with its colon. */
  readonly selectorText?: string | undefined;
}

/** Undefined when the text can mean nothing that is here. Pure. */
export function readReference(scope: Scope, text: string): Reference | undefined {
  const given = text.trim();
  const arn = parseArn(given);
  if (arn === undefined && given.startsWith('arn:')) return undefined;
  if (arn !== undefined && (arn.service !== 'ssm' || arn.region !== scope.region)) return undefined;
  if (arn !== undefined && arn.account !== scope.account && arn.account !== '') return undefined;
  if (arn !== undefined && !arn.resource.startsWith('parameter/')) return undefined;
  const [name = '', selector, more] = (arn?.resource.slice('parameter/'.length) ?? given).split(':');
  if (name === '' || selector === '' || more !== undefined) return undefined;
  const names = arn === undefined ? [name] : [`/${name}`, name];
  if (selector === undefined) return { names };
  const isVersion = /^\d{1,15}$/.test(selector);
  return {
    names,
    selector: isVersion ? { version: Number(selector) } : { label: selector },
    selectorText: `:${selector}`,
  };
}

/** A path as it is asked for, ending in a slash. Pure. @throws ServiceError ValidationException */
export function checkedPath(path: string): string {
  if (!/^\/([\w.-]+(\/[\w.-]+)*\/?)?$/.test(path))
    throw validation(
      `The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
        `It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following ` +
        `symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, ` +
        `must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`,
    );
  return path.endsWith('/') ? path : `${path}/`;
}
