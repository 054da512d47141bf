import type { ServiceModel } from '@gantry/protocol/codec/model.ts';

/** The model as JSON with one operation, error or shape a line, so that a diff shows what AWS added. */
export function modelText(model: ServiceModel): string {
  const { operations, errors, shapes, ...head } = model;
  const lines = Object.entries(head).map(([key, value]) => `"${key}":${JSON.stringify(value)},`);
  const table = (name: string, record: Readonly<Record<string, unknown>>): string =>
    `"${name}":{\n${Object.entries(record)
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      .join(',\n')}\n}`;
  const tables = [table('operations', operations), table('errors', errors), table('shapes', shapes)];
  return `{\n${lines.join('\n')}\n${tables.join(',\n')}\n}\n`;
}

/** `ecs-types.ts`: the operations with the SDK's own types, which cost nothing at run time. */
export function typesText(model: ServiceModel, client: string): string {
  const io = Object.entries(model.operations);
  const names = new Set(io.flatMap(([, { input, output }]) => [input, output]).filter((name) => name !== undefined));
  const nothing = 'Record<string, never>';
  const interfaceName = `${model.service.charAt(0).toUpperCase()}${model.service.slice(1)}Operations`;
  return [
    '// Written by tools/model/generate.ts: do not edit.',
    'import type {',
    ...[...names].toSorted().map((name) => `  ${name},`),
    `} from '${client}';`,
    '',
    `/** Every operation of ${model.service} (API ${model.apiVersion}) with the shapes of its input and output. */`,
    `export interface ${interfaceName} {`,
    ...io.map(
      ([name, { input, output }]) => `  ${name}: { input: ${input ?? nothing}; output: ${output ?? nothing} };`,
    ),
    '}',
    '',
  ].join('\n');
}
