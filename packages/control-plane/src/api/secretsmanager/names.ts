import { arnOf, parseArn, type Scope, type Secret } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';
import { markedDeleted, secretNotFound } from './errors.ts';

export function secretKey({ scope, name }: Pick<Secret, 'scope' | 'name'>): string {
  return `${scope.account}/${scope.region}/${name}`;
}

export function secretArn(scope: Scope, name: string, suffix: string): string {
  return arnOf(scope, 'secretsmanager', `secret:${name}-${suffix}`);
}

/** The name of a new secret. Pure. @throws ServiceError ValidationException */
export function checkedName(name: string): string {
  if (/^[\w/+=.@!-]+$/.test(name)) return name;
  throw new ServiceError(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  );
}

/** The secret of a name, a whole ARN, or one without its six last characters. */
export function findSecret(tables: Tables, scope: Scope, id: string): Secret | undefined {
  const named = (name: string): Secret | undefined => tables.secrets.get(secretKey({ scope, name }));
  const arn = parseArn(id);
  if (arn === undefined) return named(id);
  // Other accounts and regions are other worlds: nothing of theirs exists here.
  if (arn.service !== 'secretsmanager' || arn.account !== scope.account || arn.region !== scope.region)
    return undefined;
  if (!arn.resource.startsWith('secret:')) return undefined;
  const name = arn.resource.slice('secret:'.length);
  const whole = named(name.replace(/-[A-Za-z0-9]{6}$/, ''));
  return whole?.arn === id ? whole : named(name);
}

/** Also one that waits for its deletion. @throws ServiceError ResourceNotFoundException */
export function secretOf(tables: Tables, scope: Scope, id: string | undefined): Secret {
  const secret = findSecret(tables, scope, id ?? '');
  if (secret === undefined) throw secretNotFound();
  return secret;
}

/** @throws ServiceError ResourceNotFoundException; InvalidRequestException for one that waits for its deletion */
export function livingSecret(tables: Tables, scope: Scope, id: string | undefined): Secret {
  const secret = secretOf(tables, scope, id);
  if (secret.deletion !== undefined) throw markedDeleted();
  return secret;
}
