import type { Api, Service } from '../api/port.ts';
import { findSubject } from '../api/subject.ts';
import { CliError, EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { definitionName } from '../run/reach.ts';
import { runFirst } from './first-task.ts';
import { withImages, type ImageChange } from './revision.ts';
import { watch } from './watch.ts';

export interface DeployOptions {
  readonly cluster: string;
  readonly images: readonly ImageChange[];
  /** Family, `family:revision` or ARN. */
  readonly taskDefinition: string | undefined;
  /** A command that must end with 0 before anything moves; empty: none. */
  readonly first: readonly string[];
  readonly wait: boolean;
  readonly timeoutMs: number;
}

/** Brings a service onto other images, or another task definition, or the same ones anew. @returns the exit code */
export async function deploy(host: Host, api: Api, text: string, options: DeployOptions): Promise<number> {
  const { cluster, service } = await serviceMeant(api, options.cluster, text);
  const name = service.serviceName ?? text;
  const { taskDefinition, container } = await definitionFor(host, api, service, options);
  if (options.first.length > 0) {
    await runFirst(host, api, service, {
      container,
      command: options.first,
      taskDefinition,
      timeoutMs: options.timeoutMs,
    });
  }
  const isSame = taskDefinition === service.taskDefinition;
  const update = { cluster, service: name, taskDefinition, forceNewDeployment: isSame };
  const { service: updated } = await api.ecs('UpdateService', update);
  host.terminal.out(`${name}: ${definitionName(service.taskDefinition)} -> ${definitionName(taskDefinition)}`);
  if (!options.wait) return EXIT.done;
  const known = new Set((service.events ?? []).map(({ id = '' }) => id));
  const watched = { cluster, service: name, timeoutMs: options.timeoutMs, isRollback: false };
  return watch(host, api, updated?.currentServiceDeployment ?? '', watched, known);
}

/** @throws CliError when it is no service, or one that is going */
export async function serviceMeant(
  api: Api,
  cluster: string,
  text: string,
): Promise<{ readonly cluster: string; readonly service: Service }> {
  const subject = await findSubject(api, cluster, text);
  if (subject.kind === 'tasks')
    throw new CliError(`${text} is no service.`, { wayOut: 'gantry ps shows which tasks are of one.' });
  if (subject.service.status !== 'ACTIVE') throw new CliError(`the service ${text} is being deleted.`);
  return { cluster: subject.cluster, service: subject.service };
}

interface Chosen {
  /** ARN. */
  readonly taskDefinition: string;
  /** Whose command a first task replaces. */
  readonly container: string;
}

async function definitionFor(host: Host, api: Api, service: Service, options: DeployOptions): Promise<Chosen> {
  const asked = options.taskDefinition ?? service.taskDefinition ?? '';
  const { taskDefinition: known, tags } = await api.ecs('DescribeTaskDefinition', {
    taskDefinition: asked,
    include: ['TAGS'],
  });
  if (known === undefined) throw new CliError(`there is no task definition ${asked}.`);
  const containers = known.containerDefinitions ?? [];
  const container = (containers.find((one) => one.essential !== false) ?? containers[0])?.name ?? '';
  if (options.images.length === 0) return { taskDefinition: known.taskDefinitionArn ?? asked, container };
  const registered = await api.ecs('RegisterTaskDefinition', withImages(known, options.images, tags));
  const arn = registered.taskDefinition?.taskDefinitionArn ?? '';
  host.terminal.out(`registered ${definitionName(arn)}`);
  return { taskDefinition: arn, container };
}
