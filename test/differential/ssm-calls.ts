import { maybe, type Book, type Call, type World } from './book.ts';
import type { JsonObject } from './json.ts';

/** Few names, so that calls meet. */
const NAMES = ['/app/db/user', '/app/db/password', '/app/url', 'plain'];
const TAGS = [{ Key: 'a', Value: '1' }];

function name({ rng }: World): string {
  return rng.chance(0.06) ? '/no/body' : rng.pick(NAMES);
}

function put(world: World): JsonObject {
  const { rng } = world;
  const overwrite = rng.chance(0.6);
  return {
    Name: name(world),
    Value: rng.pick(['one', 'two', 'three,four']),
    ...(overwrite ? { Overwrite: true } : {}),
    ...(overwrite && rng.chance(0.5) ? {} : { Type: rng.pick(['String', 'StringList', 'SecureString']) }),
    ...maybe(rng, { Description: () => 'what it is' }),
    ...(overwrite ? {} : maybe(rng, { Tags: () => TAGS })),
  };
}

const some = (world: World): string[] => [name(world), ...(world.rng.chance(0.6) ? [name(world)] : [])];
const decrypted = ({ rng }: World): JsonObject => maybe(rng, { WithDecryption: () => true }, 0.5);
const resource = (world: World): JsonObject => ({ ResourceType: 'Parameter', ResourceId: name(world) });
const call = (operation: string, input: JsonObject): Call => ({ service: 'ssm', operation, input });

export const SSM: Book = {
  service: 'ssm',
  calls: [
    ['PutParameter', 10, put],
    ['GetParameter', 6, (world) => ({ Name: name(world), ...decrypted(world) })],
    ['GetParameters', 4, (world) => ({ Names: [...new Set(some(world))], ...decrypted(world) })],
    [
      'GetParametersByPath',
      4,
      (world) => ({
        Path: world.rng.pick(['/app', '/app/db', '/', '/no']),
        ...maybe(world.rng, { Recursive: () => true }, 0.5),
        ...decrypted(world),
      }),
    ],
    ['GetParameterHistory', 3, (world) => ({ Name: name(world), ...decrypted(world) })],
    [
      'DescribeParameters',
      3,
      ({ rng }) =>
        maybe(rng, {
          ParameterFilters: () =>
            rng.pick([
              [{ Key: 'Name', Option: 'Equals', Values: ['/app/url'] }],
              [{ Key: 'Path', Option: 'Recursive', Values: ['/app'] }],
              [{ Key: 'Type', Values: ['String'] }],
            ]),
        }),
    ],
    ['DeleteParameter', 2, (world) => ({ Name: name(world) })],
    ['DeleteParameters', 1, (world) => ({ Names: [...new Set(some(world))] })],
    ['LabelParameterVersion', 2, (world) => ({ Name: name(world), Labels: [world.rng.pick(['live', 'next'])] })],
    ['AddTagsToResource', 3, (world) => ({ ...resource(world), Tags: [{ Key: 'b', Value: '2' }] })],
    ['RemoveTagsFromResource', 1, (world) => ({ ...resource(world), TagKeys: ['a'] })],
    ['ListTagsForResource', 3, resource],
  ],
  scenarios: [],
  opening: () => NAMES.slice(0, 2).map((Name) => call('PutParameter', { Name, Value: 'first', Type: 'String' })),
  names: {},
};
