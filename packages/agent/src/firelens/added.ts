import { secretVariable, type FirelensPlan } from './plan.ts';
import type { RouterPaths } from './port.ts';

/** What FireLens adds to a container's create call. */
export interface FirelensAdded {
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly string[];
  /** Instead of the one that was asked for. */
  readonly logConfig?: LogConfig;
}

interface LogConfig {
  readonly Type: string;
  readonly Config: Readonly<Record<string, string>>;
}

const PORT = '24224';
/** Where the routers' images read it. */
const CONFIG_FILES = { fluentbit: '/fluent-bit/etc/fluent-bit.conf', fluentd: '/fluentd/etc/fluent.conf' } as const;

/** The router gets its configuration, the directory of the socket, and the secrets of those whose output it takes. Pure. */
export function routerAdded(
  plan: FirelensPlan,
  paths: RouterPaths,
  secretsOf: (container: string) => Readonly<Record<string, string>>,
): FirelensAdded {
  const environment: Record<string, string> = {};
  for (const { name, index } of plan.routed) {
    for (const [option, value] of Object.entries(secretsOf(name))) environment[secretVariable(option, index)] = value;
  }
  // fluentd's image runs as another user, which could not use the socket.
  if (plan.type === 'fluentd') environment['FLUENT_UID'] = '0';
  const included = plan.fetched && plan.include !== undefined ? [`${paths.included}:${plan.include}`] : [];
  const binds = [`${paths.config}:${CONFIG_FILES[plan.type]}`, ...included, `${paths.socketDir}:/var/run/`];
  return { environment, binds };
}

/**
 * Of a container whose output is routed the engine's fluentd driver writes to the router's socket. `routerAddress`: where the
 * container itself can send to; undefined: nowhere. Pure.
 */
export function routedAdded(
  plan: FirelensPlan,
  paths: RouterPaths,
  container: string,
  routerAddress: string | undefined,
): FirelensAdded {
  const limit = plan.routed.find(({ name }) => name === container)?.bufferLimit;
  return {
    environment: routerAddress === undefined ? {} : { FLUENT_HOST: routerAddress, FLUENT_PORT: PORT },
    binds: [],
    logConfig: {
      Type: 'fluentd',
      Config: {
        tag: `${container}-firelens-${plan.taskId}`,
        'fluentd-address': `unix://${paths.socket}`,
        'fluentd-async': 'true',
        'fluentd-sub-second-precision': 'true',
        ...(limit === undefined ? {} : { 'fluentd-buffer-limit': limit }),
      },
    },
  };
}
