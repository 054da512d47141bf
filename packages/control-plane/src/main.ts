import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { anyKey, signedBy } from './api/http/authenticate.ts';
import { describeError } from './api/http/pipeline.ts';
import { systemHookCaller } from './controllers/hook/wiring-caller.ts';
import { hostPorts } from './api/elbv2/host-port.ts';
import { FrontDoor } from './api/http/server.ts';
import { assemble, type Balancing } from './assemble.ts';
import { AuditTrail } from './audit/trail.ts';
import { endpointOf, isLoopback, readConfig, type ServerConfig } from './config.ts';
import { openCredentials } from './credentials.ts';
import { DirectoryFolders } from './filesystems/directory.ts';
import { Haproxy } from './loadbalancer/wiring-haproxy.ts';
import { joinedRing } from './identity/key-ring.ts';
import { openSeal } from './seal/key-file.ts';
import { SegmentLogStore, type SegmentStoreOptions } from './logs/segments/store.ts';
import { DiskObjectStore } from './objects/disk.ts';
import type { Platform } from './platform.ts';
import { authoriseBy } from './authorise/authorise.ts';
import { SqliteJournal } from './store/sqlite.ts';
import { TokenBuckets } from './throttle/throttle.ts';
import { openTls } from './tls/open.ts';
import { systemClock, systemIds } from '@gantry/protocol';
import { jsonLog, nextTurn } from './wiring.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const toldInTheClear = (host: string): string =>
  `It listens on ${host}, where other machines reach it, without TLS: secrets cross the network in the clear. Use --tls self.`;

/** Starts the control plane and returns how to stop it. */
async function start(config: ServerConfig): Promise<() => Promise<void>> {
  // Nobody reads any more: that is no reason to end.
  process.stdout.on('error', () => undefined);
  const log = jsonLog(config.logLevel, (line) => process.stdout.write(line));
  process.on('uncaughtException', (error) => log('error', 'uncaught', { error: describeError(error) }));
  process.on('unhandledRejection', (error) => log('error', 'unhandled rejection', { error: describeError(error) }));
  // State, logs and keys are their owner's alone, also in a folder that others may read.
  process.umask(0o077);
  makeDataDir(config.dataDir);
  const pause = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));
  const journal = SqliteJournal.open(join(config.dataDir, 'state.db'), { pause });
  const { account } = config.platform.defaultScope;
  const keys = openCredentials({ path: join(config.dataDir, 'credentials.json'), account, random: randomBytes });
  const onError = (message: string, error: unknown): void => log('error', message, { error: describeError(error) });
  const logStore = new SegmentLogStore({ folder: join(config.dataDir, 'logs'), onError });
  const objects = new DiskObjectStore({ folder: join(config.dataDir, 'objects'), ids: systemIds, onError });
  const seal = openSeal({ path: config.keyFile, apartFrom: config.dataDir, random: randomBytes });
  const trail = openTrail(config, log, onError);
  const tls = openTls(config, { clock: systemClock, log, random: randomBytes, hostname: hostname() });
  const inTheClear = tls === undefined && !isLoopback(config.host) ? [toldInTheClear(config.host)] : [];
  const haproxy = new Haproxy(join(config.dataDir, 'run'), config.host);
  const problems = (): readonly string[] => [
    ...inTheClear,
    ...(tls?.problems() ?? []),
    ...trail.problems(),
    ...haproxy.problems(),
  ];
  const kept = { journal, logStore, objects, seal, trail, proxy: balancingBy(haproxy), hookCaller: systemHookCaller };
  const wired = { ...kept, problems, clock: systemClock, ids: systemIds, schedule: nextTurn, log };
  const plane = await assemble({ ...wired, folders: openFolders(config), config: config.platform });
  const ring = joinedRing(keys, plane.identity.keys);
  const { defaultScope } = config.platform;
  const authenticate = config.insecureAnyKey ? anyKey(defaultScope, ring, systemClock) : signedBy(ring, systemClock);
  const { handle, dispatch } = plane;
  const throttle = config.throttle ? new TokenBuckets(systemClock) : undefined;
  const { policiesOf } = plane.identity;
  const byPolicies = authoriseBy({ policiesOf, tables: plane.platform.state.tables, clock: systemClock });
  // Nothing is proved of any key, so nothing hangs on whose it says it is.
  const authorise = config.insecureAnyKey ? () => undefined : byPolicies;
  const passing = { authenticate, throttle, audit: trail, authorise, handle, ids: systemIds, log };
  const door = new FrontDoor({ ...passing, dispatch, version, endpointHost: hostOf(config), tls: tls?.first });
  const life = new AbortController();
  const renewing = tls?.keep((next) => door.renew(next), life.signal);
  if (tls !== undefined) process.on('SIGHUP', () => tls.reload());
  const port = await door.listen(config.port, config.host);
  log('info', 'control plane ready', {
    endpoint: endpointOf(config.host, port, config.tls),
    version,
    dataDir: config.dataDir,
  });
  if (config.insecureAnyKey) log('warn', 'any key is accepted (--insecure-any-key)');
  for (const problem of problems()) log('warn', problem);
  return async () => {
    log('info', 'control plane stops');
    life.abort();
    await renewing;
    const closed = door.stop();
    await dispatch.stop();
    await closed;
    await plane.stop();
    await journal.close();
    log('info', 'control plane stopped');
  };
}

const hostOf = ({ platform }: ServerConfig): string => new URL(platform.endpoint).hostname;

function openFolders({ dataDir }: ServerConfig): DirectoryFolders {
  return DirectoryFolders.open(join(dataDir, 'efs'), () => systemIds.hex32());
}

function balancingBy(haproxy: Haproxy): Balancing {
  return { proxy: haproxy, settings: haproxy.settings, ports: hostPorts((port) => haproxy.isFree(port)) };
}

type OnError = NonNullable<SegmentStoreOptions['onError']>;

function openTrail(config: ServerConfig, log: Platform['log'], onError: OnError): AuditTrail {
  const store = new SegmentLogStore({ folder: join(config.dataDir, 'audit'), onError });
  const retentionMs = config.auditRetentionMs;
  return new AuditTrail({ store, clock: systemClock, ids: systemIds, schedule: nextTurn, retentionMs, log });
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK);
  } catch (error) {
    const text = `the data directory ${dataDir} cannot be made or written to: ${(error as Error).message}.`;
    throw new Error(`${text} Choose another with --data-dir, or start as the user who owns it.`, { cause: error });
  }
}

function fail(error: unknown): never {
  writeSync(2, `gantry control plane: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** `--port 0` asks for any free port; agents are told the endpoint, so it is chosen before anything starts. */
async function configured(): Promise<ServerConfig> {
  const { argv, env } = process;
  const around = { args: argv.slice(2), env, home: homedir(), isRoot: process.getuid?.() === 0 };
  const config = readConfig(around);
  if (config.port !== 0) return config;
  return readConfig({ ...around, args: [...around.args, '--port', String(await freePort(config.host))] });
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

// Whoever is told that we are ready may stop us in the same moment, and a stop while we start waits for the start.
const started = configured().then(start).catch(fail);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    started.then((stop) => stop()).then(() => process.exit(0), fail);
  });
await started;
