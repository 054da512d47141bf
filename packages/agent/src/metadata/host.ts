import { networkInterfaces } from 'node:os';
import type { Clock } from '@gantry/domain';
import type { Log } from '../log.ts';
import { macAddress, MetadataDoor, whyNoMetadata } from './door.ts';
import { MetadataHandler } from './handler.ts';
import { METADATA_ADDRESS, type MetadataHost, type MetadataSource } from './port.ts';
import { relayApi } from './relay.ts';
import { serveMetadata } from './server.ts';

export interface MetadataHostOptions {
  /** The task network's, which is there. */
  readonly bridge: string;
  /** The control plane's. */
  readonly endpoint: string;
  readonly ca: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenMetadataHost extends MetadataHost {
  /** Ends the servers and removes the rules. */
  close(): Promise<void>;
}

/** Servers and rules of one agent process on this host. @throws Error that names what is lacking, and the way out */
export async function openMetadata(options: MetadataHostOptions): Promise<OpenMetadataHost> {
  const { bridge, endpoint, ca, clock, log } = options;
  const lacking = await whyNoMetadata();
  if (lacking !== undefined) throw new Error(lacking);
  const sources: MetadataSource[] = [];
  const handler = new MetadataHandler({ clock, sources: () => sources, isHost });
  const door = new MetadataDoor(bridge);
  await door.prepare();
  const address = METADATA_ADDRESS;
  const server = await serveMetadata({ address, handler, log, isHost, peers: () => door.peers() });
  const relay = await relayApi({ address, endpoint, ca });
  const close = async (): Promise<void> => {
    await door.close();
    await Promise.all([server.close(), relay.close()]);
  };
  try {
    await door.open({ metadata: server.port, api: relay.port });
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return {
    endpoint,
    macAddress: (taskArn, container) => macAddress(bridge, taskArn, container),
    register: (source) => void sources.push(source),
    close,
  };
}

/** Programs in host mode ask from any of the host's own addresses; the system lists only those of links that are in use. */
export function isHost(address: string): boolean {
  if (address === METADATA_ADDRESS) return true;
  return Object.values(networkInterfaces()).some((all = []) => all.some((one) => one.address === address));
}
