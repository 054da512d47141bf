import { readdir, readFile, readlink } from 'node:fs/promises';

/** A connection over the loopback interface, as the program that opened it has it. */
export interface Caller {
  readonly port: number;
  readonly serverPort: number;
}

/**
 * The control groups of the program at the other end of a connection over 127.0.0.1, in the kernel's own words; `undefined`: it
 * is gone, or this process may not look. In them a container's program cannot hide its container's id.
 */
export async function cgroupsOfCaller({ port, serverPort }: Caller): Promise<string | undefined> {
  const inode = inodeOf(await readFile('/proc/net/tcp', 'utf8'), { port, serverPort });
  if (inode === undefined) return undefined;
  const wanted = `socket:[${inode}]`;
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue;
    if (await holds(pid, wanted)) return await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => undefined);
  }
  return undefined;
}

/** From the table of sockets: the one that goes from that port to ours. */
export function inodeOf(table: string, { port, serverPort }: Caller): string | undefined {
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
  const ends = [`0100007F:${hex(port)}`, `0100007F:${hex(serverPort)}`];
  for (const line of table.split('\n').slice(1)) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (local === ends[0] && remote === ends[1]) return inode;
  }
  return undefined;
}

async function holds(pid: string, wanted: string): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    if ((await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')) === wanted) return true;
  }
  return false;
}
