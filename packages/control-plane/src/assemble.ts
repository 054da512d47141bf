import type { Clock, Ids } from '@gantry/domain';
import { notServed, SERVICES, type ServiceName } from '@gantry/protocol';
import { cloudtrailHandlers } from './api/cloudtrail/lookup-events.ts';
import { ec2Handlers } from './api/ec2/index.ts';
import { ensureFirstClusters } from './api/ecs/cluster/create.ts';
import type { EcsHandlers } from './api/ecs/common/handler.ts';
import { ecsHandlers } from './api/ecs/index.ts';
import { hostPorts, type HostPorts } from './api/elbv2/host-port.ts';
import { efsHandlers } from './api/elasticfilesystem/index.ts';
import { elbHandlers } from './api/elbv2/index.ts';
import { gantryHandlers } from './api/gantry/index.ts';
import { iamHandlers } from './api/iam/index.ts';
import { s3Handlers } from './api/s3/index.ts';
import { secretsManagerHandlers } from './api/secretsmanager/index.ts';
import { SEALED_SECRETS } from './api/secretsmanager/values.ts';
import { ssmHandlers } from './api/ssm/index.ts';
import { SEALED_PARAMETERS } from './api/ssm/values.ts';
import { stsHandlers } from './api/sts/index.ts';
import { AuditTrail } from './audit/trail.ts';
import type { Controller } from './controllers/driver.ts';
import { HookController } from './controllers/hook/controller.ts';
import type { HookCaller } from './controllers/hook/port.ts';
import { startControllers } from './controllers/index.ts';
import { SEALED_TASKS } from './controllers/task/roles.ts';
import { agentHandlers, createDispatch, nextGenerations, type Dispatch } from './dispatch/index.ts';
import { openFileSystems } from './filesystems/lifecycle.ts';
import { MemoryFolders } from './filesystems/memory.ts';
import type { SharedFolders } from './filesystems/port.ts';
import type { Handler } from './handlers.ts';
import { keepHistory } from './housekeeping.ts';
import { openIdentity, type Identity } from './identity/index.ts';
import { SEALED_ACCESS_KEYS } from './identity/key-ring.ts';
import type { Origin } from './identity/origin.ts';
import { logsHandlers } from './logs/api/index.ts';
import { LoadBalancerController } from './loadbalancer/controller.ts';
import type { Proxy } from './loadbalancer/port.ts';
import type { RenderSettings } from './loadbalancer/render.ts';
import type { LogStore } from './logs/port.ts';
import { MemoryObjectStore } from './objects/memory.ts';
import type { ObjectStore } from './objects/port.ts';
import { keepRetention } from './logs/retention.ts';
import type { Caller, Platform, PlatformConfig } from './platform.ts';
import type { Seal } from './seal/port.ts';
import { ensureSealed } from './seal/sealed-documents.ts';
import { State } from './state/state.ts';
import type { Journal } from './store/port.ts';

export interface AssembleOptions {
  readonly journal: Journal;
  readonly logStore: LogStore;
  /** Left out: objects are kept in memory. */
  readonly objects?: ObjectStore | undefined;
  readonly seal: Seal;
  /** Left out: no trail is kept, and none can be looked up. */
  readonly trail?: AuditTrail | undefined;
  /** What is wrong with this installation, for Status. */
  readonly problems?: () => readonly string[];
  /** Where the files of file systems are. Left out: in memory, and no task can mount them. */
  readonly folders?: SharedFolders | undefined;
  /** What carries the traffic of load balancers. Left out: nothing does, and every port is free. */
  readonly proxy?: Balancing | undefined;
  /** Asks the functions of lifecycle hooks. Left out: such hooks end when their time is over. */
  readonly hookCaller?: HookCaller | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Runs a group commit soon; see StateOptions. */
  readonly schedule: (run: () => void) => void;
  readonly config: PlatformConfig;
  readonly log: Platform['log'];
}

/** The proxy, how it is set up, and which ports of the host it could listen on. */
export interface Balancing {
  readonly proxy: Proxy;
  readonly settings: RenderSettings;
  readonly ports: HostPorts;
}

/** The whole brain, without HTTP: production puts the front door before it, the simulator calls it directly. */
export interface ControlPlane {
  readonly platform: Platform;
  readonly identity: Identity;
  readonly dispatch: Dispatch;
  /**
   * Carries out one operation; the input is what the codec has checked.
   * @throws ServiceError what the client is to see; anything else is a failure of ours.
   */
  readonly handle: (
    service: ServiceName,
    operation: string,
    input: unknown,
    caller: Caller,
    requestId?: string,
    from?: Origin,
  ) => Promise<unknown>;
  /** Resolves when no controller has anything to do now: only time, an agent or a user can change that. */
  readonly settled: () => Promise<void>;
  /** Ends sessions and controllers and waits for commits under way. The journal stays open. */
  readonly stop: () => Promise<void>;
}

/** Every kind of document with sealed texts in it. */
const SEALED_KINDS = [SEALED_ACCESS_KEYS, SEALED_PARAMETERS, SEALED_SECRETS, SEALED_TASKS];

type AnyHandler = Handler<unknown, unknown>;
type HandlerTable = Readonly<Record<string, AnyHandler | undefined>>;

export async function assemble(options: AssembleOptions): Promise<ControlPlane> {
  const { journal, logStore, seal, clock, ids, config, schedule, log } = options;
  const onListenerError = (error: unknown): void => log('error', 'a commit listener failed', { error: String(error) });
  const state = await State.open({ journal, clock, schedule, onListenerError });
  const { folders = new MemoryFolders() } = options;
  const platform: Platform = { state, journal, clock, ids, config, seal, folders, log };
  await ensureSealed(platform, SEALED_KINDS);
  await ensureFirstClusters(platform);
  await openFileSystems(platform, folders);
  const identity = openIdentity(platform);
  const dispatch = createDispatch(platform, identity, { firstGeneration: await nextGenerations(state) });
  const objects = options.objects ?? new MemoryObjectStore(ids);
  const handlers = allHandlers(platform, identity, logStore, { ...options, objects, exec: dispatch.exec });
  const stopping = new AbortController();
  const more: Controller[] = [];
  if (options.proxy !== undefined)
    more.push(new LoadBalancerController(platform, options.proxy.proxy, options.proxy.settings));
  if (options.hookCaller !== undefined) more.push(new HookController(platform, options.hookCaller, stopping.signal));
  const controllers = startControllers(platform, stopping.signal, more);
  const running = [
    controllers.stopped,
    keepRetention(platform, logStore, stopping.signal),
    keepHistory(platform, journal, stopping.signal),
    options.trail?.keep(stopping.signal),
  ];
  return {
    platform,
    identity,
    dispatch,
    handle: (service, operation, input, caller, requestId = ids.uuid(), from?) => {
      const handler = handlers[service][operation];
      if (handler === undefined) {
        const known = SERVICES[service].operation(operation);
        return Promise.reject(
          known === undefined ? new Error(`${service} has no operation ${operation}`) : notServed(known),
        );
      }
      const scope = { account: caller.account, region: caller.region };
      return handler(input, { caller, scope, requestId, from });
    },
    settled: () => controllers.settled(),
    stop: async () => {
      await dispatch.stop();
      stopping.abort();
      await Promise.all([...running, identity.lastUses.stop()]);
      await state.transact(() => undefined);
      await logStore.close();
      objects.close();
      await options.trail?.close();
    },
  };
}

const EVERY_PORT = hostPorts(() => Promise.resolve(true));

function allHandlers(
  platform: Platform,
  identity: Identity,
  logStore: LogStore,
  {
    trail,
    problems,
    exec,
    proxy,
    objects = new MemoryObjectStore(platform.ids),
  }: Pick<AssembleOptions, 'trail' | 'problems' | 'proxy' | 'objects'> & { readonly exec?: Dispatch['exec'] },
): Readonly<Record<ServiceName, HandlerTable>> {
  // A table's keys come from the network: without a prototype `constructor` is not among them.
  const bare = (table: object): HandlerTable => Object.assign(Object.create(null), table) as HandlerTable;
  return {
    ecs: bare({ ...ecsHandlers(platform, exec), ...agentHandlers(platform) } satisfies EcsHandlers),
    gantry: bare(gantryHandlers(platform, problems)),
    logs: bare(logsHandlers(platform, logStore)),
    sts: bare(stsHandlers(platform, identity)),
    iam: bare(iamHandlers(platform, identity)),
    ssm: bare(ssmHandlers(platform)),
    secretsmanager: bare(secretsManagerHandlers(platform)),
    cloudtrail: bare(trail === undefined ? {} : cloudtrailHandlers(trail)),
    elasticloadbalancing: bare(elbHandlers(platform, proxy?.ports ?? EVERY_PORT)),
    ec2: bare(ec2Handlers(platform)),
    elasticfilesystem: bare(efsHandlers(platform)),
    scheduler: bare({}),
    s3: bare(s3Handlers({ ...platform, objects })),
  };
}

/** The operations there are handlers for, per service: what docs/operations.md calls served. */
export function servedOperations(
  platform: Platform,
  logStore: LogStore,
): Readonly<Record<ServiceName, readonly string[]>> {
  const names = (table: HandlerTable): readonly string[] => Object.keys(table).toSorted((a, b) => (a < b ? -1 : 1));
  const { clock, ids, log } = platform;
  const trail = new AuditTrail({ store: logStore, clock, ids, log, schedule: queueMicrotask, retentionMs: 0 });
  const tables = Object.entries(allHandlers(platform, openIdentity(platform), logStore, { trail }));
  return Object.fromEntries(tables.map(([service, table]) => [service, names(table)])) as Record<
    ServiceName,
    readonly string[]
  >;
}
