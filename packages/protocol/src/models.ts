import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceModel } from './codec/model.ts';
import { GANTRY_MODEL } from './gantry-model.ts';
import { S3_MODEL } from './s3-model.ts';

export const SERVICE_NAMES = [
  'ecs',
  'logs',
  'sts',
  'iam',
  'ssm',
  'secretsmanager',
  'cloudtrail',
  'elasticloadbalancing',
  'ec2',
  'elasticfilesystem',
  'scheduler',
  's3',
  'gantry',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

const BY_HAND: Readonly<Partial<Record<ServiceName, ServiceModel>>> = { gantry: GANTRY_MODEL, s3: S3_MODEL };
const loaded = new Map<ServiceName, ServiceModel>();

/** The wire model of a service, parsed at first use: a command line that asks for tasks never reads the logs model. */
export function modelOf(service: ServiceName): ServiceModel {
  const known = loaded.get(service);
  if (known !== undefined) return known;
  const model = BY_HAND[service] ?? generated(service);
  loaded.set(service, model);
  return model;
}

function generated(service: ServiceName): ServiceModel {
  const file = join(import.meta.dirname, 'generated', `${service}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as ServiceModel;
}
