import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, type RunCommand } from '../network/command.ts';
import { API_PORT, METADATA_ADDRESS, METADATA_PORT } from './port.ts';

/** Where the agents of this host find each other. Cleared at every boot, as the bridges are. */
const PEERS = '/run/gantry/metadata';
/** Before Docker's own: a container that publishes port 80 of the host must not get these packets. */
const PRIORITY = -110;

export interface DoorPorts {
  readonly metadata: number;
  readonly api: number;
}

/**
 * The way of containers to the servers of one agent, by packet rules: from its own bridge (awsvpc), from the MAC
 * addresses it gives (bridge mode), and of the host's own programs (host mode). Agents of one host share the address
 * and not the ports.
 */
export class MetadataDoor {
  readonly #bridge: string;
  readonly #run: RunCommand;
  readonly #peers: string;

  constructor(bridge: string, run: RunCommand = runCommand, peers = PEERS) {
    this.#bridge = bridge;
    this.#run = run;
    this.#peers = peers;
  }

  /** The bridge has the address: servers may listen there. `host`: never the source of a packet that goes out. */
  async prepare(): Promise<void> {
    await this.#run('ip', ['addr', 'replace', `${METADATA_ADDRESS}/32`, 'dev', this.#bridge, 'scope', 'host']);
  }

  async open(ports: DoorPorts): Promise<void> {
    await this.#run('nft', ['-f', '-'], clearing(this.#bridge) + doorRules(this.#bridge, ports));
    await mkdir(this.#peers, { recursive: true });
    await writeFile(join(this.#peers, this.#bridge), String(ports.metadata));
  }

  /** Idempotent. The address goes with the bridge. */
  async close(): Promise<void> {
    await rm(join(this.#peers, this.#bridge), { force: true });
    await this.#run('nft', ['-f', '-'], clearing(this.#bridge));
  }

  /** Metadata ports of the other agents of this host. */
  async peers(): Promise<readonly number[]> {
    const names = await readdir(this.#peers).catch(() => []);
    const others = names.filter((name) => name !== this.#bridge);
    const texts = await Promise.all(others.map((name) => readFile(join(this.#peers, name), 'utf8').catch(() => '')));
    return texts.map(Number).filter((port) => port > 0);
  }
}

/** Told apart by the second byte: whose containers they are. The rest is the container's, the same at every start. */
export function macAddress(bridge: string, taskArn: string, container: string): string {
  const own = createHash('sha256').update(`${taskArn}\n${container}`).digest('hex');
  const bytes = [0, 2, 4, 6].map((at) => own.slice(at, at + 2));
  return [...macPrefix(bridge), ...bytes].join(':');
}

/** 06 is a locally administered address; Docker's own begin with 02:42. */
function macPrefix(bridge: string): readonly [string, string] {
  const slot = Number(/^gantry(\d{1,2})$/.exec(bridge)?.[1] ?? NaN);
  // Bridges with names of the user's own share the upper half.
  const byte = Number.isNaN(slot) ? 128 + ((createHash('sha256').update(bridge).digest()[0] ?? 0) % 128) : slot;
  return ['06', byte.toString(16).padStart(2, '0')];
}

const table = (bridge: string): string => `ip gantrymeta-${bridge}`;

/** Adding before deleting makes the deletion safe when there is nothing yet; all lines take effect as one. */
const clearing = (bridge: string): string => `add table ${table(bridge)}\ndelete table ${table(bridge)}\n`;

/** For `nft -f`. Pure. */
export function doorRules(bridge: string, ports: DoorPorts): string {
  const prefix = `${macPrefix(bridge).join(':')}:00:00:00:00`;
  const both = `ip daddr ${METADATA_ADDRESS} tcp dport { ${ports.metadata}, ${ports.api} }`;
  return [
    `table ${table(bridge)} {`,
    '  chain door {',
    `    tcp dport ${METADATA_PORT} dnat to ${METADATA_ADDRESS}:${ports.metadata}`,
    `    tcp dport ${API_PORT} dnat to ${METADATA_ADDRESS}:${ports.api}`,
    '  }',
    '  chain prerouting {',
    `    type nat hook prerouting priority ${PRIORITY}; policy accept;`,
    `    ip daddr ${METADATA_ADDRESS} iifname "${bridge}" jump door`,
    `    ip daddr ${METADATA_ADDRESS} ether saddr & ff:ff:00:00:00:00 == ${prefix} jump door`,
    '  }',
    '  chain output {',
    `    type nat hook output priority ${PRIORITY}; policy accept;`,
    `    ip daddr ${METADATA_ADDRESS} jump door`,
    '  }',
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname "lo" accept`,
    `    ${both} ct status dnat accept`,
    `    ${both} drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** What this host lacks to show containers their metadata, with the way out; undefined: nothing. */
export async function whyNoMetadata(run: RunCommand = runCommand): Promise<string | undefined> {
  try {
    await run('nft', ['--version']);
    return undefined;
  } catch {
    return (
      'Containers cannot reach their metadata and credentials on this host: it has no program nft. Tasks with a role ' +
      'are not placed here. Install the package nftables and start again.'
    );
  }
}
