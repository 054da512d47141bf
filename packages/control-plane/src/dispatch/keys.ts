import { parseArn, shortName, type Instance, type Scope } from '@gantry/domain';
import type { Tables } from '../state/tables.ts';

export { instanceKey } from '../state/keys.ts';

export function instanceByArn(tables: Tables, arn: string): Instance | undefined {
  return tables.instances.by('arn', arn)[0];
}

/** The document key of a task, from its ARN alone: its cluster need not be the instance's (Fargate's pool). */
export function taskKeyOfArn(arn: string): string | undefined {
  const parsed = parseArn(arn);
  const match = parsed === undefined ? null : /^task\/([^/]+)\/([^/]+)$/.exec(parsed.resource);
  if (parsed === undefined || parsed.service !== 'ecs' || match === null) return undefined;
  return `${parsed.account}/${parsed.region}/${match[1]}/${match[2]}`;
}

/** Name of a cluster given as name, as ARN or not at all. `undefined`: an ARN of something else, or of another world. */
export function clusterNameOf(scope: Scope, reference: string | null | undefined): string | undefined {
  if (reference === null || reference === undefined || reference === '') return 'default';
  const arn = parseArn(reference);
  if (arn === undefined) return reference.startsWith('arn:') ? undefined : reference;
  const ours = arn.account === scope.account && arn.region === scope.region && arn.service === 'ecs';
  return ours && arn.resource.startsWith('cluster/') ? shortName(reference) : undefined;
}
