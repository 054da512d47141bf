import {
  DataChannel,
  FLAG,
  flagPayload,
  handshakeResponse,
  PAYLOAD,
  type ByteSocket,
  type ClientWishes,
  type OpenDataChannel,
} from '@gantry/protocol';
import type { Clock, Ids } from '@gantry/domain';
import type { ExecTerminal } from './port.ts';

/** What is read from the input at a time. */
const PIECE_BYTES = 32 * 1_024;

export interface SessionOptions {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'uuid'>;
  readonly version: string;
  readonly socket: ByteSocket;
  readonly sessionId: string;
  readonly tokenValue: string;
  readonly terminal: ExecTerminal;
  /** A terminal for the program. */
  readonly tty: boolean;
  /** Give it our input; else it reads the end at once. */
  readonly interactive: boolean;
}

export interface SessionEnd {
  /** The program's; `undefined`: the session ended before it did. */
  readonly exitCode: number | undefined;
  /** What is to be said about it; empty when the program ended by itself. */
  readonly words: string;
}

/** Runs a session to its end. The terminal is as it was before when it resolves. */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const { clock, ids, socket, sessionId, terminal, version, tty } = options;
  const end = Promise.withResolvers<SessionEnd>();
  let exitCode: number | undefined;
  const finish = (words: string): void => end.resolve({ exitCode, words });
  const wishes: ClientWishes = tty ? { terminal: terminal.size() ?? { cols: 80, rows: 24 } } : {};
  const channel: DataChannel = new DataChannel({
    clock,
    ids,
    sessionId,
    sends: 'input_stream_data',
    transmit: (message) => socket.send(message),
    unsentBytes: () => socket.unsentBytes,
    deliver: (type, data) => {
      if (type === PAYLOAD.bytes) return terminal.out(data);
      if (type === PAYLOAD.stderr) return terminal.err(data);
      if (type === PAYLOAD.handshakeRequest)
        channel.send(PAYLOAD.handshakeResponse, handshakeResponse(version, wishes));
      else if (type === PAYLOAD.handshakeComplete) begin(options, channel);
      else if (type === PAYLOAD.exitCode) exitCode = Number(Buffer.from(data).toString('utf8'));
      return undefined;
    },
    closed: (output) => finish(output.trim()),
    lost: () => finish('The session broke: nobody has answered for five minutes.'),
  });
  socket.onMessage((message) => {
    if (typeof message !== 'string') channel.receive(message);
  });
  socket.onClose((_code, reason) => {
    const why = reason === '' || exitCode !== undefined ? '' : ` (${reason})`;
    finish(exitCode === undefined ? `The session broke: the connection to the control plane was lost${why}.` : '');
  });
  const opening: OpenDataChannel = {
    MessageSchemaVersion: '1.0',
    RequestId: ids.uuid(),
    TokenValue: options.tokenValue,
    ClientId: ids.uuid(),
    ClientVersion: version,
  };
  socket.send(JSON.stringify(opening));
  try {
    return await end.promise;
  } finally {
    if (tty) terminal.setRaw(false);
    channel.end();
    socket.close(1000, '');
    terminal.close();
  }
}

/** The program runs: from now on it has our keys, our size, or our input. */
function begin({ terminal, tty, interactive }: SessionOptions, channel: DataChannel): void {
  if (tty) {
    terminal.setRaw(true);
    const tell = (): void => {
      const size = terminal.size();
      if (size !== undefined) channel.send(PAYLOAD.size, JSON.stringify(size));
    };
    tell();
    terminal.onResize(tell);
  }
  const interruption = terminal.interruption();
  const stop = (): void => channel.send(PAYLOAD.flag, flagPayload(FLAG.terminate));
  if (interruption.aborted) return stop();
  interruption.addEventListener('abort', stop, { once: true });
  if (interactive) void forwardInput(terminal, channel);
  else channel.send(PAYLOAD.flag, flagPayload(FLAG.endOfInput));
}

async function forwardInput(terminal: ExecTerminal, channel: DataChannel): Promise<void> {
  try {
    for await (const data of terminal.input()) {
      for (let at = 0; at < data.length; at += PIECE_BYTES) {
        await channel.room();
        channel.send(PAYLOAD.bytes, data.subarray(at, at + PIECE_BYTES));
      }
    }
    channel.send(PAYLOAD.flag, flagPayload(FLAG.endOfInput));
  } catch {
    // Input that breaks is no whole input: the program must not take it for one.
    channel.send(PAYLOAD.flag, flagPayload(FLAG.terminate));
  }
}
