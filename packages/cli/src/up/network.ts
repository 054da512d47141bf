import { join } from 'node:path';
import { CliError, usageError } from '../errors.ts';
import type { Host } from '../host/port.ts';

/** Where tasks with an address of their own live on this machine. Two Gantries on one machine need two. */
export interface NetworkChoice {
  /** Name of the bridge: `gantry0`, `gantry1`, ... */
  readonly bridge: string;
  readonly cidr: string;
}

const SLOTS = 16;
/** Cleared at every boot, as the bridges themselves are. */
const CLAIMS = '/run/gantry/networks';
const fileIn = (dataDir: string): string => join(dataDir, 'network.json');

/** The first sixteenth of 10.213.0.0/16 for the first Gantry of a machine, the next for the next. */
export function networkOfSlot(slot: number): NetworkChoice {
  return { bridge: `gantry${slot}`, cidr: `10.213.${slot * 16}.0/20` };
}

/** @throws CliError (usage) unless it is an IPv4 network from /8 to /28 */
export function checkedCidr(text: string): string {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const [, ...parts] = match ?? [];
  const bits = Number(parts[4]);
  if (match === null || parts.slice(0, 4).some((part) => Number(part) > 255) || bits < 8 || bits > 28) {
    throw usageError(`--subnet ${text}: it looks like 10.99.0.0/20 (IPv4, /8 to /28).`);
  }
  return text;
}

export function parseChoice(text: string | undefined): NetworkChoice | undefined {
  if (text === undefined) return undefined;
  try {
    const { bridge, cidr } = JSON.parse(text) as Record<string, unknown>;
    return typeof bridge === 'string' && typeof cidr === 'string' ? { bridge, cidr } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The network of this data directory: the one it had, or the first that no other Gantry of this machine has. Claims are files, made
 * exclusively; one whose data directory is gone, or has moved to another network, is taken over.
 */
export async function claimNetwork(host: Host, dataDir: string, subnet: string | undefined): Promise<NetworkChoice> {
  const had = parseChoice(await host.readFile(fileIn(dataDir)));
  const slots = Array.from({ length: SLOTS }, (_, slot) => networkOfSlot(slot));
  const first = had === undefined ? [] : slots.filter((choice) => choice.bridge === had.bridge);
  for (const slot of new Set([...first, ...slots])) {
    const cidr = subnet ?? (slot.bridge === had?.bridge ? had.cidr : slot.cidr);
    const choice = { bridge: slot.bridge, cidr };
    // Written before the claim: who finds the claim looks here whether it is meant.
    await host.writeFile(fileIn(dataDir), `${JSON.stringify(choice)}\n`, 0o600);
    if (host.facts.uid !== 0 || (await claim(host, slot.bridge, dataDir))) return choice;
  }
  throw new CliError(`${SLOTS} Gantries on this machine have a task network each; there is none left.`, {
    wayOut: `${CLAIMS} names their data directories: remove one that is no longer needed.`,
  });
}

async function claim(host: Host, bridge: string, dataDir: string): Promise<boolean> {
  const path = join(CLAIMS, bridge);
  if (await host.createFile(path, dataDir, 0o600)) return true;
  const owner = (await host.readFile(path)) ?? '';
  if (owner === dataDir) return true;
  if (parseChoice(await host.readFile(fileIn(owner)))?.bridge === bridge) return false;
  // Of two that find it stale one gets to make the new file.
  await host.removeFile(path);
  return host.createFile(path, dataDir, 0o600);
}

/** Whether another data directory has claimed the network this one had. */
export async function isNetworkOfAnother(host: Host, dataDir: string): Promise<boolean> {
  const bridge = parseChoice(await host.readFile(fileIn(dataDir)))?.bridge;
  const owner = bridge === undefined ? undefined : await host.readFile(join(CLAIMS, bridge));
  return owner !== undefined && owner !== dataDir;
}

/** Gives up this data directory's claim. It asks for the same network again, and gets it unless another took it meanwhile. */
export async function releaseNetwork(host: Host, dataDir: string): Promise<void> {
  const bridge = parseChoice(await host.readFile(fileIn(dataDir)))?.bridge;
  if (bridge === undefined) return;
  const path = join(CLAIMS, bridge);
  if ((await host.readFile(path)) === dataDir) await host.removeFile(path);
}
