import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';

// A program inside a network namespace: does what a line of JSON asks, and answers with one. Servers send back what they get.

interface Order {
  readonly do: 'serve' | 'open' | 'say' | 'connects' | 'rounds' | 'stream';
  readonly protocol?: 'tcp' | 'udp';
  readonly port?: number;
  readonly address?: string;
  /** Of the connection. */
  readonly id?: number;
  readonly waitMs?: number;
  /** How often, or how many MiB. */
  readonly count?: number;
}

const connections: net.Socket[] = [];

async function obey(order: Order): Promise<unknown> {
  const { protocol, port = 0, address = '', waitMs = 400 } = order;
  if (order.do === 'serve') return protocol === 'udp' ? serveUdp(port) : serveTcp(port);
  if (order.do === 'say') return echoed(connections[order.id ?? 0] as net.Socket, waitMs);
  if (order.do === 'connects' || order.do === 'rounds' || order.do === 'stream') {
    const startedAt = performance.now();
    await MEASURED[order.do](address, port, order.count ?? 1);
    return performance.now() - startedAt;
  }
  return protocol === 'udp' ? askUdp(address, port, waitMs) : openTcp(address, port, waitMs);
}

const opened = (host: string, port: number): Promise<net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
  });

/** What benches time: connections one after another, questions and answers in one, and MiB sent and sent back. */
const MEASURED = {
  connects: async (host: string, port: number, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) (await opened(host, port)).destroy();
  },
  rounds: async (host: string, port: number, count: number): Promise<void> => {
    const socket = await opened(host, port);
    for (let n = 0; n < count; n += 1) {
      socket.write('x');
      await once(socket, 'data');
    }
    socket.destroy();
  },
  stream: async (host: string, port: number, count: number): Promise<void> => {
    const socket = await opened(host, port);
    const block = Buffer.alloc(1 << 20);
    let left = count * block.length;
    const back = new Promise<void>((resolve) => {
      socket.on('data', (bytes) => {
        left -= bytes.length;
        if (left <= 0) resolve();
      });
    });
    for (let n = 0; n < count; n += 1) if (!socket.write(block)) await once(socket, 'drain');
    await back;
    socket.destroy();
  },
};

const serveTcp = (port: number): Promise<string> =>
  new Promise((resolve) => {
    net
      .createServer((socket) => {
        socket.on('error', () => undefined);
        socket.pipe(socket);
      })
      .listen(port, () => resolve('serving'));
  });

const serveUdp = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (text, from) => socket.send(text, from.port, from.address));
    socket.bind(port, () => resolve('serving'));
  });

/** The connection's number, or what went wrong. */
const openTcp = (host: string, port: number, waitMs: number): Promise<number | string> =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const over = setTimeout(() => {
      socket.destroy();
      resolve('nothing');
    }, waitMs);
    socket.on('error', ({ message }) => resolve(message));
    socket.on('connect', () => {
      clearTimeout(over);
      resolve(connections.push(socket) - 1);
    });
  });

const echoed = (socket: net.Socket, waitMs: number): Promise<string> =>
  new Promise((resolve) => {
    const over = setTimeout(() => resolve('nothing'), waitMs);
    socket.once('data', () => {
      clearTimeout(over);
      resolve('answered');
    });
    socket.write('hello');
  });

const askUdp = (address: string, port: number, waitMs: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    const end = (said: string): void => {
      clearTimeout(over);
      socket.close();
      resolve(said);
    };
    const over = setTimeout(() => end('nothing'), waitMs);
    socket.on('message', () => end('answered'));
    socket.send('hello', port, address);
  });

createInterface({ input: process.stdin }).on('line', (line) => {
  void obey(JSON.parse(line) as Order).then((said) => process.stdout.write(`${JSON.stringify(said)}\n`));
});
process.stdin.on('end', () => process.exit(0));
