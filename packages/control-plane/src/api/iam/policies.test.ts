import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../authorise/policy.ts';
import { awsPolicies } from '../../identity/managed/aws-policies.ts';
import { refused } from '../ecs/testing/world.ts';
import { ACCOUNT, ALLOW_ALL, anIam, policy, TRUST_ACCOUNT } from './testing/world.ts';

const ARN = `arn:aws:iam::${ACCOUNT}:policy/p`;
const READ = policy({ Effect: 'Allow', Action: 'ecs:List*', Resource: '*' });
const EXECUTION = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';

describe("AWS's managed policies", () => {
  it('are policies, and have ids of their own', () => {
    const policies = [...awsPolicies().values()];
    assert.ok(policies.length > 30);
    for (const { arn, versions, policyId } of policies) {
      assert.match(policyId, /^ANPA[A-Z2-7]{17}$/, arn);
      for (const { document } of versions) parsePolicy(document, 'identity');
    }
    assert.equal(new Set(policies.map(({ policyId }) => policyId)).size, policies.length);
    assert.ok(awsPolicies().has(EXECUTION));
  });

  it('are shown, attached, and changed by nobody', async () => {
    const { iam } = await anIam();
    const { Policy } = await iam.GetPolicy({ PolicyArn: EXECUTION });
    assert.deepEqual([Policy?.PolicyName, Policy?.Path], ['AmazonECSTaskExecutionRolePolicy', '/service-role/']);
    const VersionId = Policy?.DefaultVersionId;
    const { PolicyVersion } = await iam.GetPolicyVersion({ PolicyArn: EXECUTION, VersionId });
    assert.match(decodeURIComponent(PolicyVersion?.Document ?? ''), /ecr:GetAuthorizationToken/);
    await refused(iam.DeletePolicy({ PolicyArn: EXECUTION }), 'AccessDeniedException', 'is a policy of AWS');
    await iam.CreateUser({ UserName: 'u' });
    const linked = 'arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy';
    await refused(iam.AttachUserPolicy({ UserName: 'u', PolicyArn: linked }), 'PolicyNotAttachableException', linked);
    const names = async (Scope: 'AWS' | 'Local' | 'All') =>
      (await iam.ListPolicies({ Scope, MaxItems: 1000 })).Policies?.map(({ PolicyName }) => PolicyName);
    await iam.CreatePolicy({ PolicyName: 'p', PolicyDocument: READ });
    assert.deepEqual(await names('Local'), ['p']);
    assert.equal((await names('AWS'))?.length, awsPolicies().size);
    assert.equal((await names('All'))?.length, awsPolicies().size + 1);
  });
});

describe('managed policies', () => {
  it('have versions, five at most, and one of them is the default', async () => {
    const { iam } = await anIam();
    const made = (await iam.CreatePolicy({ PolicyName: 'p', PolicyDocument: READ, Description: 'd' })).Policy;
    assert.deepEqual([made?.Arn, made?.DefaultVersionId, made?.AttachmentCount], [ARN, 'v1', 0]);
    assert.match(made?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/);
    for (let n = 2; n <= 5; n += 1) await iam.CreatePolicyVersion({ PolicyArn: ARN, PolicyDocument: ALLOW_ALL });
    const sixth = { PolicyArn: ARN, PolicyDocument: ALLOW_ALL, SetAsDefault: true };
    await refused(iam.CreatePolicyVersion(sixth), 'LimitExceededException', 'can have up to 5 versions');
    await iam.DeletePolicyVersion({ PolicyArn: ARN, VersionId: 'v5' });
    assert.equal((await iam.CreatePolicyVersion(sixth)).PolicyVersion?.VersionId, 'v6', 'a number is given out once');
    const page = await iam.ListPolicyVersions({ PolicyArn: ARN, MaxItems: 2 });
    const rest = await iam.ListPolicyVersions({ PolicyArn: ARN, Marker: page.Marker });
    const ids = [...(page.Versions ?? []), ...(rest.Versions ?? [])].map(({ VersionId }) => VersionId);
    assert.deepEqual(ids, ['v6', 'v4', 'v3', 'v2', 'v1']);
    await refused(iam.DeletePolicyVersion({ PolicyArn: ARN, VersionId: 'v6' }), 'DeleteConflictException', 'default');
    await iam.SetDefaultPolicyVersion({ PolicyArn: ARN, VersionId: 'v1' });
    const shown = (await iam.GetPolicy({ PolicyArn: ARN })).Policy;
    assert.deepEqual([shown?.DefaultVersionId, shown?.Description], ['v1', 'd']);
    await refused(
      iam.GetPolicyVersion({ PolicyArn: ARN, VersionId: 'v5' }),
      'NoSuchEntityException',
      'version v5 does not',
    );
    await refused(iam.DeletePolicy({ PolicyArn: ARN }), 'DeleteConflictException', 'more than one version');
    for (const VersionId of ['v2', 'v3', 'v4', 'v6']) await iam.DeletePolicyVersion({ PolicyArn: ARN, VersionId });
    await iam.DeletePolicy({ PolicyArn: ARN });
    await refused(iam.GetPolicy({ PolicyArn: ARN }), 'NoSuchEntityException', `Policy ${ARN} was not found.`);
  });

  it('know who they are attached to, and are kept as long', async () => {
    const { iam } = await anIam();
    await iam.CreatePolicy({ PolicyName: 'p', PolicyDocument: READ });
    await refused(
      iam.CreatePolicy({ PolicyName: 'P', PolicyDocument: READ }),
      'EntityAlreadyExistsException',
      'A policy called P',
    );
    await iam.CreateUser({ UserName: 'u' });
    await iam.CreateGroup({ GroupName: 'g' });
    await iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: TRUST_ACCOUNT });
    await iam.AttachUserPolicy({ UserName: 'u', PolicyArn: ARN });
    await iam.AttachUserPolicy({ UserName: 'u', PolicyArn: ARN });
    await iam.AttachGroupPolicy({ GroupName: 'g', PolicyArn: ARN });
    await iam.AttachRolePolicy({ RoleName: 'r', PolicyArn: ARN });
    assert.equal((await iam.GetPolicy({ PolicyArn: ARN })).Policy?.AttachmentCount, 3);
    const only = await iam.ListPolicies({ OnlyAttached: true });
    assert.deepEqual(
      only.Policies?.map(({ PolicyName }) => PolicyName),
      ['p'],
    );
    const all = await iam.ListEntitiesForPolicy({ PolicyArn: ARN });
    assert.deepEqual(
      [all.PolicyGroups?.[0]?.GroupName, all.PolicyRoles?.[0]?.RoleName, all.PolicyUsers?.[0]?.UserName],
      ['g', 'r', 'u'],
    );
    const roles = await iam.ListEntitiesForPolicy({ PolicyArn: ARN, EntityFilter: 'Role' });
    assert.deepEqual([roles.PolicyRoles?.length, roles.PolicyUsers, roles.PolicyGroups], [1, [], []]);
    const paged = await iam.ListEntitiesForPolicy({ PolicyArn: ARN, MaxItems: 2 });
    const last = await iam.ListEntitiesForPolicy({ PolicyArn: ARN, Marker: paged.Marker });
    assert.deepEqual([paged.IsTruncated, last.IsTruncated, last.PolicyUsers?.length], [true, false, 1]);
    await refused(iam.DeletePolicy({ PolicyArn: ARN }), 'DeleteConflictException', 'attached to entities');
    assert.deepEqual((await iam.ListAttachedGroupPolicies({ GroupName: 'g' })).AttachedPolicies, [
      { PolicyName: 'p', PolicyArn: ARN },
    ]);
    await iam.DetachUserPolicy({ UserName: 'u', PolicyArn: ARN });
    await refused(iam.DetachUserPolicy({ UserName: 'u', PolicyArn: ARN }), 'NoSuchEntityException', 'was not found');
    await iam.DetachGroupPolicy({ GroupName: 'g', PolicyArn: ARN });
    await iam.DetachRolePolicy({ RoleName: 'r', PolicyArn: ARN });
    await iam.DeletePolicy({ PolicyArn: ARN });
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['{', 'MalformedPolicyDocumentException', 'invalid Json'],
    [TRUST_ACCOUNT, 'MalformedPolicyDocumentException', ''],
    [
      policy({ Effect: 'Allow', Action: 'ecs:x', Resource: 'x'.repeat(6144) }),
      'LimitExceededException',
      'PolicySize: 6144',
    ],
  ];
  for (const [document, code, text] of bad)
    it(`are not made of ${document.slice(0, 20)}…`, async () => {
      const { iam } = await anIam();
      await refused(iam.CreatePolicy({ PolicyName: 'p', PolicyDocument: document }), code, text);
    });
});

describe('inline policies', () => {
  for (const [kind, most] of [
    ['User', 2048],
    ['Group', 5120],
    ['Role', 10_240],
  ] as const)
    it(`of a ${kind.toLowerCase()} are put, read and deleted; together they have ${most} characters`, async () => {
      const { iam } = await anIam();
      const name = { [`${kind}Name`]: 'x' };
      const AssumeRolePolicyDocument = TRUST_ACCOUNT;
      await iam[`Create${kind}`]({ ...name, AssumeRolePolicyDocument } as never);
      const list =
        kind === 'User' ? iam.ListUserPolicies : kind === 'Group' ? iam.ListGroupPolicies : iam.ListRolePolicies;
      const put = iam[`Put${kind}Policy`];
      const get = iam[`Get${kind}Policy`];
      await put({ ...name, PolicyName: '__proto__', PolicyDocument: `${READ}\n  ` } as never);
      await put({ ...name, PolicyName: 'b', PolicyDocument: ALLOW_ALL } as never);
      const shown = await get({ ...name, PolicyName: '__proto__' } as never);
      assert.equal(decodeURIComponent(shown.PolicyDocument ?? ''), `${READ}\n  `, 'as it was given');
      assert.deepEqual((await list(name as never)).PolicyNames, ['__proto__', 'b']);
      const size = ALLOW_ALL.length + READ.length;
      const long = (length: number): string => `${READ.slice(0, -1)},"Id":"${'x'.repeat(length - READ.length - 8)}"}`;
      const fits = long(most - size);
      assert.equal(fits.length, most - size);
      await put({ ...name, PolicyName: 'c', PolicyDocument: fits } as never);
      const over = put({ ...name, PolicyName: 'c', PolicyDocument: long(most - size + 1) } as never);
      await refused(
        over,
        'LimitExceededException',
        `Maximum policy size of ${most} bytes exceeded for ${kind.toLowerCase()} x`,
      );
      await refused(
        put({ ...name, PolicyName: 'd', PolicyDocument: '[]' } as never),
        'MalformedPolicyDocumentException',
        '',
      );
      await iam[`Delete${kind}Policy`]({ ...name, PolicyName: 'b' } as never);
      const lost = get({ ...name, PolicyName: 'constructor' } as never);
      await refused(lost, 'NoSuchEntityException', `The ${kind.toLowerCase()} policy with name constructor cannot be`);
      await refused(
        iam[`Delete${kind}Policy`]({ ...name, PolicyName: 'b' } as never),
        'NoSuchEntityException',
        'name b',
      );
    });
});
