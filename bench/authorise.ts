/** What authorisation costs a request: a user with ten policies, and the administrator, who passes at once. */
import { systemClock } from '@gantry/protocol';
import { SCOPE } from '@gantry/control-plane/controllers/testing/builders.ts';
import { authoriseBy } from '@gantry/control-plane/authorise/authorise.ts';
import { parsePolicy } from '@gantry/control-plane/authorise/policy.ts';
import { awsPolicies } from '@gantry/control-plane/identity/managed/aws-policies.ts';
import type { Principal } from '@gantry/control-plane/identity/principal.ts';
import { createTables } from '@gantry/control-plane/state/tables.ts';

const ROUNDS = 7;
const CALLS = 100_000;

const account = SCOPE.account;
const teams = Array.from({ length: 9 }, (_, team) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['ecs:RunTask', 'ecs:Describe*'], Resource: `arn:aws:ecs:*:*:cluster/team-${team}-*` },
    { Effect: 'Allow', Action: 'iam:PassRole', Resource: `arn:aws:iam::${account}:role/team-${team}/*` },
    {
      Effect: 'Deny',
      Action: 'ecs:*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/locked': 'yes' } },
    },
  ],
}));
const managed = awsPolicies().get('arn:aws:iam::aws:policy/AmazonECS_FullAccess')?.versions[0]?.document ?? '{}';
const identity = [managed, ...teams.map((each) => JSON.stringify(each))].map((text) => parsePolicy(text, 'identity'));
const policies = { identity, tags: {} };

const authorise = authoriseBy({ policiesOf: () => policies, tables: createTables(), clock: systemClock });
const user: Principal = { kind: 'user', userName: 'ann', userId: 'AIDAEXAMPLE' };
const callerOf = (principal: Principal) => ({
  ...SCOPE,
  principalArn: `arn:aws:iam::${account}:user/ann`,
  accessKeyId: 'AKIA',
  principal,
});
const call = {
  signingName: 'ecs',
  operation: 'DescribeClusters',
  input: { clusters: ['web'] },
  from: { address: '127.0.0.1', secure: false },
};

/** Microseconds a call, the best of some rounds: what else runs on the machine only adds. */
function measured(principal: Principal): number {
  const caller = callerOf(principal);
  let bestMs = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    for (let count = 0; count < CALLS; count += 1) authorise(caller, call);
    bestMs = Math.min(bestMs, performance.now() - startedAt);
  }
  return (bestMs * 1000) / CALLS;
}

console.log(`DescribeClusters, a user with ${identity.length} policies: ${measured(user).toFixed(1)} µs (≤ 10)`);
console.log(`the administrator: ${measured({ kind: 'administrator' }).toFixed(3)} µs`);
