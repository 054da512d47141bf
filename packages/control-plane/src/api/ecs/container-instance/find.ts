import { instanceArn, type Instance, type InstanceId, type Scope } from '@gantry/domain';
import { compileQuery, type Queried } from '../../../controllers/scheduler/query/evaluate.ts';
import { instanceKey } from '../../../state/keys.ts';
import { clusterKey, type Tables } from '../../../state/tables.ts';
import { parseExpression } from '../common/expression.ts';
import { idIn } from '../common/references.ts';

/** What a reference to a container instance of a cluster names; `instance` is undefined when there is none. */
export interface NamedInstance {
  readonly arn: string;
  readonly key: string;
  readonly instance: Instance | undefined;
}

/** Throws InvalidParameterException for an ARN of something else, or of another cluster. */
export function namedInstance(tables: Tables, scope: Scope, cluster: string, reference: string): NamedInstance {
  const id = idIn(scope, cluster, 'container-instance', reference);
  const key = `${clusterKey({ scope, cluster })}/${id}`;
  return { arn: instanceArn(scope, cluster, id as InstanceId), key, instance: tables.instances.get(key) };
}

/** A machine of no cloud (ECS Anywhere): it takes tasks of the launch type EXTERNAL, and no others. */
export function isExternal(instance: Instance): boolean {
  return instance.attributes.some(({ name }) => name === 'ecs.capability.external');
}

/** Whether an instance satisfies a cluster query. Throws InvalidParameterException when it is not one. */
export function instanceFilter(tables: Tables, filter: string | undefined): (instance: Instance) => boolean {
  if (filter === undefined || filter === '') return () => true;
  const query = compileQuery(parseExpression('filter', filter));
  return (instance) => query(queriedOf(tables, instance));
}

function queriedOf(tables: Tables, instance: Instance): Queried {
  const tasks = () => tables.tasks.by('instance', instanceKey(instance));
  return {
    attribute: (name) => {
      const found = instance.attributes.find((attribute) => attribute.name === name);
      return found === undefined ? undefined : (found.value ?? '');
    },
    agentConnected: instance.agentConnected,
    agentVersion: instance.versionInfo.agentVersion,
    ec2InstanceId: instance.ec2InstanceId,
    registeredAt: instance.registeredAt,
    get runningTasksCount() {
      return tasks().filter((task) => task.desiredStatus === 'RUNNING').length;
    },
    taskGroups: () => tasks().map((task) => task.group),
  };
}
