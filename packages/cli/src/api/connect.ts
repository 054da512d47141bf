import {
  AwsClient,
  httpTransport,
  ServiceError,
  type CloudtrailOperations,
  type EcsOperations,
  type GantryOperations,
  type LogsOperations,
} from '@gantry/protocol';
import { parseEndpoint, type EndpointFile, type KeyPair } from '../credentials.ts';
import { CliError, EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { pathsIn } from '../paths.ts';
import { dataDirOf } from '../settings.ts';
import { administrator } from '../up/start.ts';
import type { Api } from './port.ts';

export interface Connection {
  readonly where: EndpointFile;
  readonly keys: KeyPair;
  readonly dataDir: string;
}

/**
 * Where the control plane is and with which key to talk to it: a given `--data-dir` first, else AWS_ENDPOINT_URL with its keys, else
 * the usual data directory. Keys of the environment are used with an endpoint of the environment alone: they may be those of an AWS account.
 */
export async function findConnection(host: Host, dataDirFlag: string | undefined): Promise<Connection> {
  const { env } = host;
  const dataDir = dataDirOf(dataDirFlag, { ...host.facts, env });
  const paths = pathsIn(dataDir);
  const told = env['AWS_ENDPOINT_URL_ECS'] || env['AWS_ENDPOINT_URL'];
  const file = parseEndpoint(await host.readFile(paths.endpoint));
  if (told !== undefined && told !== '' && dataDirFlag === undefined) {
    const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || file?.region || 'us-east-1';
    const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
    const keys =
      accessKeyId !== undefined && secretAccessKey !== undefined
        ? { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] }
        : await administrator(host, paths);
    const caFile = env['AWS_CA_BUNDLE'] || undefined;
    const where = { endpoint: told.replace(/\/+$/, ''), region, ...(caFile === undefined ? {} : { caFile }) };
    return { where, keys, dataDir };
  }
  if (file === undefined) {
    const denied = (await host.accessTo(paths.endpoint)) === 'denied';
    throw new CliError(
      denied
        ? `this user may not read ${paths.endpoint}.`
        : `no Gantry was started with the data directory ${dataDir}.`,
      {
        wayOut: denied
          ? 'Run it as the user who ran gantry up.'
          : 'Start it with gantry up, or name its data directory: --data-dir, or GANTRY_DATA_DIR.',
        exitCode: EXIT.notRunning,
      },
    );
  }
  return { where: file, keys: await administrator(host, paths), dataDir };
}

const THROTTLED_TRIES = 8;

/** With `--throttle` a busy account refuses for a moment: a person does not want to hear of it. */
export function patience(host: Pick<Host, 'clock'>): <T>(call: () => Promise<T>) => Promise<T> {
  return async (call) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call();
      } catch (error) {
        const isThrottled = error instanceof ServiceError && error.code === 'ThrottlingException';
        if (!isThrottled || tries === THROTTLED_TRIES) throw error;
        await host.clock.sleep(Math.min(2_000, 100 * 2 ** tries));
      }
    }
  };
}

async function trusted(host: Host, caFile: string): Promise<string> {
  const ca = await host.readFile(caFile);
  if (ca !== undefined) return ca;
  throw new CliError(`${caFile}, which says whom to trust, cannot be read.`, {
    wayOut: 'gantry up --tls self writes it. For another endpoint name its certificates: AWS_CA_BUNDLE.',
  });
}

/** Clients of the services at one endpoint. */
export async function connect(host: Host, where: EndpointFile, keys: KeyPair): Promise<Api> {
  const { sessionToken, ...pair } = keys;
  const options = {
    endpoint: where.endpoint,
    region: where.region,
    credentials: sessionToken === undefined || sessionToken === '' ? pair : { ...pair, sessionToken },
    clock: host.clock,
    userAgent: `gantry-cli/${host.facts.version}`,
    ...(where.caFile === undefined ? {} : { transport: httpTransport({ ca: await trusted(host, where.caFile) }) }),
  };
  const ecs = new AwsClient<EcsOperations>({ ...options, service: 'ecs' });
  const logs = new AwsClient<LogsOperations>({ ...options, service: 'logs' });
  const cloudtrail = new AwsClient<CloudtrailOperations>({ ...options, service: 'cloudtrail' });
  const gantry = new AwsClient<GantryOperations>({ ...options, service: 'gantry' });
  const patiently = patience(host);
  return {
    ecs: (operation, input) => patiently(() => ecs.call(operation, input)),
    logs: (operation, input) => patiently(() => logs.call(operation, input)),
    cloudtrail: (operation, input) => patiently(() => cloudtrail.call(operation, input)),
    gantry: (operation, input) => patiently(() => gantry.call(operation, input)),
  };
}
