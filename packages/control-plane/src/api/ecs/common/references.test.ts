import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '@gantry/protocol';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import { clusterNameIn, idIn } from './references.ts';

const ID = '0123456789abcdef0123456789abcdef';
const OLD_ID = '01234567-89ab-cdef-0123-456789abcdef';
const arn = (resource: string, { region = SCOPE.region as string, account = SCOPE.account as string } = {}): string =>
  `arn:aws:ecs:${region}:${account}:${resource}`;

/** What a call ends in: a value, or `<code>: <text>`. */
function ends(call: () => string): string {
  try {
    return call();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return `${error.code}: ${error.message}`;
  }
}

const CLUSTERS: readonly (readonly [given: string | undefined, ends: string | RegExp])[] = [
  [undefined, 'default'],
  ['', 'default'],
  ['web', 'web'],
  [arn('cluster/web'), 'web'],
  [arn('cluster/web', { account: '999999999999' }), 'ClusterNotFoundException: Cluster not found.'],
  [arn('cluster/web', { region: 'eu-west-1' }), 'ClusterNotFoundException: Cluster not found.'],
  [arn('service/web/shop'), /^InvalidParameterException: Invalid identifier/],
  [arn('cluster/'), /^InvalidParameterException/],
  ['arn:aws:ecs', /^InvalidParameterException: Invalid ARN/],
  ['two words', /^InvalidParameterException: Cluster must match .* but was two words$/],
  ['x'.repeat(256), /^InvalidParameterException: Cluster must match/],
  [arn(`cluster/${'x'.repeat(256)}`), /^InvalidParameterException: Cluster must match/],
];

for (const [given, expected] of CLUSTERS) {
  test(`the cluster in ${String(given).slice(0, 60)}`, () => {
    const got = ends(() => clusterNameIn(SCOPE, given));
    if (typeof expected === 'string') assert.equal(got, expected);
    else assert.match(got, expected);
  });
}

const TYPES = ['task', 'container-instance', 'service'] as const;

for (const type of TYPES) {
  const cases: readonly (readonly [given: string, ends: string | RegExp])[] = [
    [ID, ID],
    [arn(`${type}/web/${ID}`), ID],
    // Of before the long ARNs: no cluster in it.
    [arn(`${type}/${OLD_ID}`), OLD_ID],
    ['', /^InvalidParameterException: Invalid identifier/],
    ['arn:nonsense', /^InvalidParameterException: Invalid identifier/],
    [arn('cluster/web'), /^InvalidParameterException: Invalid identifier/],
    [arn(`${type}/a/b/c`), /^InvalidParameterException: Invalid identifier/],
    [
      arn(`${type}/other/${ID}`),
      'InvalidParameterException: Invalid identifier: Identifier is for cluster other. Your cluster is web',
    ],
    [
      arn(`${type}/web/${ID}`, { account: '999999999999' }),
      `InvalidParameterException: Invalid identifier: Identifier is for 999999999999. Your accountId is ${SCOPE.account}`,
    ],
    [
      arn(`${type}/web/${ID}`, { region: 'eu-west-1' }),
      `InvalidParameterException: Invalid identifier: Identifier is for eu-west-1. Your region is ${SCOPE.region}`,
    ],
  ];
  for (const [given, expected] of cases) {
    test(`the ${type} in '${given}'`, () => {
      const got = ends(() => idIn(SCOPE, 'web', type, given));
      if (typeof expected === 'string') assert.equal(got, expected);
      else assert.match(got, expected);
    });
  }
}
