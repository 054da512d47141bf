import { foreignEngine, type MachineFacts } from '../up/plan.ts';

export type Verdict = 'ok' | 'warn' | 'fail';

export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  /** What was found. */
  readonly found: string;
  /** What to do about it; empty when it is well. */
  readonly wayOut: string;
}

/** Everything the doctor looks at; gathered by `gather.ts`. */
export interface Findings {
  readonly machine: MachineFacts;
  readonly nodeVersion: string;
  readonly architecture: string;
  readonly kernel: string;
  readonly dataDir: string;
  /** `undefined`: it can be written to; else why not. */
  readonly dataDirProblem: string | undefined;
  readonly keyFile: string;
  /** How many keys are in it; the keys themselves are nobody's business. */
  readonly keys: number | 'absent' | 'denied' | 'damaged';
  readonly freeDiskMiB: number | undefined;
  /** Whether the engine's files can be measured from here; `undefined`: there is no engine to ask. */
  readonly seesEngineFiles: boolean | undefined;
  readonly openFiles: number | undefined;
  readonly memoryMiB: number;
  readonly crunWorks: boolean | undefined;
  /** `undefined`: gVisor is not here, or this user cannot try it. */
  readonly runscWorks: boolean | undefined;
  /** What `daemon.json` has to say for tasks in gVisor. */
  readonly sandboxConfig: string;
  readonly port: number;
  readonly portOwner: 'free' | 'gantry' | 'another';
  /** What the control plane says is wrong with it. */
  readonly problems: readonly string[] | 'not running' | 'silent';
  readonly forwarding: boolean | undefined;
  readonly nowMs: number;
  /** When the program itself was last changed: no clock that is right shows an earlier moment. */
  readonly programMs: number | undefined;
}

const LEAST_PLAUSIBLE_MS = Date.UTC(2025, 0, 1);
const ok = (name: string, found: string): Check => ({ name, verdict: 'ok', found, wayOut: '' });
const warn = (name: string, found: string, wayOut: string): Check => ({ name, verdict: 'warn', found, wayOut });
const fail = (name: string, found: string, wayOut: string): Check => ({ name, verdict: 'fail', found, wayOut });

/** Every check, always all of them and in this order; pure. */
export function examine(f: Findings): readonly Check[] {
  return [
    nodeCheck(f),
    rootCheck(f),
    engineCheck(f),
    apiCheck(f),
    cgroupCheck(f),
    runtimeCheck(f),
    isolationCheck(f),
    tool('iproute2', f.machine.ip, 'ip', 'iproute2', 'awsvpc tasks get no address', 'fail'),
    tool('packet filter', f.machine.packetFilter, 'iptables or nft', 'iptables', 'ports cannot be mapped', 'fail'),
    tool(
      'nftables',
      f.machine.nft,
      'nft',
      'nftables',
      'security groups are not enforced, and containers get no metadata, tasks no role',
      'warn',
    ),
    tool('haproxy', f.machine.haproxy, 'haproxy', 'haproxy', 'load balancers do not work', 'warn'),
    tool(
      'busybox',
      f.machine.staticBusybox,
      'a static busybox',
      'busybox-static',
      'gantry/hello is not made of it',
      'warn',
    ),
    forwardingCheck(f),
    portCheck(f),
    controlPlaneCheck(f),
    dataDirCheck(f),
    keyFileCheck(f),
    diskCheck(f),
    taskDiskCheck(f),
    memoryCheck(f),
    filesCheck(f),
    clockCheck(f),
  ];
}

export const hasFailed = (checks: readonly Check[]): boolean => checks.some((check) => check.verdict === 'fail');

function nodeCheck({ nodeVersion, architecture, kernel }: Findings): Check {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const found = `Node ${nodeVersion}, Linux ${kernel}, ${architecture}`;
  if (major < 22 || (major === 22 && minor < 18)) {
    return fail('node', found, 'Node 22.18 or newer is needed: run it through ./gantry, which brings one.');
  }
  return ok('node', found);
}

function rootCheck({ machine }: Findings): Check {
  if (machine.root) return ok('user', 'root');
  return warn('user', 'not root', 'Task cgroups and addresses of awsvpc tasks need root: sudo ./gantry up.');
}

function engineCheck({ machine }: Findings): Check {
  const { engine, dockerd } = machine;
  const foreign = foreignEngine(machine);
  if (foreign?.startsWith('unix://') === false) {
    return fail('engine', `DOCKER_HOST is ${foreign}, not a unix socket of this machine`, 'Unset DOCKER_HOST.');
  }
  if (engine.kind === 'answers')
    return ok('engine', `Docker Engine ${engine.serverVersion}, storage ${engine.storageDriver}`);
  if (engine.kind === 'denied') {
    return fail('engine', 'there, but this user may not talk to it', 'Run as root, or join the docker group.');
  }
  if (foreign !== undefined) {
    return fail('engine', `none answers at ${foreign} (DOCKER_HOST)`, 'Start that engine, or unset DOCKER_HOST.');
  }
  return dockerd
    ? fail('engine', 'installed, but does not answer', 'gantry up starts it (as root).')
    : fail('engine', 'not installed', 'gantry up installs it, or: apt-get install docker.io');
}

function apiCheck({ machine: { engine } }: Findings): Check {
  if (engine.kind !== 'answers') return fail('engine API', 'unknown', 'The engine must answer first.');
  const [major = 0, minor = 0] = engine.apiVersion.split('.').map(Number);
  if (major < 1 || (major === 1 && minor < 40)) {
    return fail('engine API', engine.apiVersion, 'API 1.40 (Docker 19.03) or newer is needed: upgrade the engine.');
  }
  return ok('engine API', engine.apiVersion);
}

function cgroupCheck({ machine: { engine } }: Findings): Check {
  if (engine.kind !== 'answers') return warn('cgroups', 'unknown', 'The engine must answer first.');
  const found = `v${engine.cgroupVersion}, driver ${engine.cgroupDriver}`;
  if (engine.cgroupDriver === 'none')
    return warn('cgroups', found, 'Limits are not enforced: a rootless engine without delegation.');
  return ok('cgroups', found);
}

function runtimeCheck({ machine: { engine }, crunWorks }: Findings): Check {
  const runtimes = engine.kind === 'answers' ? engine.runtimes.filter((r) => !r.startsWith('io.containerd.')) : [];
  const found = runtimes.length === 0 ? 'unknown' : runtimes.join(', ');
  if (runtimes.length === 0) return warn('runtimes', found, 'The engine must answer first.');
  if (runtimes.includes('crun')) return ok('runtimes', found);
  if (crunWorks === false)
    return ok('runtimes', `${found} (crun is here, but does not work with this kernel's cgroups)`);
  if (crunWorks === undefined) return ok('runtimes', found);
  return warn(
    'runtimes',
    `${found} (crun works here, but the engine does not know it)`,
    'Containers start faster with it: put {"runtimes":{"crun":{"path":"/usr/bin/crun"}}} into /etc/docker/daemon.json and restart the engine.',
  );
}

/** Whether a runtime holds a whole task the agent tries at its start; gantry status shows what came of it. */
function isolationCheck({ machine: { engine, runsc }, runscWorks, sandboxConfig }: Findings): Check {
  const runtimes = engine.kind === 'answers' ? engine.runtimes : [];
  const strong =
    runtimes.find((r) => r.startsWith('kata')) ??
    (runscWorks === false ? undefined : runtimes.find((r) => r.startsWith('gantry-runsc')));
  if (strong !== undefined) return ok('isolation', `Fargate tasks run under ${strong} if it passes the agent's trial`);
  const shared = 'Fargate tasks share the kernel';
  if (runscWorks === false)
    return warn('isolation', `${shared}: runsc does not start a container here`, 'runsc do true tells why.');
  const tell = `put ${sandboxConfig} into /etc/docker/daemon.json, make the engine read it (kill -HUP its process; nothing stops), and start Gantry again.`;
  if (runsc)
    return warn(
      'isolation',
      `${shared}: runsc (gVisor) is here, but the engine does not know it`,
      `For a kernel of their own: ${tell}`,
    );
  return warn('isolation', shared, `For a kernel of their own install gVisor (apt-get install runsc); then ${tell}`);
}

function tool(
  name: string,
  there: boolean,
  what: string,
  pkg: string,
  without: string,
  verdict: 'warn' | 'fail',
): Check {
  if (there) return ok(name, 'installed');
  const make = verdict === 'fail' ? fail : warn;
  return make(name, `${what} is missing: ${without}`, `gantry up installs it, or: apt-get install ${pkg}`);
}

function forwardingCheck({ forwarding }: Findings): Check {
  if (forwarding === undefined) return warn('forwarding', 'unknown', 'net.ipv4.ip_forward could not be read.');
  if (forwarding) return ok('forwarding', 'net.ipv4.ip_forward is on');
  return warn(
    'forwarding',
    'net.ipv4.ip_forward is off',
    'The engine and the agent turn it on at their start, when they run as root.',
  );
}

function portCheck({ port, portOwner }: Findings): Check {
  if (portOwner === 'free') return ok('port', `${port} is free`);
  if (portOwner === 'gantry') return ok('port', `${port}: Gantry answers there`);
  return fail(
    'port',
    `${port} is taken by another process`,
    `Choose another (--port), or find it: ss -ltnp 'sport = :${port}'`,
  );
}

function controlPlaneCheck({ problems }: Findings): Check {
  const name = 'control plane';
  if (problems === 'not running') return ok(name, 'does not run');
  if (problems === 'silent') return warn(name, 'runs, but does not answer', 'gantry status shows more.');
  if (problems.length === 0) return ok(name, 'runs, and finds nothing wrong with itself');
  return warn(name, problems.join(' '), 'docs/security.md tells more about each.');
}

function dataDirCheck({ dataDir, dataDirProblem }: Findings): Check {
  if (dataDirProblem === undefined) return ok('data directory', dataDir);
  return fail(
    'data directory',
    `${dataDir}: ${dataDirProblem}`,
    'Choose another with --data-dir, or run as its owner.',
  );
}

function keyFileCheck({ keyFile, keys }: Findings): Check {
  switch (keys) {
    case 'absent':
      return ok('key file', `${keyFile}: made at the first start`);
    case 'denied':
      return fail(
        'key file',
        `${keyFile}: not to be read by this user`,
        'Run as its owner, or choose another: --key-file',
      );
    case 'damaged':
      return fail(
        'key file',
        `${keyFile}: not lines of 64 hex digits`,
        'Restore it: secrets do not open without their key.',
      );
    default:
      return ok('key file', `${keyFile}, ${keys === 1 ? '1 key' : `${keys} keys`}; keep a copy apart from the data`);
  }
}

function diskCheck({ freeDiskMiB, dataDir }: Findings): Check {
  if (freeDiskMiB === undefined) return warn('disk', 'unknown', `The file system of ${dataDir} does not tell.`);
  const found = `${(freeDiskMiB / 1024).toFixed(1)} GiB free`;
  if (freeDiskMiB < 256) return fail('disk', found, 'At least 256 MiB are needed.');
  if (freeDiskMiB < 2_048) return warn('disk', found, 'Images and logs need room: 2 GiB or more is comfortable.');
  return ok('disk', found);
}

function taskDiskCheck({ seesEngineFiles }: Findings): Check {
  const name = 'task disk';
  if (seesEngineFiles === undefined) return ok(name, 'unknown while no engine answers');
  if (seesEngineFiles) return ok(name, 'Fargate tasks stop when they take more than their share');
  const wayOut =
    "Run Gantry as root, beside the engine: it measures the engine's files with du. Until then a task can fill the disk.";
  return warn(name, 'what Fargate tasks take of the disk cannot be seen', wayOut);
}

function memoryCheck({ memoryMiB }: Findings): Check {
  const found = `${(memoryMiB / 1024).toFixed(1)} GiB`;
  return memoryMiB < 512
    ? warn('memory', found, 'Little is left for tasks: 1 GiB or more is comfortable.')
    : ok('memory', found);
}

function filesCheck({ openFiles }: Findings): Check {
  if (openFiles === undefined) return warn('open files', 'unknown', 'The limit could not be read.');
  if (openFiles >= 4_096)
    return ok('open files', `up to ${openFiles >= Number.MAX_SAFE_INTEGER ? 'any number' : openFiles}`);
  return warn('open files', `up to ${openFiles}`, 'Every client and instance holds a connection: ulimit -n 65536');
}

function clockCheck({ nowMs, programMs }: Findings): Check {
  const found = new Date(nowMs).toISOString().slice(0, 16);
  if (nowMs < LEAST_PLAUSIBLE_MS || (programMs !== undefined && nowMs < programMs - 86_400_000)) {
    return fail('clock', `${found}: that is in the past`, 'Set the clock: signatures and certificates depend on it.');
  }
  return ok('clock', found);
}
