import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gunzipSync, inflateSync } from 'node:zlib';
import { decodeFirst } from './msgpack.ts';

/** Something on 127.0.0.1 that log drivers send to. */
export interface Receiver<T> {
  readonly port: number;
  readonly received: readonly T[];
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** One text a datagram: syslog over UDP, or GELF, which is compressed JSON. */
export async function udpReceiver(): Promise<Receiver<string>> {
  const received: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (data) => received.push(inflated(data).toString('utf8').trimEnd()));
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    received,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function inflated(data: Buffer): Buffer {
  if (data[0] === 0x1f && data[1] === 0x8b) return gunzipSync(data);
  return data[0] === 0x78 ? inflateSync(data) : data;
}

/** One text a line: syslog over TCP. */
export function tcpReceiver(): Promise<Receiver<string>> {
  const received: string[] = [];
  return listening(received, (socket) => {
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      received.push(...lines);
    });
  });
}

export interface Forwarded {
  readonly tag: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Fluent's forward protocol, one event a message. */
export function forwardReceiver(): Promise<Receiver<Forwarded>> {
  const received: Forwarded[] = [];
  return listening(received, (socket) => {
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (let next = decodeFirst(rest); next !== undefined; next = decodeFirst(rest)) {
        rest = rest.subarray(next.length);
        const [tag, , record] = next.value as [string, unknown, Readonly<Record<string, unknown>>];
        received.push({ tag, record });
      }
    });
  });
}

async function listening<T>(received: readonly T[], serve: (socket: Socket) => void): Promise<Receiver<T>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await listen(server);
  return { port: portOf(server), received, close: () => closed(server, sockets) };
}

export interface Collected {
  readonly authorization: string | undefined;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Splunk's HTTP event collector: JSON objects one after the other, with the token as authorization. `token`: the only one let in. */
export async function splunkReceiver(token: string): Promise<Receiver<Collected>> {
  const received: Collected[] = [];
  const sockets = new Set<Socket>();
  const server = createHttpServer((request, response) => {
    const { authorization } = request.headers;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (request.method === 'OPTIONS') return response.writeHead(200).end();
      if (request.method !== 'POST' || request.url !== '/services/collector/event/1.0')
        return response.writeHead(404).end();
      if (authorization !== `Splunk ${token}`) {
        return response.writeHead(403).end('{"text":"Invalid token","code":4}');
      }
      for (const event of jsonObjects(text)) received.push({ authorization, event });
      response.writeHead(200).end('{"text":"Success","code":0}');
    });
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await listen(server);
  return { port: portOf(server), received, close: () => closed(server, sockets) };
}

/** Objects written one after the other, as the collector takes them: with or without a line break between. */
function jsonObjects(text: string): readonly Readonly<Record<string, unknown>>[] {
  return JSON.parse(`[${text.trim().replace(/\}\s*\{"event"/g, '},{"event"')}]`) as Readonly<Record<string, unknown>>[];
}

async function listen(server: Server): Promise<void> {
  server.listen(0, HOST);
  await once(server, 'listening');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
