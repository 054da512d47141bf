import type { Rule } from '../demand.ts';
import { ec2Rules } from './ec2.ts';
import { ecsRules } from './ecs.ts';
import { elasticfilesystemRules } from './elasticfilesystem.ts';
import { elasticloadbalancingRules } from './elasticloadbalancing.ts';
import { iamRules } from './iam.ts';
import { logsRules } from './logs.ts';
import { cloudtrailRules, gantryRules, schedulerRules, stsRules } from './others.ts';
import { s3Rules } from './s3.ts';
import { secretsmanagerRules } from './secretsmanager.ts';
import { ssmRules } from './ssm.ts';

type Rules = Readonly<Record<string, Rule<unknown>>>;

// Names come from the network: without a prototype `constructor` is not among them.
const bare = (rules: object): Rules => Object.assign(Object.create(null), rules) as Rules;

/** What every operation needs to be allowed, by signing name and operation. */
export const RULES: Readonly<Record<string, Rules | undefined>> = Object.assign(Object.create(null) as object, {
  cloudtrail: bare(cloudtrailRules),
  ec2: bare(ec2Rules),
  ecs: bare(ecsRules),
  elasticfilesystem: bare(elasticfilesystemRules),
  elasticloadbalancing: bare(elasticloadbalancingRules),
  gantry: bare(gantryRules),
  iam: bare(iamRules),
  logs: bare(logsRules),
  s3: bare(s3Rules),
  scheduler: bare(schedulerRules),
  secretsmanager: bare(secretsmanagerRules),
  ssm: bare(ssmRules),
  sts: bare(stsRules),
});
