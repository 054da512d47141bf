import { hash } from 'node:crypto';
import type { SsmOperations } from '@gantry/protocol';
import { publicArn } from './names.ts';

type WireParameter = NonNullable<SsmOperations['GetParameter']['output']['Parameter']>;

const LINUX = '/aws/service/ecs/optimized-ami';
const WINDOWS = '/aws/service/ami-windows-latest';

/** ECS's documented tree: operating system → variants below it (`''`: the system itself). */
const LINUX_IMAGES: Readonly<Record<string, readonly string[]>> = {
  'amazon-linux-2023': ['', 'arm64', 'neuron', 'gpu'],
  'amazon-linux-2': [
    '',
    'arm64',
    'gpu',
    'inf',
    'kernel-5.10',
    'kernel-5.10/arm64',
    'kernel-5.10/gpu',
    'kernel-5.10/inf',
  ],
  'amazon-linux': [''],
};
const OS_NAMES: Readonly<Record<string, string>> = {
  'amazon-linux-2023': 'Amazon Linux 2023',
  'amazon-linux-2': 'Amazon Linux 2',
  'amazon-linux': 'Amazon Linux',
};
const WINDOWS_IMAGES = [
  '2016-English-Full',
  '2019-English-Full',
  '2019-English-Core',
  '2022-English-Full',
  '2022-English-Core',
  '2025-English-Full',
  '2025-English-Core',
];
const BOTTLEROCKET = '/aws/service/bottlerocket';
const BOTTLEROCKET_IMAGES = ['aws-ecs-1', 'aws-ecs-1-nvidia', 'aws-ecs-2', 'aws-ecs-2-nvidia'];
const ARCHITECTURES = ['arm64', 'x86_64'];

/** What names and versions say of themselves. */
const NO_IMAGES = 'gantry-has-no-images';
/** They do not change. */
const VERSION = 1;
const SINCE = new Date(Date.UTC(2026, 0, 1));

/** Name → value in a region; sorted by name. */
type Values = ReadonlyMap<string, string>;
const byRegion = new Map<string, Values>();

/** The public parameter of that name. */
export function publicParameter(region: string, name: string): WireParameter | undefined {
  const value = valuesIn(region).get(name);
  return value === undefined ? undefined : wireParameter(region, name, value);
}

/** Every public parameter whose name begins with the path, by name. */
export function publicParametersBelow(region: string, path: string): readonly WireParameter[] {
  return [...valuesIn(region)]
    .filter(([name]) => name.startsWith(path))
    .map(([name, value]) => wireParameter(region, name, value));
}

function valuesIn(region: string): Values {
  const known = byRegion.get(region);
  if (known !== undefined) return known;
  const all: [string, string][] = [];
  for (const [os, variants] of Object.entries(LINUX_IMAGES))
    for (const variant of variants) {
      const path = `${LINUX}/${os}${variant === '' ? '' : `/${variant}`}/recommended`;
      all.push(
        ...image(region, path, `${os}${variant === '' ? '' : `-${variant.replaceAll('/', '-')}`}`, OS_NAMES[os]),
      );
    }
  for (const variant of WINDOWS_IMAGES) {
    const name = `Windows_Server-${variant}-ECS_Optimized`;
    all.push(...image(region, `${WINDOWS}/${name}`, name));
  }
  for (const variant of BOTTLEROCKET_IMAGES)
    for (const architecture of ARCHITECTURES) {
      const path = `${BOTTLEROCKET}/${variant}/${architecture}/latest`;
      all.push([`${path}/image_id`, imageId(region, path)], [`${path}/image_version`, NO_IMAGES]);
    }
  const values = new Map(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  // Regions are what callers name: a few are remembered, not every one somebody makes up.
  if (byRegion.size >= 64) byRegion.clear();
  byRegion.set(region, values);
  return values;
}

/**
 * An image's parameter and those of its members. Gantry has no machine images: the values have the shape that tools look
 * for, and say in words that nothing is behind them. The id is the same for an image in a region for ever.
 */
function image(region: string, path: string, imageName: string, os?: string): [string, string][] {
  const members: Record<string, string | number> = {
    ...(os === undefined ? {} : { schema_version: 1 }),
    image_name: `${NO_IMAGES}/${imageName}`,
    image_id: imageId(region, path),
    ...(os === undefined ? {} : { os }),
    ecs_runtime_version: "the host's Docker Engine",
    ecs_agent_version: "Gantry's own agent",
    ...(os === undefined ? {} : { source_image_name: `${NO_IMAGES}/${imageName}` }),
  };
  const each = Object.entries(members).map(([member, value]): [string, string] => [`${path}/${member}`, String(value)]);
  return [[path, JSON.stringify(members)], ...each];
}

function imageId(region: string, path: string): string {
  return `ami-${hash('sha256', `${region}/${path}`).slice(0, 17)}`;
}

function wireParameter(region: string, name: string, value: string): WireParameter {
  return {
    Name: name,
    Type: 'String',
    Value: value,
    Version: VERSION,
    LastModifiedDate: SINCE,
    ARN: publicArn(region, name),
    DataType: name.endsWith('/image_id') ? 'aws:ec2:image' : 'text',
  };
}
