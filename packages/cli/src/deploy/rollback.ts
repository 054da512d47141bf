import type { Api, EcsOutput, Service } from '../api/port.ts';
import { CliError, EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { definitionName } from '../run/reach.ts';
import { serviceMeant } from './deploy.ts';
import { watch } from './watch.ts';

export interface RollbackOptions {
  readonly cluster: string;
  readonly wait: boolean;
  readonly timeoutMs: number;
}

const UNDER_WAY: readonly string[] = ['PENDING', 'IN_PROGRESS', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS'];
type Revision = NonNullable<EcsOutput<'DescribeServiceRevisions'>['serviceRevisions']>[number];

/** Takes back the deployment that is under way, or else goes back to what ran before the last one. @returns the exit code */
export async function rollback(host: Host, api: Api, text: string, options: RollbackOptions): Promise<number> {
  const { cluster, service } = await serviceMeant(api, options.cluster, text);
  const name = service.serviceName ?? text;
  const known = new Set((service.events ?? []).map(({ id = '' }) => id));
  const watched = { cluster, service: name, timeoutMs: options.timeoutMs };
  const current = service.currentServiceDeployment;
  if (current !== undefined && UNDER_WAY.includes(await statusOf(api, current))) {
    await api.ecs('StopServiceDeployment', { serviceDeploymentArn: current, stopType: 'ROLLBACK' });
    host.terminal.out(`${name}: the deployment under way goes back`);
    return options.wait ? watch(host, api, current, { ...watched, isRollback: true }, known) : EXIT.done;
  }
  const before = await revisionBefore(api, service, cluster, name);
  const { taskDefinition, networkConfiguration, platformVersion, loadBalancers = [] } = before;
  const { service: updated } = await api.ecs('UpdateService', {
    cluster,
    service: name,
    taskDefinition,
    networkConfiguration,
    ...(platformVersion === undefined ? {} : { platformVersion }),
    loadBalancers,
  });
  host.terminal.out(`${name}: ${definitionName(service.taskDefinition)} -> ${definitionName(taskDefinition)}`);
  if (!options.wait) return EXIT.done;
  return watch(host, api, updated?.currentServiceDeployment ?? '', { ...watched, isRollback: false }, known);
}

async function statusOf(api: Api, arn: string): Promise<string> {
  const { serviceDeployments } = await api.ecs('DescribeServiceDeployments', { serviceDeploymentArns: [arn] });
  return serviceDeployments?.[0]?.status ?? '';
}

/** The newest revision that was deployed with success and is not what runs. */
async function revisionBefore(api: Api, service: Service, cluster: string, name: string): Promise<Revision> {
  const { serviceDeployments = [] } = await api.ecs('ListServiceDeployments', {
    cluster,
    service: name,
    status: ['SUCCESSFUL'],
  });
  const running = new Set((service.currentServiceRevisions ?? []).map(({ arn }) => arn));
  const arns = serviceDeployments.flatMap(({ targetServiceRevisionArn: arn }) => (arn === undefined ? [] : [arn]));
  for (const arn of arns.filter((each) => !running.has(each))) {
    const { serviceRevisions } = await api.ecs('DescribeServiceRevisions', { serviceRevisionArns: [arn] });
    const [revision] = serviceRevisions ?? [];
    if (revision !== undefined && revision.taskDefinition !== service.taskDefinition) return revision;
  }
  throw new CliError(`${name} has run nothing else yet that it could go back to.`, {
    wayOut: `gantry deploy ${name} --task-definition FAMILY:REVISION deploys a certain revision.`,
  });
}
