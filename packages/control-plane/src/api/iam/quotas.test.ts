import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { awsPolicies } from '../../identity/managed/aws-policies.ts';
import { refused } from '../ecs/testing/world.ts';
import { ALLOW_ALL, anIam, OTHER, ROOT, TRUST_ACCOUNT, type IamWorld } from './testing/world.ts';

const attachable = [...awsPolicies().values()].filter(({ path }) => path === '/').map(({ arn }) => arn);
const named = (kind: string) => ({ [`${kind}Name`]: 'x' });

/** What makes number `n` of something an account, or a holder, may have so many of. */
type Make = (world: IamWorld, n: number) => Promise<unknown>;

const ACCOUNTS: readonly (readonly [quota: string, most: number, make: Make])[] = [
  ['GroupsPerAccount', 300, ({ iam }, n) => iam.CreateGroup({ GroupName: `g${n}` })],
  [
    'RolesPerAccount',
    1000,
    ({ iam }, n) => iam.CreateRole({ RoleName: `r${n}`, AssumeRolePolicyDocument: TRUST_ACCOUNT }),
  ],
  ['PoliciesPerAccount', 1500, ({ iam }, n) => iam.CreatePolicy({ PolicyName: `p${n}`, PolicyDocument: ALLOW_ALL })],
  ['InstanceProfilesPerAccount', 1000, ({ iam }, n) => iam.CreateInstanceProfile({ InstanceProfileName: `i${n}` })],
  ['UsersPerAccount', 5000, ({ iam }, n) => iam.CreateUser({ UserName: `u${n}` })],
];
const HOLDERS = (['User', 'Group', 'Role'] as const).map((kind): readonly [string, number, Make] => [
  `PoliciesPer${kind}`,
  10,
  ({ iam }, n) => iam[`Attach${kind}Policy`]({ ...named(kind), PolicyArn: attachable[n] } as never),
]);

describe('quotas', () => {
  for (const [quota, most, make] of [...ACCOUNTS, ...HOLDERS])
    it(`${quota} are ${most}`, async () => {
      const world = await anIam();
      if (most === 10) {
        await world.iam.CreateUser({ UserName: 'x' });
        await world.iam.CreateGroup({ GroupName: 'x' });
        await world.iam.CreateRole({ RoleName: 'x', AssumeRolePolicyDocument: TRUST_ACCOUNT });
      }
      await Promise.all(Array.from({ length: most }, (_, n) => make(world, n)));
      await refused(make(world, most), 'LimitExceededException', `Cannot exceed quota for ${quota}: ${most}`);
      const stranger = { ...ROOT, account: OTHER, principalArn: `arn:aws:iam::${OTHER}:root` };
      if (most > 10) await make({ ...world, ...world.as(stranger) }, most);
    });

  it('AccessKeysPerUser are 2; a third may take the place of one that goes', async () => {
    const { iam, as } = await anIam();
    const UserName = 'x';
    await iam.CreateUser({ UserName });
    const { AccessKey } = await iam.CreateAccessKey({ UserName });
    await iam.CreateAccessKey({ UserName });
    await refused(iam.CreateAccessKey({ UserName }), 'LimitExceededException', 'quota for AccessKeysPerUser: 2');
    const { AccessKeyId } = AccessKey ?? {};
    const stranger = as({ ...ROOT, account: OTHER, principalArn: `arn:aws:iam::${OTHER}:root` });
    await refused(stranger.iam.GetAccessKeyLastUsed({ AccessKeyId }), 'AccessDeniedException', AccessKeyId ?? '');
    await stranger.iam.CreateUser({ UserName });
    for (const change of [
      stranger.iam.DeleteAccessKey({ UserName, AccessKeyId }),
      stranger.iam.UpdateAccessKey({ UserName, AccessKeyId, Status: 'Inactive' }),
    ])
      await refused(change, 'NoSuchEntityException', `The Access Key with id ${AccessKeyId} cannot be found.`);
    await refused(iam.UpdateAccessKey({ UserName, AccessKeyId, Status: 'Expired' }), 'InvalidInputException', 'Status');
    await iam.DeleteAccessKey({ UserName, AccessKeyId });
    const third = await iam.CreateAccessKey({ UserName });
    const listed = (await iam.ListAccessKeys({ UserName })).AccessKeyMetadata;
    assert.equal(listed?.length, 2);
    assert.ok(listed.some((key) => key.AccessKeyId === third.AccessKey?.AccessKeyId));
    assert.ok(listed.every((key) => !('SecretAccessKey' in key)));
  });
});
