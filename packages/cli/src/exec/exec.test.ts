import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DataChannel,
  FLAG,
  handshakeComplete,
  handshakeRequest,
  objectOf,
  PAYLOAD,
  readFlag,
  readSize,
  ServiceError,
  wishesOf,
} from '@gantry/protocol';
import { bytePair } from '@gantry/testkit/byte-pair.ts';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { FakeApi } from '../api/fake.ts';
import { CliError } from '../errors.ts';
import { splitRest } from '../program/exec.ts';
import { sideOf } from './copy.ts';
import { exec, type ExecOptions } from './exec.ts';
import { parsePorts } from './forward.ts';
import type { ExecTerminal } from './port.ts';
import { commandLine } from './quote.ts';

const ARN = 'arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef';
const RUNNING = { taskArn: ARN, lastStatus: 'RUNNING', desiredStatus: 'RUNNING', enableExecuteCommand: true };
const PLAIN: ExecOptions = {
  cluster: 'default',
  container: undefined,
  command: ['sh', '-c', 'a b'],
  tty: false,
  interactive: false,
};

class Terminal implements ExecTerminal {
  isTerminal = false;
  dimensions = { cols: 100, rows: 30 };
  readonly did: string[] = [];
  inputs: string[] = [];
  resized: () => void = () => undefined;
  readonly stop = new AbortController();
  size = () => this.dimensions;
  onResize = (listener: () => void): void => void (this.resized = listener);
  setRaw = (raw: boolean): void => void this.did.push(`raw ${raw}`);
  async *input(): AsyncGenerator<Uint8Array> {
    for (const text of this.inputs) yield await Promise.resolve(Buffer.from(text));
  }
  out = (data: Uint8Array): Promise<void> => Promise.resolve(void this.did.push(`out ${Buffer.from(data).toString()}`));
  err = (data: Uint8Array): Promise<void> => Promise.resolve(void this.did.push(`err ${Buffer.from(data).toString()}`));
  interruption = (): AbortSignal => this.stop.signal;
  close = (): void => void this.did.push('closed');
}

/** A control plane and an agent that play one session. `play` is called with what the client sends, in order. */
function scene(options: Partial<ExecOptions> = {}, task: object = RUNNING) {
  const [clock, ids, terminal] = [new FakeClock(), new SeededIds(3), new Terminal()];
  const said: string[] = [];
  const heard: string[] = [];
  const pair = bytePair();
  const api = new FakeApi({
    DescribeTasks: () => ({ tasks: [task] }),
    ExecuteCommand: () => ({ session: { sessionId: 's1', streamUrl: 'ws://here/s1', tokenValue: 'secret' } }),
  });
  const agent: DataChannel = new DataChannel({
    clock,
    ids,
    sessionId: 's1',
    sends: 'output_stream_data',
    transmit: (message) => pair.far.send(message),
    unsentBytes: () => pair.far.unsentBytes,
    closed: () => undefined,
    lost: () => undefined,
    deliver: (type, data) => {
      if (type === PAYLOAD.handshakeResponse) {
        heard.push(`wishes ${JSON.stringify(wishesOf(data))}`);
        agent.send(PAYLOAD.handshakeComplete, handshakeComplete(1));
      } else if (type === PAYLOAD.size) heard.push(`size ${JSON.stringify(readSize(data))}`);
      else if (type === PAYLOAD.flag) heard.push(`flag ${readFlag(data)}`);
      else heard.push(`bytes ${Buffer.from(data).toString()}`);
    },
  });
  pair.far.onMessage((message) => {
    if (typeof message !== 'string') return void agent.receive(message);
    heard.push(`token ${String(objectOf(Buffer.from(message))['TokenValue'])}`);
    agent.send(PAYLOAD.handshakeRequest, handshakeRequest());
  });
  const openSocket = (url: string) => {
    heard.push(`open ${url}`);
    return Promise.resolve(pair.near);
  };
  const say = (line: string): void => void said.push(line);
  const ports = { api, clock, ids, version: '0.1.0', terminal, openSocket, say };
  const start = (): Promise<number> => exec(ports, ARN, { ...PLAIN, ...options });
  return { clock, terminal, said, heard, pair, api, agent, start };
}

test('without a terminal: both outputs, and the exit code of the program', async () => {
  const { clock, terminal, said, heard, api, agent, start } = scene();
  const code = start();
  await clock.turn(10);
  agent.send(PAYLOAD.bytes, 'one');
  agent.send(PAYLOAD.stderr, 'two');
  agent.send(PAYLOAD.exitCode, '7');
  agent.sayClosed('');
  assert.equal(await clock.turnWhile(code), 7);
  assert.deepEqual(terminal.did, ['out one', 'err two', 'closed']);
  assert.deepEqual(heard, ['open ws://here/s1', 'token secret', 'wishes {}', `flag ${FLAG.endOfInput}`]);
  assert.deepEqual(said, []);
  assert.deepEqual(api.inputs('ExecuteCommand'), [
    { cluster: 'default', task: ARN, command: "sh -c 'a b'", interactive: true },
  ]);
});

test('-i passes the input on, in pieces, to its end', async () => {
  const { clock, terminal, heard, agent, start } = scene({ interactive: true });
  terminal.inputs = ['a', 'x'.repeat(40_000)];
  const code = start();
  await clock.turn(10);
  assert.deepEqual(
    heard.slice(3).map((line) => line.length),
    [7, 6 + 32_768, 6 + 40_000 - 32_768, 8],
  );
  agent.send(PAYLOAD.exitCode, '0');
  agent.sayClosed('');
  assert.equal(await clock.turnWhile(code), 0);
});

test('-t: raw while it lasts, the size at once and when it changes', async () => {
  const { clock, terminal, heard, agent, start } = scene({ interactive: true, tty: true });
  terminal.isTerminal = true;
  const code = start();
  await clock.turn(10);
  terminal.dimensions = { cols: 5, rows: 6 };
  terminal.resized();
  await clock.turn(10);
  assert.ok(heard.includes('wishes {"terminal":{"cols":100,"rows":30}}'));
  assert.deepEqual(
    heard.filter((line) => line.startsWith('size')),
    ['size {"cols":100,"rows":30}', 'size {"cols":5,"rows":6}'],
  );
  assert.deepEqual(terminal.did, ['raw true']);
  agent.send(PAYLOAD.exitCode, '0');
  agent.sayClosed('');
  assert.equal(await clock.turnWhile(code), 0);
  assert.deepEqual(terminal.did, ['raw true', 'raw false', 'closed']);
});

test('a session that breaks is told, and is no exit code of the program', async () => {
  const cut = scene();
  const code = cut.start();
  await cut.clock.turn(10);
  cut.pair.cut();
  assert.equal(await cut.clock.turnWhile(code), 255);
  assert.match(cut.said[0] ?? '', /the connection to the control plane was lost/);
  const ended = scene();
  const other = ended.start();
  await ended.clock.turn(10);
  ended.agent.sayClosed('The session ended: container web has stopped.\n');
  assert.equal(await ended.clock.turnWhile(other), 255);
  assert.deepEqual(ended.said, ['The session ended: container web has stopped.']);
});

test('Ctrl-C without a terminal ends the session', async () => {
  const { clock, terminal, heard, agent, start } = scene();
  const code = start();
  await clock.turn(10);
  terminal.stop.abort();
  await clock.turn(10);
  assert.equal(heard.at(-1), `flag ${FLAG.terminate}`);
  agent.sayClosed('The session ended: the client ended the session\n');
  assert.equal(await clock.turnWhile(code), 130);
});

test('refusals say the way out, and open nothing', async () => {
  const refuse = async (options: Partial<ExecOptions>, task: object, words: RegExp, wayOut: RegExp): Promise<void> => {
    const { api, heard, start } = scene(options, task);
    Object.assign(api, {
      ecs: (operation: string) =>
        operation === 'DescribeTasks'
          ? Promise.resolve({ tasks: [task] })
          : Promise.reject(new ServiceError('InvalidParameterException', 'execute command was not enabled when')),
    });
    await assert.rejects(start(), (error: CliError) => {
      assert.match(error.message, words);
      assert.match(error.wayOut ?? '', wayOut);
      return true;
    });
    assert.deepEqual(heard, []);
  };
  const without = { ...RUNNING, enableExecuteCommand: false };
  await refuse({}, without, /was started without ECS Exec/, /gantry run/);
  await refuse(
    {},
    { ...without, group: 'service:shop' },
    /without ECS Exec/,
    /update-service --service shop --enable-ex/,
  );
  await refuse({}, { ...RUNNING, lastStatus: 'PENDING' }, /no running task/, /gantry why/);
  await refuse({ tty: true }, RUNNING, /-t: the input is not a terminal/, /Leave out -t/);
});

test('words to a command line', () => {
  assert.equal(commandLine(['ls', '-l', '/a b', "it's", '']), `ls -l '/a b' 'it'\\''s' ''`);
});

test('what stands between the task and the command', () => {
  assert.deepEqual(splitRest(['sh', '-c', 'x'], undefined), { container: undefined, command: ['sh', '-c', 'x'] });
  assert.deepEqual(splitRest(['-c', 'web', '--', '-x'], undefined), { container: 'web', command: ['-x'] });
  assert.deepEqual(splitRest(['--container=web', 'sh'], 'a'), { container: 'web', command: ['sh'] });
  assert.throws(() => splitRest(['-it', 'sh'], undefined), /-it: options of gantry exec stand before/);
  assert.throws(() => splitRest(['--'], undefined), /there is no command/);
});

test('which side of a copy is where', () => {
  const sides: readonly (readonly [string, string | undefined, string])[] = [
    ['web:/etc/hosts', 'web', '/etc/hosts'],
    [
      'arn:aws:ecs:us-east-1:000000000000:task/default/0123:/a:b/c',
      'arn:aws:ecs:us-east-1:000000000000:task/default/0123',
      '/a:b/c',
    ],
    ['./web:/etc', undefined, './web:/etc'],
    ['/a:/b', undefined, '/a:/b'],
    ['file', undefined, 'file'],
    [':/x', undefined, ':/x'],
  ];
  for (const [text, task, path] of sides) assert.deepEqual(sideOf(text), { task, path });
});

test('ports of a forward', () => {
  assert.deepEqual(parsePorts('8080:80'), { local: 8080, remote: 80 });
  assert.deepEqual(parsePorts('80'), { local: 80, remote: 80 });
  assert.deepEqual(parsePorts('0:80'), { local: 0, remote: 80 });
  for (const bad of ['', 'a', '1:2:3', '80:0', '70000', '80:', ':80', '-1'])
    assert.throws(() => parsePorts(bad), /ports look like/);
});
