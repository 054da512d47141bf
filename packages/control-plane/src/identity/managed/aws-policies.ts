import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochMs, type AccountId, type IamPolicy } from '@gantry/domain';

/** In place of an account in the ARNs of AWS's own policies. */
export const AWS_OWNER = 'aws' as AccountId;

interface Row {
  readonly path: string;
  readonly defaultVersionId: string;
  readonly createDate: string;
  readonly updateDate: string;
  readonly description: string;
  readonly document: unknown;
}

let loaded: ReadonlyMap<string, IamPolicy> | undefined;

/** The policies AWS keeps for everybody, by ARN, in order of their names; each has its newest version alone. */
export function awsPolicies(): ReadonlyMap<string, IamPolicy> {
  return (loaded ??= load());
}

function load(): ReadonlyMap<string, IamPolicy> {
  const text = readFileSync(join(import.meta.dirname, 'aws-policies.json'), 'utf8');
  const rows = Object.entries(JSON.parse(text) as Readonly<Record<string, Row>>);
  return new Map(rows.map(([name, row]) => [arnOf(name, row), policyOf(name, row)]));
}

const arnOf = (name: string, { path }: Row): string => `arn:aws:iam::aws:policy${path}${name}`;

function policyOf(policyName: string, row: Row): IamPolicy {
  const { path, defaultVersionId, description } = row;
  const arn = arnOf(policyName, row);
  const [createDate, updateDate] = [epochMs(Date.parse(row.createDate)), epochMs(Date.parse(row.updateDate))];
  const document = JSON.stringify(row.document, undefined, 4);
  return {
    account: AWS_OWNER,
    policyName,
    path,
    policyId: `ANPA${hash('sha256', arn).slice(0, 17).toUpperCase().replace(/[018]/g, 'Z').replace(/9/g, 'Y')}`,
    arn,
    createDate,
    updateDate,
    description,
    tags: [],
    defaultVersionId,
    versions: [{ versionId: defaultVersionId, document, createDate: updateDate }],
    lastVersion: Number(defaultVersionId.slice(1)),
  };
}
