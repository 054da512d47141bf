import type { Service, ServiceEvents, Task, TaskDefinition } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { placeNow, type PlacePlatform } from '../scheduler/apply.ts';
import type { Refusal } from '../scheduler/place.ts';
import { newTask, taskKey } from '../task/create.ts';
import { requestStop } from '../task/stop.ts';
import { complained } from './complaint.ts';
import { pinImages } from './service-deployment.ts';
import { putServiceDeployment, putServiceRevision, revisionOf } from './service-deployment-documents.ts';
import { drainingText, startedText, stoppedText, targetsText, unplacedText } from './texts.ts';
import { directTraffic } from './traffic.ts';
import type { ServiceAction, ServiceView, StartAction, StopAction } from './view.ts';

const MOST_EVENTS = 100;

export interface Applied {
  /** Some task found no room: the service waits for capacity. */
  readonly waiting: boolean;
}

type ServicePlatform = PlacePlatform & Pick<Platform, 'seal'>;

/** Does what was decided about the service, in one transaction with the events that tell of it. */
export function applyService(
  tx: Tx,
  platform: ServicePlatform,
  key: string,
  view: ServiceView,
  actions: readonly ServiceAction[],
): Applied {
  let service = view.service;
  const said: string[] = [];
  for (const action of actions) if (action.kind === 'update') service = action.service;
  for (const action of actions) {
    if (action.kind === 'account') account(tx, action.task);
    if (action.kind === 'deployment') putServiceDeployment(tx, action.deployment);
    if (action.kind === 'revision') putServiceRevision(tx, action.revision);
    if (action.kind === 'traffic') directTraffic(tx, action.orders);
    if (action.kind === 'say') {
      said.push(action.message);
      tell(tx, service, action.because, action.message);
    }
  }
  const stops = actions.filter((action): action is StopAction => action.kind === 'stop');
  const stopped = stops.map((order) => requestStop(tx, platform, order.task, order));
  const starts = actions.filter((action): action is StartAction => action.kind === 'start');
  const { started, refused } = startAll(tx, platform, key, service, starts);
  if (started.length > 0) said.push(startedText(service.serviceName, started));
  const draining = stopped.filter(({ deregisteringAt }) => deregisteringAt !== undefined);
  if (draining.length > 0) said.push(...drainingTexts(service, draining));
  if (stopped.length > 0) said.push(stoppedText(service.serviceName, stopped));
  if (refused !== undefined) service = complain(tx, service, refused, said);
  if (service !== view.service) tx.put(tx.tables.services, key, service);
  if (said.length > 0) say(tx, platform, key, said);
  return { waiting: refused !== undefined };
}

function drainingTexts(service: Service, tasks: readonly Task[]): readonly string[] {
  const groups = new Set(tasks.flatMap((task) => (task.loadBalancers ?? []).map((each) => each.targetGroupArn)));
  const gone = [...groups].map((arn) => targetsText(service.serviceName, 'deregistered', tasks.length, arn));
  return [...gone, drainingText(service.serviceName, tasks.length)];
}

function startAll(
  tx: Tx,
  platform: ServicePlatform,
  key: string,
  service: Service,
  starts: readonly StartAction[],
): { readonly started: readonly Task[]; readonly refused: Refusal | undefined } {
  const started: Task[] = [];
  const full = new Set<string | undefined>();
  let refused: Refusal | undefined;
  for (const start of starts) {
    // Its siblings are all alike: where one found no room, the others will not either.
    const { instanceKey } = start;
    const room = instanceKey ?? start.capacityProviderName;
    if (full.has(room)) continue;
    const task = taskFor(tx, platform, key, service, start);
    const result = placeNow(tx, platform, task, instanceKey === undefined ? undefined : { instanceKey });
    if ('placed' in result) {
      started.push(result.placed);
      tx.event({
        subject: result.placed.taskArn,
        type: 'task.created',
        because: start.because,
        text: `Started by service ${service.serviceName}, deployment ${start.deployment.id}.`,
      });
    } else {
      full.add(room);
      refused = result.refused;
    }
  }
  return { started, refused };
}

function taskFor(tx: Tx, platform: ServicePlatform, key: string, service: Service, start: StartAction): Task {
  const { deployment } = start;
  const definition = tx.tables.taskDefinitions.get(deployment.taskDefinitionKey);
  if (definition === undefined)
    throw new Error(`Service ${service.serviceArn} has no task definition ${deployment.taskDefinitionKey}.`);
  const made = newTask({
    ids: platform.ids,
    seal: platform.seal,
    now: tx.now,
    scope: service.scope,
    cluster: service.cluster,
    definition,
    overrides: { containerOverrides: [] },
    launchType: start.launchType,
    capacityProviderName: start.capacityProviderName,
    platformVersion: deployment.platformVersion,
    awsvpcConfiguration: deployment.awsvpcConfiguration,
    group: `service:${service.serviceName}`,
    startedBy: deployment.id,
    serviceKey: key,
    deploymentId: deployment.id,
    tags: tagsFor(service, definition),
    placementConstraints: service.placementConstraints,
    placementStrategy: service.placementStrategy,
    enableExecuteCommand: service.enableExecuteCommand,
    because: start.because,
  });
  const task = { ...made, containers: pinImages(made.containers, revisionOf(tx.tables, service, deployment)) };
  // How traffic is shifted is the deployment's; a task is registered in one group of each pair.
  const balancers = deployment.loadBalancers ?? service.loadBalancers ?? [];
  const loadBalancers = balancers.map(({ targetGroupArn, containerName, containerPort }) => ({
    targetGroupArn,
    containerName,
    containerPort,
  }));
  return loadBalancers.length === 0 ? task : { ...task, loadBalancers, targetHealth: 'initial' };
}

function tagsFor(service: Service, definition: TaskDefinition): Task['tags'] {
  const own =
    service.propagateTags === 'SERVICE'
      ? service.tags
      : service.propagateTags === 'TASK_DEFINITION'
        ? definition.tags
        : [];
  if (!service.enableECSManagedTags) return own;
  const managed = [
    { key: 'aws:ecs:clusterName', value: service.cluster },
    { key: 'aws:ecs:serviceName', value: service.serviceName },
  ];
  return [...own, ...managed];
}

/** Tells of a refusal, unless the same was told within six hours. */
function complain(tx: Tx, service: Service, refused: Refusal, said: string[]): Service {
  const text = unplacedText(service.serviceName, refused);
  const after = complained(service, text, tx.now);
  if (after === undefined) return service;
  said.push(text);
  tell(tx, service, refused.because, refused.text);
  return after;
}

function account(tx: Tx, task: Task): void {
  const key = taskKey(task);
  const current = tx.tables.tasks.get(key);
  // Not a change a user could see: the version stays.
  if (current !== undefined) tx.put(tx.tables.tasks, key, { ...current, accounted: true });
}

function tell(tx: Tx, service: Service, because: Refusal['because'], text: string): void {
  tx.event({ subject: service.serviceArn, type: 'service.told', because, text });
}

/** Service events, oldest first. */
export function say(tx: Tx, platform: Pick<Platform, 'ids'>, key: string, messages: readonly string[]): void {
  const before = tx.tables.serviceEvents.get(key)?.events ?? [];
  const news = messages.map((message) => ({ id: platform.ids.uuid(), createdAt: tx.now, message }));
  const events: ServiceEvents['events'] = [...news.reverse(), ...before].slice(0, MOST_EVENTS);
  tx.put(tx.tables.serviceEvents, key, { events });
}
