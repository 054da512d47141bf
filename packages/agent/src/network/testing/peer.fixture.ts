import dgram from 'node:dgram';
import net from 'node:net';
import { createInterface } from 'node:readline';

// A program inside a network namespace: does what a line of JSON asks, and answers with one. Servers send back what they get.

interface Order {
  readonly do: 'serve' | 'open' | 'say';
  readonly protocol?: 'tcp' | 'udp';
  readonly port?: number;
  readonly address?: string;
  /** Of the connection. */
  readonly id?: number;
  readonly waitMs?: number;
}

const connections: net.Socket[] = [];

async function obey(order: Order): Promise<unknown> {
  const { protocol, port = 0, address = '', waitMs = 400 } = order;
  if (order.do === 'serve') return protocol === 'udp' ? serveUdp(port) : serveTcp(port);
  if (order.do === 'say') return echoed(connections[order.id ?? 0] as net.Socket, waitMs);
  return protocol === 'udp' ? askUdp(address, port, waitMs) : openTcp(address, port, waitMs);
}

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
