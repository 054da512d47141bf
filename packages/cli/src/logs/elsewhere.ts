import type { Task, TaskDefinition } from '../api/port.ts';

type ContainerDefinition = NonNullable<TaskDefinition['containerDefinitions']>[number];

/**
 * Where the output of containers is that do not log to awslogs, and how to read it: a sentence each. Pure.
 */
export function elsewhere(task: Task, definition: TaskDefinition | undefined): readonly string[] {
  const containers = definition?.containerDefinitions ?? [];
  return containers.flatMap((container) => {
    if (container.logConfiguration?.logDriver === 'awslogs') return [];
    const runtimeId = task.containers?.find(({ name }) => name === container.name)?.runtimeId;
    return [`${container.name ?? ''}: ${placeOf(container, runtimeId, containers)}`];
  });
}

function placeOf(
  { logConfiguration }: ContainerDefinition,
  runtimeId: string | undefined,
  all: readonly ContainerDefinition[],
): string {
  const { logDriver, options = {}, secretOptions = [] } = logConfiguration ?? {};
  const id = runtimeId?.slice(0, 12) ?? 'CONTAINER-ID';
  const told = (option: string, otherwise: string): string =>
    options[option] ?? (secretOptions.some(({ name }) => name === option) ? 'the address in its secret' : otherwise);
  // The engine keeps a copy of what such drivers send.
  const copy = ` (the last of it also with: docker logs ${id})`;
  switch (logDriver) {
    case undefined:
      return `the engine's own log on its instance; read it there with: docker logs ${id}`;
    case 'json-file':
      return `a file of the engine on its instance; read it there with: docker logs ${id}`;
    case 'journald':
      return `the journal of its instance; read it there with: journalctl CONTAINER_ID=${id}`;
    case 'syslog':
      return `syslog at ${told('syslog-address', 'its instance')}; read it there${tagged(options)}${copy}`;
    case 'gelf':
      return `the GELF server at ${told('gelf-address', 'no address')}; read it there${tagged(options)}${copy}`;
    case 'fluentd':
      return `fluentd at ${told('fluentd-address', 'localhost:24224 of its instance')}; read it there${tagged(options)}${copy}`;
    case 'splunk': {
      const index = options['splunk-index'];
      return `Splunk at ${told('splunk-url', 'no URL')}; read it there${index === undefined ? '' : ` in the index ${index}`}${copy}`;
    }
    case 'awsfirelens':
      return routedBy(all.find(({ firelensConfiguration }) => firelensConfiguration !== undefined)?.name, options);
    default:
      return `the log driver ${logDriver}; read it where that keeps it`;
  }
}

function routedBy(router: string | undefined, options: Readonly<Record<string, string>>): string {
  const output = options['Name'] ?? options['@type'];
  const where = output === undefined ? 'where its own configuration says' : `to the output ${output}`;
  return `the log router ${router ?? ''} of the task, which sends it ${where}; what the router says itself is in its own log`;
}

function tagged(options: Readonly<Record<string, string>>): string {
  return options['tag'] === undefined ? '' : `, tagged ${options['tag']}`;
}
