import type { EcsInput, TaskDefinition } from '../api/port.ts';
import { usageError } from '../errors.ts';

type Registration = EcsInput<'RegisterTaskDefinition'>;
type Tags = Registration['tags'];

export interface ImageChange {
  /** `undefined`: the one there is, or the one that is essential. */
  readonly container: string | undefined;
  readonly image: string;
}

/** `IMAGE`, or `CONTAINER=IMAGE`. */
export function parseImage(text: string): ImageChange {
  const [, container, image] = /^([A-Za-z0-9_-]{1,255})=(.+)$/.exec(text) ?? [];
  if (container !== undefined && image !== undefined) return { container, image };
  if (text === '' || /\s/.test(text))
    throw usageError(`--image ${text}: it is an image, such as shop:2, or CONTAINER=IMAGE.`);
  return { container: undefined, image: text };
}

/** The same definition with other images. Pure. @throws CliError when no container, or more than one, is meant */
export function withImages(definition: TaskDefinition, changes: readonly ImageChange[], tags: Tags): Registration {
  const containers = definition.containerDefinitions ?? [];
  const images = new Map<string, string>();
  for (const { container, image } of changes) {
    const name = container ?? onlyContainer(definition);
    if (!containers.some((one) => one.name === name))
      throw usageError(
        `--image ${name}=${image}: ${definition.family} has no container ${name}.`,
        `Its containers: ${containers.map((one) => one.name).join(', ')}.`,
      );
    images.set(name, image);
  }
  // What ECS adds by itself cannot be registered.
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _requires,
    compatibilities: _compatibilities,
    registeredAt: _at,
    registeredBy: _by,
    deregisteredAt: _gone,
    deleteRequestedAt: _deleted,
    family,
    ...rest
  } = definition as TaskDefinition & { readonly deleteRequestedAt?: Date };
  return {
    ...rest,
    family,
    containerDefinitions: containers.map((one) => ({ ...one, image: images.get(one.name ?? '') ?? one.image })),
    ...(tags === undefined || tags.length === 0 ? {} : { tags }),
  };
}

function onlyContainer({ family = '', containerDefinitions = [] }: TaskDefinition): string {
  const essential = containerDefinitions.filter((one) => one.essential !== false);
  const [only, more] = essential.length === 1 ? essential : containerDefinitions;
  if (only?.name !== undefined && more === undefined) return only.name;
  throw usageError(
    `--image: ${family} has several containers: ${containerDefinitions.map((one) => one.name).join(', ')}.`,
    'Say which one: --image CONTAINER=IMAGE.',
  );
}
