import assert from 'node:assert/strict';
import { it } from 'node:test';
import { capabilities, type InstanceIdentity } from './attributes.ts';

const IDENTITY: InstanceIdentity = {
  pool: 'ec2',
  instanceType: undefined,
  availabilityZone: undefined,
  architecture: 'x64',
  hasTaskNetwork: true,
  hasRouters: false,
  hasMetadata: false,
  attributes: {},
};

it('an instance says that security groups hold there, or nothing', () => {
  const engine = { apiVersion: '1.41', logDrivers: [], securityModules: [] } as never;
  const said = (enforcesSecurityGroups: boolean): unknown =>
    capabilities({ ...IDENTITY, enforcesSecurityGroups }, engine).find(({ name }) => name === 'gantry.security-groups');
  assert.deepEqual(said(true), { name: 'gantry.security-groups', value: 'enforced' });
  assert.equal(said(false), undefined);
});
