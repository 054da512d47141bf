import { outputKey, secretVariable, type FirelensPlan, type RoutedContainer } from './plan.ts';

/** In the router. */
const SOCKET = '/var/run/fluent.sock';
const PORT = '24224';
/** Fluent Bit's input for health checks: what comes there goes nowhere. */
const HEALTH_PORT = '8877';
const HEALTH_TAG = 'firelens-healthcheck';
/** What Fluent Bit holds of its input in memory when its container has no limit; else half of that. */
const DEFAULT_BUFFER_MIB = 25;

type Options = readonly (readonly [name: string, value: string])[];

/** The text of the router's configuration file, as the stock agent writes it. Pure. */
export function routerConfig(plan: FirelensPlan): string {
  const sections = plan.type === 'fluentd' ? fluentd(plan) : fluentBit(plan);
  return `${sections.join('\n\n')}\n`;
}

function fluentBit(plan: FirelensPlan): readonly string[] {
  const { metadata, include, routed } = plan;
  const bufferMiB = plan.routerMemoryMiB > 0 ? Math.max(1, Math.trunc(plan.routerMemoryMiB / 2)) : DEFAULT_BUFFER_MIB;
  const listen = listenAddress(plan);
  return [
    bitSection('INPUT', [
      ['Name', 'forward'],
      ['Mem_Buf_Limit', `${bufferMiB}MB`],
      ['unix_path', SOCKET],
    ]),
    ...(listen === undefined
      ? []
      : [
          bitSection('INPUT', [
            ['Name', 'forward'],
            ['Listen', listen],
            ['Port', PORT],
          ]),
        ]),
    bitSection('INPUT', [
      ['Name', 'tcp'],
      ['Tag', HEALTH_TAG],
      ['Listen', '127.0.0.1'],
      ['Port', HEALTH_PORT],
    ]),
    ...routed.flatMap((container) =>
      patterns(container).map(([kind, pattern]) =>
        bitSection('FILTER', [
          ['Name', 'grep'],
          ['Match', `${container.name}-firelens*`],
          [kind === 'include' ? 'Regex' : 'Exclude', `log ${pattern}`],
        ]),
      ),
    ),
    ...(metadata.length === 0
      ? []
      : [
          bitSection('FILTER', [
            ['Name', 'record_modifier'],
            ['Match', '*'],
            ...metadata.map(([name, value]) => ['Record', `${name} ${value}`] as const),
          ]),
        ]),
    ...(include === undefined ? [] : [`@INCLUDE ${include}`]),
    bitSection('OUTPUT', [
      ['Name', 'null'],
      ['Match', HEALTH_TAG],
    ]),
    ...routed.flatMap((container) => {
      const output = outputOf(container, plan.type);
      if (output === undefined) return [];
      const head: Options = [
        ['Name', output.plugin],
        ['Match', `${container.name}-firelens*`],
      ];
      return [bitSection('OUTPUT', [...head, ...output.options])];
    }),
  ];
}

function fluentd(plan: FirelensPlan): readonly string[] {
  const { metadata, include, routed } = plan;
  const listen = listenAddress(plan);
  return [
    block('source', '', lines([['@type', 'unix'], ['path', SOCKET]])), // prettier-ignore
    ...(listen === undefined
      ? []
      : [block('source', '', lines([['@type', 'forward'], ['bind', listen], ['port', PORT]]))]), // prettier-ignore
    ...routed.flatMap((container) =>
      patterns(container).map(([kind, pattern]) => {
        const inner = block(kind === 'include' ? 'regexp' : 'exclude', '', lines([['key', 'log'], ['pattern', pattern]])); // prettier-ignore
        return block('filter', ` ${container.name}-firelens**`, `@type grep\n${inner}`);
      }),
    ),
    ...(metadata.length === 0
      ? []
      : [block('filter', ' **', `@type record_transformer\n${block('record', '', lines(metadata))}`)]),
    ...(include === undefined ? [] : [`@include ${include}`]),
    ...routed.flatMap((container) => {
      const output = outputOf(container, plan.type);
      if (output === undefined) return [];
      return [block('match', ` ${container.name}-firelens**`, lines([['@type', output.plugin], ...output.options]))];
    }),
  ];
}

/** Where others than the engine may send: the task's other containers. `undefined`: nobody, the port would be the host's. */
function listenAddress({ networkMode }: FirelensPlan): string | undefined {
  return networkMode === 'bridge' ? '0.0.0.0' : networkMode === 'awsvpc' ? '127.0.0.1' : undefined;
}

function patterns({ options }: RoutedContainer): readonly (readonly ['include' | 'exclude', string])[] {
  return (['include', 'exclude'] as const).flatMap((kind) => {
    const pattern = options[`${kind}-pattern`];
    return pattern === undefined ? [] : [[kind, pattern] as const];
  });
}

/** The options in order of their names; a secret by the variable of the router that holds it. */
function outputOf(
  { options, secrets, index }: RoutedContainer,
  type: FirelensPlan['type'],
): { readonly plugin: string; readonly options: Options } | undefined {
  const all = new Map(Object.entries(options));
  for (const name of secrets) all.set(name, placeholder(secretVariable(name, index), type));
  const key = outputKey(type);
  const plugin = all.get(key);
  if (plugin === undefined) return undefined;
  const rest = [...all].filter(([name]) => ![key, 'include-pattern', 'exclude-pattern'].includes(name));
  return { plugin, options: rest.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

function placeholder(variable: string, type: FirelensPlan['type']): string {
  return type === 'fluentd' ? `"#{ENV['${variable}']}"` : `\${${variable}}`;
}

function bitSection(name: string, options: Options): string {
  return `[${name}]\n${indented(lines(options))}`;
}

function block(name: string, argument: string, content: string): string {
  return `<${name}${argument}>\n${indented(content)}\n</${name}>`;
}

function lines(options: Options): string {
  return options.map(([name, value]) => `${name} ${value}`).join('\n');
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}
