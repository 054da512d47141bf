import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { decodeFirst } from './msgpack.ts';

/**
 * Runs in a container, in the place of Fluent Bit or fluentd: reads the configuration it finds at the documented path, listens where its
 * inputs say, and prints what its filters and outputs make of each event, a line of JSON each.
 */
const FILES = { bit: '/fluent-bit/etc/fluent-bit.conf', daemon: '/fluentd/etc/fluent.conf' } as const;
const kind = existsSync(FILES.bit) ? 'bit' : 'daemon';
const config = readFileSync(FILES[kind], 'utf8');

interface Section {
  readonly name: string;
  readonly match: string;
  readonly options: ReadonlyMap<string, readonly string[]>;
}

const sections = kind === 'bit' ? bitSections(config) : daemonSections(config);
const first = (section: Section, ...names: readonly string[]): string | undefined =>
  names.map((name) => section.options.get(name)?.[0]).find((value) => value !== undefined);
const named = (...names: readonly string[]): readonly Section[] =>
  sections.filter(({ name }) => names.includes(name.toLowerCase()));

say({ config, token: resolved(first(named('output', 'match').find(({ match }) => match.startsWith('app')) ?? { name: '', match: '', options: new Map() }, 'api_token') ?? '') }); // prettier-ignore
const servers: Server[] = [];
for (const input of named('input', 'source')) {
  const path = first(input, 'unix_path', 'path');
  const server = createServer(forward).on('error', (error) => say({ problem: error.message }));
  servers.push(server);
  if (path !== undefined) server.listen(path);
  else server.listen(Number(first(input, 'Port', 'port')), first(input, 'Listen', 'bind'));
}
/** Whoever stops it waits for what is on its way. */
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 500));

function forward(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let next = decodeFirst(rest); next !== undefined; next = decodeFirst(rest)) {
      rest = rest.subarray(next.length);
      const [tag, , record] = next.value as [string, unknown, Record<string, string>];
      route(tag, record);
    }
  });
}

function route(tag: string, record: Record<string, string>): void {
  const fields = { ...record };
  for (const filter of named('filter').filter((section) => matches(section, tag))) {
    const exclude = first(filter, 'Exclude', 'exclude')?.replace(/^log /, '');
    if (exclude !== undefined && new RegExp(exclude).test(fields['log'] ?? '')) return;
    for (const field of filter.options.get('Record') ?? filter.options.get('record') ?? []) {
      const [name = '', ...value] = field.split(' ');
      fields[name] = value.join(' ');
    }
  }
  const output = named('output', 'match').find((section) => matches(section, tag));
  if (output !== undefined) say({ routed: { tag, record: fields, output: first(output, 'Name', '@type') } });
}

function matches({ match }: Section, tag: string): boolean {
  return new RegExp(`^${match.replace(/\*+/g, '.*')}$`).test(tag);
}

/** `${NAME}` and `"#{ENV['NAME']}"`, from the environment. */
function resolved(value: string): string {
  return value.replace(/^\$\{(.*)\}$|^"#\{ENV\['(.*)'\]\}"$/, (_, bit?: string, daemon?: string) => process.env[bit ?? daemon ?? ''] ?? ''); // prettier-ignore
}

function bitSections(text: string): readonly Section[] {
  return text.split(/^\[/m).slice(1).map((part) => {
    const [head = '', ...lines] = part.split('\n');
    const options = optionsOf(lines);
    return { name: head.replace(']', ''), match: options.get('Match')?.[0] ?? '', options };
  }); // prettier-ignore
}

function daemonSections(text: string): readonly Section[] {
  return [...text.matchAll(/^<(\w+) ?([^>]*)>\n([\s\S]*?)^<\/\1>/gm)].map(([, name = '', match = '', body = '']) => {
    const options = new Map(optionsOf(body.split('\n')));
    const inner = (of: string): string | undefined => new RegExp(`<${of}>\\n([\\s\\S]*?)</${of}>`).exec(body)?.[1];
    const pattern = /^\s*pattern (.*)$/m.exec(inner('exclude') ?? '')?.[1];
    if (pattern !== undefined) options.set('exclude', [pattern]);
    const fields = inner('record')?.split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
    if (fields !== undefined) options.set('record', fields);
    return { name, match, options };
  });
}

function optionsOf(lines: readonly string[]): Map<string, string[]> {
  const options = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^\s+(\S+) (.*)$/.exec(line) ?? [];
    if (name !== '') options.set(name, [...(options.get(name) ?? []), value]);
  }
  return options;
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
