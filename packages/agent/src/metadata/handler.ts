import type { ContainerState } from '../engine/port.ts';
import { gpuIdsOf } from '../supervisor/gpus.ts';
import { containerOf } from '../supervisor/model.ts';
import type { HandlerPorts, MetadataAnswer, MetadataRequest } from './port.ts';
import { protection } from './protection.ts';
import { RequestRate } from './rate.ts';
import { Requesters, type Asked, type AskedContainer } from './requester.ts';
import { routeOf, type Route } from './routes.ts';
import { containerResponse, taskResponse } from './shapes.ts';
import { ContainerStats } from './stats.ts';
import { tagsOf } from './tags.ts';

type Of<K extends Route['kind']> = Extract<Route, { readonly kind: K }>;

/** Answers what containers ask, whatever carries it here: the stock agent's paths, shapes and errors (agent-protocol 7). */
export class MetadataHandler {
  readonly #requesters: Requesters;
  readonly #rate: RequestRate;
  readonly #stats: ContainerStats;

  constructor(ports: HandlerPorts) {
    this.#requesters = new Requesters(ports);
    this.#rate = new RequestRate(ports.clock);
    this.#stats = new ContainerStats(ports.clock);
  }

  async answer(request: MetadataRequest, signal: AbortSignal): Promise<MetadataAnswer> {
    if (!this.#rate.take(request.remoteAddress))
      return { status: 429, body: 'You have reached maximum request limit.' };
    const route = routeOf(request.url);
    if (route === undefined) return { status: 404, body: '404 page not found' };
    const allowed = route.kind === 'protection' ? ['GET', 'PUT'] : ['GET'];
    if (!allowed.includes(request.method)) return { status: 405, body: 'Method Not Allowed' };
    switch (route.kind) {
      case 'credentials':
        return this.#credentials(route, request);
      case 'protection':
        return this.#protection(route, request, signal);
      case 'task':
        return this.#task(route, request, signal);
      default:
        return this.#ofContainer(route, request);
    }
  }

  async #credentials({ id, version }: Of<'credentials'>, request: MetadataRequest): Promise<MetadataAnswer> {
    const fail = (status: number, code: string, text: string): MetadataAnswer => {
      return { status, body: { code, message: `CredentialsV${version}Request: ${text}`, HTTPErrorCode: status } };
    };
    if (id === '') return fail(400, 'NoIdInRequest', 'No ID in the request');
    const asked = await this.#requesters.credentials(id, request.remoteAddress);
    if (asked === undefined) return { ...fail(400, 'InvalidIdInRequest', 'Credentials not found'), unknownId: true };
    const held = asked.source.credentials.get(id);
    if (held === undefined) return fail(503, 'CredentialsUninitialized', 'Credentials uninitialized for ID');
    const { roleArn, accessKeyId, secretAccessKey, sessionToken, expiration } = held.credentials;
    return {
      status: 200,
      body: {
        RoleArn: roleArn,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: expiration,
      },
    };
  }

  async #protection({ id }: Of<'protection'>, request: MetadataRequest, signal: AbortSignal): Promise<MetadataAnswer> {
    const asked = await this.#requesters.container(id, request.remoteAddress);
    if (asked !== undefined) return protection(asked, request, signal);
    const error = { Arn: '', Code: 'ResourceNotFoundException', Message: 'Failed to find a task for the request' };
    return { status: 404, body: { error }, unknownId: true };
  }

  async #task(route: Of<'task'>, request: MetadataRequest, signal: AbortSignal): Promise<MetadataAnswer> {
    const asked = await this.#whose(route, request);
    if (asked === undefined) return nobody(route, request);
    const { source, view } = asked;
    const { cluster, availabilityZone } = source;
    const diskBytes = source.diskBytes?.(view.payload.arn);
    const response = taskResponse(route.version, view, {
      cluster,
      availabilityZone,
      diskBytes,
      states: await statesOf(asked),
    });
    return { status: 200, body: route.withTags ? { ...response, ...(await tagsOf(asked, signal)) } : response };
  }

  async #ofContainer(
    route: Of<'container' | 'container-stats' | 'task-stats' | 'associations'>,
    request: MetadataRequest,
  ): Promise<MetadataAnswer> {
    const asked = await this.#whose(route, request);
    if (asked === undefined) return nobody(route, request);
    if (route.kind === 'associations') return { status: 200, body: associations(asked, route.type) };
    if (route.kind === 'task-stats') return { status: 200, body: await this.#taskStats(asked, route.version) };
    const { source, view } = asked;
    const container = 'container' in asked ? asked.container : byDockerId(asked, route.id);
    const dockerId = container === undefined ? undefined : containerOf(view.model, container.name)?.dockerId;
    if (container === undefined || dockerId === undefined) return nobody(route, request);
    if (route.kind === 'container-stats')
      return { status: 200, body: await this.#stats.of(source.engine, dockerId, route.version) };
    const state = await source.engine.inspectContainer(dockerId).catch(() => undefined);
    if (state === undefined) return { status: 500, body: 'Unable to generate metadata for container' };
    return { status: 200, body: containerResponse(route.version, view, container, state) };
  }

  /** Version 2 goes by the address, the others by their id. */
  #whose(route: { readonly version: 2 | 3 | 4; readonly id: string }, { remoteAddress }: MetadataRequest) {
    const asked: Promise<Asked | AskedContainer | undefined> =
      route.version === 2
        ? Promise.resolve(this.#requesters.byAddress(remoteAddress))
        : this.#requesters.container(route.id, remoteAddress);
    return asked;
  }

  async #taskStats({ source, view }: Asked, version: 2 | 3 | 4): Promise<unknown> {
    const all = view.model.containers.flatMap(({ dockerId }) => (dockerId === undefined ? [] : [dockerId]));
    const stats = all.map(async (id) => [id, await this.#stats.of(source.engine, id, version)] as const);
    return Object.fromEntries(await Promise.all(stats));
  }
}

/** Names of what the container was given; GPUs are the one kind there is. */
function associations(asked: Asked | AskedContainer, type: string): unknown {
  const names = type === 'gpu' && 'container' in asked ? gpuIdsOf(asked.view.payload, asked.container.name) : [];
  return { Associations: names.length === 0 ? null : names };
}

function byDockerId({ view }: Asked, dockerId: string) {
  const model = view.model.containers.find((container) => container.dockerId === dockerId);
  return view.payload.containers.find(({ name }) => name === model?.name);
}

async function statesOf({ source, view }: Asked): Promise<ReadonlyMap<string, ContainerState>> {
  const found = view.model.containers.map(async ({ name, dockerId }) => {
    const state =
      dockerId === undefined ? undefined : await source.engine.inspectContainer(dockerId).catch(() => undefined);
    return state === undefined ? [] : [[name, state] as const];
  });
  return new Map((await Promise.all(found)).flat());
}

/** The stock agent's words, near enough: a JSON text. */
function nobody(route: { readonly version: 2 | 3 | 4; readonly id: string }, request: MetadataRequest): MetadataAnswer {
  if (route.version === 2) {
    const text = `Unable to get task arn from request: unable to associate '${request.remoteAddress}' with a task`;
    return { status: 400, body: text };
  }
  const text = `V${route.version} container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: ${route.id}`;
  return { status: 404, body: text, unknownId: true };
}
