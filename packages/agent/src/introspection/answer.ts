import { networkOf } from '../metadata/shapes.ts';
import { containerName } from '../supervisor/naming.ts';
import type { TaskView } from '../supervisor/perform.ts';
import { taskKnown } from '../metadata/shapes.ts';

/** One instance that users see, as the host is told of it. */
export interface IntrospectedInstance {
  readonly cluster: string;
  readonly containerInstanceArn: string | undefined;
  readonly tasks: Iterable<TaskView>;
}

export interface IntrospectionAnswer {
  readonly status: number;
  readonly body: unknown;
}

const NOTHING = { Arn: '', KnownStatus: '', Family: '', Version: '', Containers: null };
/** As much of an id as the engine shows in its lists. */
const SHORT_ID = 12;

/**
 * The stock agent's introspection API (agent-protocol 7.3), word for word but for the licence. `/v1/metadata` speaks for the
 * first instance, or for the one that is asked for by ARN; tasks are those of all of them. Pure.
 */
export function introspect(
  instances: readonly IntrospectedInstance[],
  url: string,
  version: string,
): IntrospectionAnswer {
  const [path = '', query = ''] = url.split('?', 2);
  const asked = new URLSearchParams(query);
  switch (path.replace(/\/+$/, '')) {
    case '':
      return { status: 200, body: { AvailableCommands: ['/v1/metadata', '/v1/tasks'] } };
    case '/v1/metadata':
      return metadata(instances, asked.get('containerinstancearn'), version);
    case '/v1/tasks':
      return tasks(instances, asked.get('taskarn'), asked.get('dockerid'));
    default:
      return { status: 404, body: '404 page not found' };
  }
}

function metadata(
  instances: readonly IntrospectedInstance[],
  arn: string | null,
  version: string,
): IntrospectionAnswer {
  const found = arn === null ? instances[0] : instances.find((one) => one.containerInstanceArn === arn);
  if (found === undefined) return { status: 404, body: {} };
  const { cluster, containerInstanceArn = null } = found;
  return { status: 200, body: { Cluster: cluster, ContainerInstanceArn: containerInstanceArn, Version: version } };
}

function tasks(
  instances: readonly IntrospectedInstance[],
  arn: string | null,
  dockerId: string | null,
): IntrospectionAnswer {
  const all = instances.flatMap((instance) => [...instance.tasks]);
  if (arn === null && dockerId === null) return { status: 200, body: { Tasks: all.map(taskOf) } };
  // Asked for both at once it is neither.
  if (arn !== null && dockerId !== null) return { status: 400, body: NOTHING };
  const found = all.find((view) => view.plan.arn === arn || hasContainer(view, dockerId ?? ''));
  return found === undefined ? { status: 404, body: NOTHING } : { status: 200, body: taskOf(found) };
}

function hasContainer({ model }: TaskView, dockerId: string): boolean {
  if (dockerId.length < SHORT_ID) return false;
  return model.containers.some((container) => container.dockerId?.startsWith(dockerId) === true);
}

function taskOf(view: TaskView): object {
  const { payload, model } = view;
  return {
    Arn: payload.arn,
    DesiredStatus: model.desired,
    KnownStatus: taskKnown(model),
    Family: payload.family ?? '',
    Version: payload.version ?? '',
    Containers: model.containers.flatMap(({ name, dockerId, ports = [] }) => {
      if (dockerId === undefined) return [];
      const Ports = ports.map(({ containerPort, hostPort, protocol }) => ({
        ContainerPort: containerPort,
        Protocol: protocol,
        HostPort: hostPort,
      }));
      const container = { DockerId: dockerId, DockerName: containerName(payload, name), Name: name };
      return [{ ...container, ...(Ports.length === 0 ? {} : { Ports }), ...networksOf(view) }];
    }),
  };
}

/** Addresses of an engine's network would cost a look at each container: they are in the container's own metadata. */
function networksOf({ payload }: TaskView): object {
  return payload.networkMode === 'awsvpc' ? { Networks: [networkOf(3, payload, {})] } : {};
}
