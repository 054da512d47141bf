import { dirname, join } from 'node:path';
import { parseEndpoint } from '../credentials.ts';
import { EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { keysIn } from '../key-file.ts';
import { pathsIn } from '../paths.ts';
import { findProcess } from '../process/records.ts';
import { table } from '../text/table.ts';
import { daemonConfig, runscWorks, sandboxRuntime, workingCrun } from '../up/engine.ts';
import { gatherFacts } from '../up/facts.ts';
import { examine, hasFailed, type Check, type Findings } from './checks.ts';

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

export interface DoctorOptions {
  readonly dataDir: string;
  readonly keyFile: string;
  readonly port: number | undefined;
  readonly json: boolean;
}

/** Looks at everything `up` depends on. @returns 1 when a check fails */
export async function doctor(host: Host, options: DoctorOptions): Promise<number> {
  const checks = examine(await gather(host, options));
  if (options.json) host.terminal.out(JSON.stringify(checks, null, 2));
  else for (const line of doctorLines(checks)) host.terminal.out(line);
  return hasFailed(checks) ? EXIT.failed : EXIT.done;
}

/** Pure: the checks for a person, what to do below what was found. */
export function doctorLines(checks: readonly Check[]): readonly string[] {
  const rows = table(
    ['', 'CHECK', 'FOUND'],
    checks.map((check) => [MARK[check.verdict], check.name, check.found]),
  ).slice(1);
  const lines = rows.flatMap((row, i) => {
    const wayOut = checks[i]?.wayOut ?? '';
    return wayOut === '' ? [row] : [row, `      -> ${wayOut}`];
  });
  const count = (verdict: Check['verdict']): number => checks.filter((check) => check.verdict === verdict).length;
  return [...lines, '', `${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed`];
}

async function gather(host: Host, options: DoctorOptions): Promise<Findings> {
  const { facts } = host;
  const paths = pathsIn(options.dataDir);
  const machine = await gatherFacts(host);
  const known = parseEndpoint(await host.readFile(paths.endpoint));
  const port = options.port ?? Number(known === undefined ? 4566 : new URL(known.endpoint).port);
  const running = (await findProcess(host, paths, 'control-plane')) !== undefined;
  const forward = await host.readFile('/proc/sys/net/ipv4/ip_forward');
  const dataDirProblem = await whyNotWritable(host, options.dataDir);
  return {
    machine,
    nodeVersion: facts.nodeVersion,
    architecture: facts.architecture,
    kernel: facts.kernel,
    dataDir: options.dataDir,
    dataDirProblem,
    keyFile: options.keyFile,
    keys: await keysOf(host, options.keyFile),
    freeDiskMiB: await host.freeDiskMiB(options.dataDir),
    seesEngineFiles: await seesEngineFiles(host),
    openFiles: facts.openFiles,
    memoryMiB: facts.memoryMiB,
    crunWorks: machine.crun && machine.root ? (await workingCrun(host, false)) !== undefined : undefined,
    runscWorks: machine.runsc && machine.root ? await runscWorks(host, false) : undefined,
    sandboxConfig: JSON.stringify(daemonConfig(sandboxRuntime(host))),
    port,
    portOwner: (await host.portFree('127.0.0.1', port)) ? 'free' : running ? 'gantry' : 'another',
    problems: running ? await problemsOf(host, options.dataDir) : 'not running',
    forwarding: forward === undefined ? undefined : forward.trim() === '1',
    nowMs: host.clock.now(),
    programMs: await host.changedAt(join(facts.root, 'package.json')),
  };
}

async function problemsOf(host: Host, dataDir: string): Promise<Findings['problems']> {
  const { connect, findConnection } = await import('../api/connect.ts');
  try {
    const { where, keys } = await findConnection(host, dataDir);
    return (await (await connect(host, where, keys)).gantry('Status', {})).problems ?? [];
  } catch {
    return 'silent';
  }
}

async function keysOf(host: Host, keyFile: string): Promise<Findings['keys']> {
  const access = await host.accessTo(keyFile);
  if (access !== 'ok') return access;
  return keysIn((await host.readFile(keyFile)) ?? '') ?? 'damaged';
}

/** Looks at the directory, or at where it would be made; makes nothing. */
async function whyNotWritable(host: Host, dataDir: string): Promise<string | undefined> {
  for (let folder = dataDir; ; folder = dirname(folder)) {
    const access = await host.accessTo(folder);
    if (access === 'ok') return undefined;
    if (access === 'denied') return `${folder} cannot be written to by this user`;
    if (dirname(folder) === folder) return undefined;
  }
}

/** As the agent does: by the directory the engine names. */
async function seesEngineFiles(host: Host): Promise<boolean | undefined> {
  const info = await host.engineGet('/info');
  if (info?.status !== 200) return undefined;
  const { DockerRootDir = '' } = JSON.parse(info.body) as { readonly DockerRootDir?: string };
  const [access, du] = await Promise.all([host.accessTo(`${DockerRootDir}/volumes`), host.which('du')]);
  return DockerRootDir !== '' && access === 'ok' && du !== undefined;
}
