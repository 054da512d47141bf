import { join } from 'node:path';

/** Files under the data directory that the command line reads or writes. */
export interface Paths {
  readonly dataDir: string;
  readonly run: string;
  readonly credentials: string;
  /** Where the running control plane answers: written by `up`, read by every other command. */
  readonly endpoint: string;
  readonly agentConfig: string;
  /** What clients trust with `--tls self`: written by the control plane. */
  readonly ca: string;
  pid(name: ProcessName): string;
  log(name: ProcessName): string;
}

export type ProcessName = 'control-plane' | 'agent' | 'dockerd' | 'haproxy';

export function pathsIn(dataDir: string): Paths {
  const run = join(dataDir, 'run');
  return {
    dataDir,
    run,
    credentials: join(dataDir, 'credentials.json'),
    endpoint: join(run, 'endpoint.json'),
    agentConfig: join(run, 'agent.json'),
    ca: join(dataDir, 'tls', 'ca.pem'),
    pid: (name) => join(run, `${name}.pid`),
    log: (name) => join(run, `${name}.log`),
  };
}
