import type { Scope, Secret } from '@gantry/domain';
import { invalidParameter, type SecretsmanagerOperations } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';

type Filters = NonNullable<SecretsmanagerOperations['ListSecrets']['input']['Filters']>;
type Texts = (secret: Secret) => readonly string[];

/** What each key looks at. */
const TEXTS: Readonly<Record<string, Texts>> = {
  name: ({ name }) => [name],
  description: ({ description }) => (description === undefined ? [] : [description]),
  'tag-key': ({ tags }) => tags.map(({ key = '' }) => key),
  'tag-value': ({ tags }) => tags.map(({ value = '' }) => value),
  // Nothing is replicated here, and no other service makes secrets.
  'primary-region': () => [],
  'owning-service': () => [],
};

/** Whether a secret passes all filters, each with any of its values. Pure. @throws ServiceError InvalidParameterException */
export function secretFilter(filters: Filters | undefined): (secret: Secret) => boolean {
  const each = (filters ?? []).map(({ Key: key, Values: values }) => {
    if (key === undefined) throw invalidParameter('Invalid filter key');
    if (values === undefined || values.length === 0) throw invalidParameter(`Invalid filter values for key: ${key}`);
    const tests = values.map((value) => {
      const negated = value.startsWith('!');
      const test = valueTest(key, negated ? value.slice(1) : value);
      return (secret: Secret): boolean => test(secret) !== negated;
    });
    return (secret: Secret): boolean => tests.some((test) => test(secret));
  });
  return (secret) => each.every((passes) => passes(secret));
}

/** Secrets that pass and do not wait for their deletion, by name. @throws ServiceError InvalidParameterException */
export function secretsMatching(tables: Tables, scope: Scope, filters: Filters | undefined): readonly Secret[] {
  const matches = secretFilter(filters);
  const all = tables.secrets.by('scope', `${scope.account}/${scope.region}`);
  return all.filter((secret) => secret.deletion === undefined && matches(secret));
}

function valueTest(key: string, value: string): (secret: Secret) => boolean {
  if (key === 'all') {
    const words = value
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== '');
    const everything = Object.values(TEXTS);
    return (secret) => {
      const texts = everything.flatMap((textsOf) => textsOf(secret)).map((text) => text.toLowerCase());
      return words.every((word) => texts.some((text) => text.includes(word)));
    };
  }
  const textsOf = TEXTS[key] as Texts;
  if (key === 'description') {
    const words = value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    // A prefix of any word of it.
    return (secret) =>
      words.every((word) =>
        textsOf(secret).some((text) =>
          text
            .toLowerCase()
            .split(/\s+/)
            .some((w) => w.startsWith(word)),
        ),
      );
  }
  return (secret) => textsOf(secret).some((text) => text.startsWith(value));
}
