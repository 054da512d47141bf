import type { Attribute, Instance } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { Registration } from './registration.ts';

/** A kernel update moves the machine's total a little; that is the same machine. */
const MEMORY_TOLERANCE = 0.02;
/** What a machine cannot change without being another one. */
const FIXED = ['ecs.availability-zone', 'ecs.os-type', 'ecs.os-family', 'ecs.cpu-architecture'];
const CAPABILITY = /^(com\.amazonaws\.)?ecs\.capability\./;

/**
 * An instance after its agent registered it again (ecs-semantics 6.6): identity, status, tags and custom attributes
 * stay; capabilities are the agent's newest.
 * @throws ServiceError when it is not the same machine any more: final for the agent, it has to register anew.
 */
export function registerAgain(instance: Instance, registration: Registration): Instance {
  if (instance.status === 'INACTIVE') {
    throw invalidParameter(
      `Container instance ${instance.containerInstanceArn} is INACTIVE: it was deregistered. ${ANEW}`,
    );
  }
  refuseAnotherMachine(instance, registration);
  return {
    ...instance,
    registered: registration.resources,
    attributes: mergeAttributes(instance.attributes, registration.attributes),
    maxEnis: registration.maxEnis,
  };
}

const ANEW = "Remove the agent's checkpoint to register it as a new container instance.";

function refuseAnotherMachine(instance: Instance, registration: Registration): void {
  const arn = instance.containerInstanceArn;
  const typeBefore = valueOf(instance.attributes, 'ecs.instance-type');
  if (registration.instanceType !== undefined && typeBefore !== undefined && registration.instanceType !== typeBefore) {
    // The stock agent looks for these very words.
    throw clientException(
      `Container instance type changes are not supported. Container instance ${arn} was previously registered as ${typeBefore}. ${ANEW}`,
    );
  }
  if (registration.pool !== instance.pool) {
    throw invalidParameter(`Container instance ${arn} cannot move to another pool. ${ANEW}`);
  }
  const { cpuUnits, memoryMiB } = registration.resources;
  const before = instance.registered;
  if (cpuUnits !== before.cpuUnits || Math.abs(memoryMiB - before.memoryMiB) > before.memoryMiB * MEMORY_TOLERANCE) {
    throw invalidParameter(
      `Container instance ${arn} was registered with CPU ${before.cpuUnits} and MEMORY ${before.memoryMiB}, ` +
        `now it has ${cpuUnits} and ${memoryMiB}. ${ANEW}`,
    );
  }
  for (const name of FIXED) {
    const was = valueOf(instance.attributes, name);
    const is = valueOf(registration.attributes, name);
    if (was !== undefined && is !== undefined && was !== is) {
      throw invalidParameter(`Container instance ${arn} was registered with ${name} ${was}, now it is ${is}. ${ANEW}`);
    }
  }
}

/** Custom attributes are not sent again, so they stay; a capability that is not sent any more is gone. */
function mergeAttributes(before: readonly Attribute[], sent: readonly Attribute[]): readonly Attribute[] {
  const names = new Set(sent.map(({ name }) => name));
  const kept = before.filter(({ name = '' }) => !names.has(name) && !CAPABILITY.test(name));
  return [...kept, ...sent];
}

function valueOf(attributes: readonly Attribute[], name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}
