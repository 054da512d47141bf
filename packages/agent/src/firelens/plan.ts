import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { shortName } from '@gantry/domain';

/** The driver of containers whose output the task's own router takes. */
export const ROUTED = 'awsfirelens';

/** Where the router has what was fetched from S3. */
const FETCHED_FILES = { fluentbit: '/fluent-bit/etc/external.conf', fluentd: '/fluentd/etc/external.conf' } as const;

/** A container whose output goes to the router. */
export interface RoutedContainer {
  readonly name: string;
  /** Its place in the task: names of its secrets are made of it. */
  readonly index: number;
  /** `log-driver-buffer-limit`: events the engine holds for the router. */
  readonly bufferLimit: string | undefined;
  /** The rest: a section of the router's configuration. */
  readonly options: Readonly<Record<string, string>>;
  /** Options whose values are secrets. */
  readonly secrets: readonly string[];
}

/** What FireLens makes of a task. */
export interface FirelensPlan {
  readonly taskId: string;
  readonly router: string;
  readonly type: 'fluentbit' | 'fluentd';
  readonly networkMode: string;
  /** MiB; 0: none. */
  readonly routerMemoryMiB: number;
  /** Fields every record gets; empty: not wanted. */
  readonly metadata: readonly (readonly [name: string, value: string])[];
  /** What the configuration includes: a file of the router's image, or the one that was fetched. */
  readonly include: string | undefined;
  /** `include` is fetched from S3. */
  readonly fetched: boolean;
  readonly routed: readonly RoutedContainer[];
}

type LogConfig = { readonly Type?: string; readonly Config?: Readonly<Record<string, string>> } | undefined;

/** `undefined`: nothing of the task is routed. `logConfigOf`: what the control plane rendered. Pure. @throws Error that says why it cannot be */
export function firelensPlan(
  task: PayloadTask,
  logConfigOf: (container: PayloadContainer) => LogConfig,
): FirelensPlan | undefined {
  const routers = task.containers.filter((container) => container.firelensConfiguration !== undefined);
  const routed = task.containers.flatMap((container, index) => {
    const config = logConfigOf(container);
    return config?.Type === ROUTED ? [routedContainer(container, index, config.Config ?? {})] : [];
  });
  const [router] = routers;
  if (router?.firelensConfiguration === undefined) {
    if (routed.length === 0) return undefined;
    throw new Error(`container ${routed[0]?.name} logs to awsfirelens and the task has no FireLens container`);
  }
  if (routers.length > 1) throw new Error('it has more than one FireLens container');
  const { type, options } = router.firelensConfiguration;
  if (type !== 'fluentbit' && type !== 'fluentd') throw new Error(`there is no FireLens of type ${String(type)}`);
  const file = options['config-file-type'];
  if (file !== undefined && file !== 'file' && file !== 's3')
    throw new Error(`FireLens configuration of type ${file} is not served`);
  const plan: FirelensPlan = {
    taskId: task.arn.slice(task.arn.lastIndexOf('/') + 1),
    router: router.name,
    type,
    networkMode: task.networkMode ?? 'bridge',
    routerMemoryMiB: router.memory,
    metadata: options['enable-ecs-log-metadata'] === 'false' ? [] : metadataOf(task),
    include: file === 's3' ? FETCHED_FILES[type] : file === undefined ? undefined : options['config-file-value'],
    fetched: file === 's3',
    routed,
  };
  for (const container of routed) checkOutput(container, type);
  return plan;
}

/** Under which name the router's configuration has the plug-in of an output. */
export function outputKey(type: FirelensPlan['type']): string {
  return type === 'fluentd' ? '@type' : 'Name';
}

/** The environment variable of the router that holds a secret option. Pure. */
export function secretVariable(option: string, index: number): string {
  return `${option}_${index}`;
}

function routedContainer(
  { name, secrets = [] }: PayloadContainer,
  index: number,
  config: Readonly<Record<string, string>>,
): RoutedContainer {
  const { 'log-driver-buffer-limit': bufferLimit, ...options } = config;
  const own = secrets.filter(({ target }) => target === 'LOG_DRIVER').map((secret) => secret.name);
  return { name, index, bufferLimit, options, secrets: own };
}

function metadataOf(task: PayloadTask): FirelensPlan['metadata'] {
  return [
    ['ecs_cluster', shortName(task.taskClusterArn ?? '')],
    ['ecs_task_arn', task.arn],
    ['ecs_task_definition', `${task.family}:${task.version}`],
  ];
}

/** Without options the router's own configuration says where to; with some it must be said which plug-in they are of. */
function checkOutput({ name, options, secrets }: RoutedContainer, type: FirelensPlan['type']): void {
  const key = outputKey(type);
  const given = [...Object.keys(options), ...secrets];
  const plain = given.filter((option) => !['include-pattern', 'exclude-pattern'].includes(option));
  if (plain.length === 0 || given.includes(key)) return;
  throw new Error(
    `unable to apply log options of container ${name} to firelens config: missing output key ${key} which is required for firelens configuration of type ${type}`,
  );
}
