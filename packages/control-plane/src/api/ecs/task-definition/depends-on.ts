import { clientException } from '@gantry/protocol';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';

const LINK = /^[A-Za-z0-9_-]{1,255}(:[A-Za-z0-9_.-]{1,255})?$/;

/**
 * Who waits for whom (ecs-semantics 3.6): `dependsOn`, and START edges from `links` and `volumesFrom`.
 * Pure; throws ClientException for an unknown container, an impossible condition or a cycle.
 */
export function checkDependencies(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name ?? '', container]));
  for (const container of containers) checkConditions(container, byName);
  const links = new Map(containers.map((container) => [container.name ?? '', linksOf(container)]));
  if (findCycle(links) !== undefined) throw clientException('Container links should not have a cycle');
  const edges = new Map(containers.map((container) => [container.name ?? '', dependenciesOf(container)]));
  const cycle = findCycle(edges);
  if (cycle !== undefined) {
    throw clientException(`Container dependencies contain a cycle: ${cycle.join(' -> ')}.`);
  }
}

function checkConditions(container: ContainerDefinition, byName: ReadonlyMap<string, ContainerDefinition>): void {
  const name = container.name ?? '';
  const unknown = (member: string, target: string): Error =>
    clientException(
      `Container '${name}' names container '${target}' in '${member}', which is not in the task definition.`,
    );
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const target = byName.get(containerName ?? '');
    if (containerName === name) throw clientException(`Container '${name}' can not depend on itself.`);
    if (target === undefined) {
      throw clientException(`Cannot depend on container + '${containerName ?? ''}' because it does not exist`);
    }
    if ((condition === 'COMPLETE' || condition === 'SUCCESS') && target.essential !== false) {
      throw clientException(
        'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container',
      );
    }
    if (condition === 'HEALTHY' && target.healthCheck === undefined) {
      throw clientException(
        `Container '${name}' waits for container '${containerName}' to be HEALTHY, which has no 'healthCheck'.`,
      );
    }
  }
  const badLink = (container.links ?? []).find((link) => !LINK.test(link));
  if (badLink !== undefined) {
    throw clientException(`Invalid link '${badLink.slice(0, 64)}' of container '${name}': give <container>:<alias>.`);
  }
  for (const target of linksOf(container)) if (!byName.has(target)) throw unknown('links', target);
  for (const { sourceContainer } of container.volumesFrom ?? []) {
    if (!byName.has(sourceContainer ?? '')) throw unknown('volumesFrom', sourceContainer ?? '');
  }
}

function dependenciesOf(container: ContainerDefinition): readonly string[] {
  return [
    ...(container.dependsOn ?? []).map(({ containerName }) => containerName ?? ''),
    ...linksOf(container),
    ...(container.volumesFrom ?? []).map(({ sourceContainer }) => sourceContainer ?? ''),
  ];
}

function linksOf(container: ContainerDefinition): readonly string[] {
  return (container.links ?? []).map((link) => link.split(':')[0] ?? '');
}

/** The first cycle of a directed graph, its first node repeated at the end; undefined when there is none. Pure. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): readonly string[] | undefined => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
