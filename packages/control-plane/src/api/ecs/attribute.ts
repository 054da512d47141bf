import { instanceKey } from '../../state/keys.ts';
import type { Attribute, Instance, Scope } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { Attribute as WireAttribute } from '@aws-sdk/client-ecs';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { activeCluster, keyOfCluster, readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { HUNDRED, pageOfList, pagesOf } from './common/paging.ts';
import { namedInstance } from './container-instance/find.ts';

const MAX_PER_CALL = 10;
const MAX_CUSTOM = 10;
const NAME = /^[A-Za-z0-9_.\-/\\]{1,128}$/;
const VALUE = /^[A-Za-z0-9_.\-/\\@:]([A-Za-z0-9_.\-/\\@: ]{0,126}[A-Za-z0-9_.\-/\\@:])?$/;
/** Said by agents, never by users: a made-up capability would bring tasks onto an instance that can not run them. */
const BUILT_IN = /^(com\.amazonaws\.)?ecs\.|^gantry\./;

type Operations = 'PutAttributes' | 'DeleteAttributes' | 'ListAttributes';

/** Attributes of container instances (ecs-semantics 1.10, 4.6). */
export function attributeHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  return {
    PutAttributes: async ({ cluster, attributes }, { scope, caller }) => {
      const given = checkCall(attributes);
      for (const attribute of given) checkAttribute(attribute);
      return state.transact((tx) => {
        const { clusterName } = activeCluster(tx.tables, scope, cluster);
        return { attributes: given.map((attribute) => put(tx, scope, clusterName, attribute, caller.principalArn)) };
      });
    },

    DeleteAttributes: async ({ cluster, attributes }, { scope, caller }) => {
      const given = checkCall(attributes);
      return state.transact((tx) => {
        const { clusterName } = activeCluster(tx.tables, scope, cluster);
        return { attributes: given.flatMap((one) => remove(tx, scope, clusterName, one, caller.principalArn)) };
      });
    },

    ListAttributes: async (input, { scope }) => {
      const { clusterName } = readableCluster(state.tables, scope, input.cluster);
      const { attributeName, attributeValue } = input;
      if (attributeValue !== undefined && attributeName === undefined) {
        throw invalidParameter('An attributeValue filter needs an attributeName as well.');
      }
      const instances = state.tables.instances.by('cluster', keyOfCluster(scope, clusterName));
      const all = instances
        .filter((instance) => instance.status !== 'INACTIVE')
        .flatMap((instance) => [...instance.attributes].sort(byName).map((attribute) => describe(instance, attribute)))
        .filter(({ name }) => attributeName === undefined || name === attributeName)
        .filter(({ value }) => attributeValue === undefined || value === attributeValue);
      const { items, nextToken } = pageOfList(
        all,
        input,
        pagesOf('ListAttributes', HUNDRED),
        (one) => `${one.targetId}\n${one.name}`,
      );
      return { attributes: wireList(items), nextToken };
    },
  };
}

function byName(a: Attribute, b: Attribute): number {
  const [left, right] = [a.name ?? '', b.name ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}

function describe(instance: Instance, { name, value }: Attribute): WireAttribute {
  return { name, value, targetType: 'container-instance', targetId: instance.containerInstanceArn };
}

function checkCall(attributes: readonly WireAttribute[] | undefined): readonly WireAttribute[] {
  if (attributes === undefined || attributes.length === 0) throw invalidParameter('Attributes can not be empty.');
  if (attributes.length > MAX_PER_CALL) throw invalidParameter(`At most ${MAX_PER_CALL} attributes per call.`);
  for (const { targetId, targetType } of attributes) {
    if (targetId === undefined || targetId === '') throw invalidParameter('targetId can not be empty.');
    if (targetType === undefined && !targetId.startsWith('arn:')) {
      throw invalidParameter('targetType is required when targetId is not an ARN: give container-instance.');
    }
  }
  return attributes;
}

function checkAttribute({ name, value }: WireAttribute): void {
  if (name === undefined || !NAME.test(name)) {
    throw invalidParameter(`Invalid attribute name '${name ?? ''}': 1 to 128 letters, numbers or _.-/\\.`);
  }
  if (BUILT_IN.test(name)) {
    throw invalidParameter(`The attribute name '${name}' is reserved for what agents report. Choose another name.`);
  }
  if (value !== undefined && value !== '' && !VALUE.test(value)) {
    throw invalidParameter(
      `Invalid value of attribute '${name}': up to 128 letters, numbers, inner spaces or _.-/\\@:.`,
    );
  }
}

function target(tx: Tx, scope: Scope, cluster: string, { targetId }: WireAttribute): Instance {
  const { instance } = namedInstance(tx.tables, scope, cluster, targetId as string);
  if (instance === undefined || instance.status === 'INACTIVE') {
    throw new ServiceError('TargetNotFoundException', `Could not find ${targetId}`);
  }
  return instance;
}

function put(tx: Tx, scope: Scope, cluster: string, attribute: WireAttribute, by: string): WireAttribute {
  const instance = target(tx, scope, cluster, attribute);
  const { name = '', value } = attribute;
  const attributes = [...instance.attributes.filter((one) => one.name !== name), { name, value: value || undefined }];
  const custom = attributes.filter((one) => !BUILT_IN.test(one.name ?? ''));
  if (custom.length > MAX_CUSTOM) {
    throw new ServiceError(
      'AttributeLimitExceededException',
      `Container instance ${instance.id} would have ${custom.length} custom attributes; ${MAX_CUSTOM} are allowed.`,
    );
  }
  store(tx, instance, attributes, `The attribute ${name} was set to '${value ?? ''}'.`, by);
  return describe(instance, attribute);
}

function remove(tx: Tx, scope: Scope, cluster: string, attribute: WireAttribute, by: string): WireAttribute[] {
  const instance = target(tx, scope, cluster, attribute);
  const { name = '', value } = attribute;
  if (BUILT_IN.test(name)) throw invalidParameter(`The attribute '${name}' is reported by the agent and stays.`);
  const found = instance.attributes.find((one) => one.name === name && (value === undefined || one.value === value));
  if (found === undefined) return [];
  store(
    tx,
    instance,
    instance.attributes.filter((one) => one !== found),
    `The attribute ${name} was deleted.`,
    by,
  );
  return [describe(instance, found)];
}

function store(tx: Tx, instance: Instance, attributes: readonly Attribute[], text: string, by: string): void {
  tx.put(tx.tables.instances, instanceKey(instance), { ...instance, attributes, version: instance.version + 1 });
  tx.event({
    subject: instance.containerInstanceArn,
    type: 'instance.attributesChanged',
    because: 'user-request',
    text,
    by,
  });
}
