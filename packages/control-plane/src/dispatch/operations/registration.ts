import type { Attribute, InstanceResources, Tag } from '@gantry/domain';
import { invalidParameter, type EcsOperations } from '@gantry/protocol';

/** The public model lacks `clientToken`; agents send it (agent-protocol 2). */
export type RegisterInput = EcsOperations['RegisterContainerInstance']['input'] & {
  readonly clientToken?: string | undefined;
};

/** What an agent says about its machine, checked. */
export interface Registration {
  readonly resources: InstanceResources;
  readonly attributes: readonly Attribute[];
  readonly availabilityZone: string;
  readonly ec2InstanceId?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly maxEnis: number;
  readonly pool: 'ec2' | 'fargate';
  readonly tags: readonly Tag[];
}

export const POOL_ATTRIBUTE = 'gantry.pool';
const MAX_ENIS_ATTRIBUTE = 'gantry.max-enis';
/** Our own network has no limit of its own; the subnets have. */
const MANY_ENIS = 1000;

/**
 * Reads a registration. Agents take InvalidParameterException as final (exit 5), so each text says the way out.
 * @param defaults.availabilityZone for machines that name none.
 */
export function readRegistration(input: RegisterInput, defaults: { readonly availabilityZone: string }): Registration {
  const identity = readIdentity(input.instanceIdentityDocument);
  const sent = readAttributes(input.attributes ?? []);
  const availabilityZone = sent.get('ecs.availability-zone') || identity.availabilityZone || defaults.availabilityZone;
  const added: readonly (readonly [string, string | undefined])[] = [
    ['ecs.availability-zone', availabilityZone],
    ['ecs.instance-type', identity.instanceType],
    ['ecs.ami-id', identity.imageId],
    ['ecs.os-type', 'linux'],
  ];
  // What was sent is echoed to the letter, or the agent gives up; only what is missing is added.
  for (const [name, value] of added) if (value !== undefined && !sent.has(name)) sent.set(name, value);
  return {
    resources: readResources(input),
    attributes: [...sent].map(([name, value]) => (value === undefined ? { name } : { name, value })),
    availabilityZone,
    ec2InstanceId: identity.instanceId,
    instanceType: sent.get('ecs.instance-type'),
    maxEnis: maxEnisOf(sent),
    pool: sent.get(POOL_ATTRIBUTE) === 'fargate' ? 'fargate' : 'ec2',
    tags: (input.tags ?? []).map(({ key, value }) => ({ key, value })),
  };
}

interface Identity {
  readonly instanceId?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly imageId?: string | undefined;
  readonly availabilityZone?: string | undefined;
}

/** Empty in external mode. Its signature is Amazon's and cannot be checked by anyone else. */
function readIdentity(document: string | undefined): Identity {
  if (document === undefined || document === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) {
    throw invalidParameter(
      'instanceIdentityDocument is not a JSON object. Send the instance metadata service’s document, or none.',
    );
  }
  const member = (name: string): string | undefined => {
    const found = (value as Readonly<Record<string, unknown>>)[name];
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  return {
    instanceId: member('instanceId'),
    instanceType: member('instanceType'),
    imageId: member('imageId'),
    availabilityZone: member('availabilityZone'),
  };
}

function readAttributes(attributes: readonly Attribute[]): Map<string, string | undefined> {
  const read = new Map<string, string | undefined>();
  for (const { name, value } of attributes) {
    if (name === undefined || name === '') throw invalidParameter('An attribute has no name.');
    read.set(name, value);
  }
  return read;
}

function maxEnisOf(attributes: ReadonlyMap<string, string | undefined>): number {
  const given = attributes.get(MAX_ENIS_ATTRIBUTE);
  if (given !== undefined && /^[0-9]{1,5}$/.test(given)) return Number(given);
  // The stock agent waits for a physical network card; ours, which names its pool, makes the interfaces itself.
  const makesThem = attributes.has('ecs.capability.task-eni') && attributes.has(POOL_ATTRIBUTE);
  return makesThem ? MANY_ENIS : 0;
}

function readResources(input: RegisterInput): InstanceResources {
  const named = (name: string) => (input.totalResources ?? []).find((resource) => resource.name === name);
  const amount = (name: string): number => {
    const value = named(name)?.integerValue;
    if (value === undefined || !Number.isInteger(value) || value <= 0) {
      throw invalidParameter(`totalResources must hold ${name} as a positive INTEGER.`);
    }
    return value;
  };
  const ports = (name: string): readonly number[] =>
    (named(name)?.stringSetValue ?? []).map((text) => {
      if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535) {
        throw invalidParameter(`totalResources ${name} holds "${text.slice(0, 16)}", which is not a port.`);
      }
      return Number(text);
    });
  return {
    cpuUnits: amount('CPU'),
    memoryMiB: amount('MEMORY'),
    tcpPorts: ports('PORTS'),
    udpPorts: ports('PORTS_UDP'),
    gpuIds: (input.platformDevices ?? []).flatMap(({ id, type }) => (type === 'GPU' && id ? [id] : [])),
  };
}
