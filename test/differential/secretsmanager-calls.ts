import type { Rng } from '@gantry/testkit';
import { maybe, type Book, type Call, type World } from './book.ts';
import type { JsonObject } from './json.ts';

const NAMES = ['db', 'app/key'];
const TAGS = [{ Key: 'a', Value: '1' }];

/** By name or, when it has one on both sides, by ARN. */
function secret({ rng, twins }: World): string {
  if (rng.chance(0.05)) return 'nobody';
  const count = twins.count('secret');
  return count > 0 && rng.chance(0.3) ? `«secret ${rng.int(0, count - 1)}»` : rng.pick(NAMES);
}

/** A token names the version it makes: it is the same on both sides. */
function token(rng: Rng): string {
  return `version-of-the-secret-number-${rng.int(1000, 9999)}`;
}

const written = ({ rng }: World): JsonObject => ({
  ClientRequestToken: token(rng),
  SecretString: rng.pick(['one', 'two', '{"user":"a","password":"b"}']),
});
const of = (world: World): JsonObject => ({ SecretId: secret(world) });
const call = (operation: string, input: JsonObject): Call => ({ service: 'secretsmanager', operation, input });

export const SECRETS_MANAGER: Book = {
  service: 'secretsmanager',
  calls: [
    [
      'CreateSecret',
      5,
      (world) => ({
        Name: world.rng.pick(NAMES),
        ...written(world),
        ...maybe(world.rng, { Description: () => 'what it is', Tags: () => TAGS }),
      }),
    ],
    [
      'GetSecretValue',
      6,
      (world) => ({
        ...of(world),
        ...maybe(world.rng, { VersionStage: () => world.rng.pick(['AWSCURRENT', 'AWSPREVIOUS']) }),
      }),
    ],
    ['PutSecretValue', 5, (world) => ({ ...of(world), ...written(world) })],
    [
      'UpdateSecret',
      2,
      (world) => ({ ...of(world), ...(world.rng.chance(0.5) ? written(world) : { Description: 'new' }) }),
    ],
    ['DescribeSecret', 5, of],
    ['ListSecrets', 2, () => ({})],
    ['ListSecretVersionIds', 3, of],
    ['TagResource', 2, (world) => ({ ...of(world), Tags: [{ Key: 'b', Value: '2' }] })],
    ['UntagResource', 1, (world) => ({ ...of(world), TagKeys: ['a'] })],
    [
      'DeleteSecret',
      2,
      (world) => ({ ...of(world), ...maybe(world.rng, { ForceDeleteWithoutRecovery: () => true }, 0.5) }),
    ],
    ['RestoreSecret', 2, of],
  ],
  scenarios: [
    [
      call('DeleteSecret', { SecretId: 'nobody', ForceDeleteWithoutRecovery: true }),
      call('CreateSecret', {
        Name: 'db',
        SecretString: 'one',
        ClientRequestToken: 'version-of-the-secret-number-0001',
      }),
      call('DeleteSecret', { SecretId: 'db' }),
      call('CreateSecret', {
        Name: 'db',
        SecretString: 'two',
        ClientRequestToken: 'version-of-the-secret-number-0002',
      }),
      call('DeleteSecret', { SecretId: 'db' }),
    ],
  ],
  opening: (world) => [call('CreateSecret', { Name: 'db', ...written(world) })],
  names: { CreateSecret: ['secret', undefined, 'ARN'] },
};
