import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { lookup } from 'node:dns/promises';

/** No packet is sent there: any address beyond the gateway shows which of its own the host would use (TEST-NET-1). */
const BEYOND = '192.0.2.1';

/**
 * Where other hosts most likely reach this one: the address it uses towards the control plane, or towards the world when
 * that is on this very host. `undefined`: it is on no network.
 */
export async function detectHostAddress(endpoint: string): Promise<string | undefined> {
  const towards = await lookup(new URL(endpoint).hostname.replace(/^\[|\]$/g, ''), { family: 4 }).catch(
    () => undefined,
  );
  for (const address of [towards?.address, BEYOND]) {
    const own = address === undefined ? undefined : await sourceTowards(address);
    if (own !== undefined && isIPv4(own) && !own.startsWith('127.') && own !== '0.0.0.0') return own;
  }
  return undefined;
}

/** Which of its addresses this host would send from. Nothing is sent. */
function sourceTowards(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const answer = (own?: string): void => {
      socket.close();
      resolve(own);
    };
    socket.once('error', () => answer());
    socket.connect(9, address, () => answer(socket.address().address));
  });
}
