import type { Scope, ServiceDeployment } from '@gantry/domain';
import type { ListServiceDeploymentsRequest } from '@aws-sdk/client-ecs';
import { invalidParameter } from '@gantry/protocol';
import type { Tables } from '../../../state/tables.ts';
import { readableCluster } from '../common/clusters.ts';
import { pageOfList, pagesOf, type Page } from '../common/paging.ts';
import { keyOfService } from '../service/describe.ts';
import { knownService } from '../service/find.ts';

const PAGES = pagesOf('ListServiceDeployments', { defaultResults: 20, maxResults: 100 });
/** No moment is later: what is left until then sorts the newest first. */
const END_OF_TIME = 8.64e15;

/** A page of a service's deployments, newest first. Throws ServiceNotFoundException. */
export function pageOfDeployments(
  tables: Tables,
  scope: Scope,
  input: ListServiceDeploymentsRequest,
): Page<ServiceDeployment> {
  const { clusterName } = readableCluster(tables, scope, input.cluster);
  const key = keyOfService(knownService(tables, scope, clusterName, input.service as string));
  const { status = [], createdAt } = input;
  const before = createdAt?.before?.getTime() ?? Infinity;
  const after = createdAt?.after?.getTime() ?? -Infinity;
  if (after > before) throw invalidParameter('createdAt.after must not be later than createdAt.before.');
  const found = Array.from(tables.serviceDeployments.withPrefix(`${key}/`)).filter(
    (one) => (status.length === 0 || status.includes(one.status)) && one.createdAt < before && one.createdAt > after,
  );
  const order = (one: ServiceDeployment): string =>
    `${String(END_OF_TIME - one.createdAt).padStart(16, '0')}/${one.id}`;
  const inOrder = found.map((one) => ({ one, at: order(one) })).sort((a, b) => (a.at < b.at ? -1 : 1));
  const { items, nextToken } = pageOfList(inOrder, input, PAGES, ({ at }) => at);
  return { items: items.map(({ one }) => one), nextToken };
}
