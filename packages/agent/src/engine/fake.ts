import { createHash } from 'node:crypto';
import type { Clock } from '@gantry/domain';
import { AsyncQueue } from './async-queue.ts';
import type { ExecProcess, ExecSpec } from './exec-port.ts';
import { FakeContainer } from './fake-container.ts';
import { fakeExec } from './fake-exec.ts';
import { givePorts, whyNotStart } from './fake-start.ts';
import { carries, FAKE_ENGINE_INFO, viewSpec, type FakeImage } from './fake-script.ts';
import { Faults, type FaultOptions } from './faults.ts';
import { EngineError } from './port.ts';
import type { ContainerSpec, ContainerState, Engine, EngineEvent, EngineInfo, ImageInfo, LogLine } from './port.ts';

export type { FakeExit, FakeImage } from './fake-script.ts';

/** The calls that can be told to fail; the streams fail when they are opened. */
export type EngineCall = keyof Engine;

export interface FakeEngineOptions {
  readonly clock: Clock;
  /** Images by reference. `*` is the script of every image not named; without it others are unknown. */
  readonly images?: Readonly<Record<string, FakeImage>>;
  readonly info?: Partial<EngineInfo>;
  /** Container ids are hashes of this and a counter: two engines in one world need two names. */
  readonly name?: string;
  /** How long a call takes before it does anything. Default 0. */
  readonly latencyMs?: (call: EngineCall) => number;
  /**
   * What becomes of an event on its way to those who listen: after how many milliseconds it arrives, each time it does.
   * `[]`: it is lost. Default `[0]`. What the engine remembers is not touched.
   */
  readonly eventFate?: (event: EngineEvent) => readonly number[];
}

/** As many events as Docker itself remembers for `since`. */
const EVENTS_KEPT = 256;

/**
 * The engine in memory. It keeps the port's contract and follows scripts by a clock; its state belongs to the
 * "machine": a new agent on the same FakeEngine finds its containers again.
 */
export class FakeEngine implements Engine {
  readonly calls: { readonly call: EngineCall; readonly args: readonly unknown[]; readonly atMs: number }[] = [];
  readonly #clock: Clock;
  readonly #options: FakeEngineOptions;
  readonly #images = new Map<string, FakeImage>();
  readonly #present = new Set<string>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #volumes = new Map<string, Readonly<Record<string, string>>>();
  readonly #faults = new Faults<EngineCall>();
  readonly #history: EngineEvent[] = [];
  readonly #watchers = new Set<AsyncQueue<EngineEvent>>();
  #made = 0;
  #started = 0;
  #down = false;

  constructor(options: FakeEngineOptions) {
    this.#options = options;
    this.#clock = options.clock;
    for (const [reference, image] of Object.entries(options.images ?? {})) this.setImage(reference, image);
  }

  setImage(reference: string, image: FakeImage): void {
    this.#images.set(reference, image);
    if (image.present !== false) this.#present.add(reference);
    else this.#present.delete(reference);
  }

  /** The next call of this kind fails. `afterEffect`: it does its work and only the answer is lost. */
  failNext(call: EngineCall, error: Error, options?: FaultOptions): void {
    this.#faults.order(call, error, options);
  }

  /** The process ends by itself. Id or name. */
  crash(container: string, exitCode = 1, options: { oomKilled?: boolean } = {}): void {
    this.#get(container).die(exitCode, options.oomKilled);
  }

  /** SIGKILL from outside. */
  kill(container: string): void {
    this.#get(container).die(137);
  }

  setHealth(container: string, health: 'healthy' | 'unhealthy'): void {
    this.#get(container).setHealth(health);
  }

  writeLine(container: string, text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.#get(container).write(stream, text);
  }

  /** Somebody removes the container behind the agent's back. */
  vanish(container: string): void {
    this.#remove(this.#get(container));
  }

  /** The engine dies: streams break, every call is refused. Its containers die with it unless `keepContainers`. */
  goDown(options: { keepContainers?: boolean } = {}): void {
    this.#down = true;
    this.breakEvents();
    for (const container of this.#containers.values()) {
      container.breakReaders(connectionClosed());
      if (options.keepContainers !== true) container.die(137);
    }
    // An engine forgets its events when it ends: the one who comes back must look for itself.
    this.#history.length = 0;
  }

  /** The event streams break; the engine lives and remembers what happened. */
  breakEvents(): void {
    for (const watcher of this.#watchers) watcher.fail(connectionClosed());
    this.#watchers.clear();
  }

  comeUp(): void {
    this.#down = false;
  }

  restart(options: { keepContainers?: boolean } = {}): void {
    this.goDown(options);
    this.comeUp();
  }

  /** Everything there is, oldest first, without a recorded call. */
  containers(): readonly ContainerState[] {
    return [...this.#containers.values()].map((container) => container.state());
  }

  /** Names of all volumes there are, without a recorded call. */
  volumes(): readonly string[] {
    return [...this.#volumes.keys()];
  }

  /** The create body of a container. Id or name. */
  spec(container: string): ContainerSpec {
    return this.#get(container).spec;
  }

  ping(): Promise<EngineInfo> {
    return this.#run('ping', [], () => ({ ...FAKE_ENGINE_INFO, ...this.#options.info }));
  }

  inspectImage(reference: string): Promise<ImageInfo | undefined> {
    return this.#run('inspectImage', [reference], () => {
      if (!this.#present.has(reference) && !(this.#images.has('*') && !this.#images.has(reference))) return undefined;
      const script = this.#script(reference);
      return { id: script?.id ?? `sha256:${hash(`image ${reference}`)}`, repoDigest: script?.repoDigest };
    });
  }

  async pullImage(reference: string, options: Parameters<Engine['pullImage']>[1]): Promise<void> {
    await this.#run('pullImage', [reference, options.login], () => undefined);
    const script = this.#script(reference);
    if (script === undefined) {
      throw new EngineError('not-found', `pull access denied for ${reference}, repository does not exist`);
    }
    if (script.pullMs !== undefined) await this.#clock.sleep(script.pullMs, options.signal);
    options.signal?.throwIfAborted();
    if (this.#down) throw unreachable();
    const { password } = script;
    if (password !== undefined && options.login?.password !== password) {
      const message =
        options.login === undefined ? 'no basic auth credentials' : 'unauthorized: authentication required';
      throw new EngineError('bad-request', message);
    }
    if (script.pullFails !== undefined) throw new EngineError('failed', script.pullFails);
    this.#present.add(reference);
  }

  removeImage(reference: string): Promise<void> {
    return this.#run('removeImage', [reference], () => {
      const using = [...this.#containers.values()].some(({ spec }) => spec['Image'] === reference);
      if (using) throw new EngineError('conflict', `unable to remove repository reference "${reference}"`);
      this.#present.delete(reference);
    });
  }

  createContainer(name: string, spec: ContainerSpec): Promise<{ readonly id: string }> {
    return this.#run('createContainer', [name, spec], () => {
      const view = viewSpec(spec);
      const image = this.#script(view.image);
      const here = this.#present.has(view.image) || (this.#images.has('*') && !this.#images.has(view.image));
      if (image === undefined || !here) throw new EngineError('not-found', `No such image: ${view.image}`);
      const other = this.#find(name);
      if (other !== undefined) {
        const message = `Conflict. The container name "/${name}" is already in use by container "${other.id}".`;
        throw new EngineError('conflict', message);
      }
      if (image.createFails !== undefined) throw new EngineError('bad-request', image.createFails);
      this.#made += 1;
      const id = hash(`${this.#options.name ?? 'engine'} ${this.#made}`);
      const at = { clock: this.#clock, emit: (event: EngineEvent) => this.#emit(event) };
      this.#containers.set(id, new FakeContainer(at, { id, name, spec, view, image }));
      for (const volume of view.volumes) if (!this.#volumes.has(volume)) this.#volumes.set(volume, {});
      return { id };
    });
  }

  startContainer(id: string): Promise<void> {
    return this.#run('startContainer', [id], () => {
      const container = this.#get(id);
      if (container.running) return;
      const all = [...this.#containers.values()];
      const refused = whyNotStart(container, this.#script(container.view.image), all);
      if (refused !== undefined) {
        container.refuseStart(refused.message);
        throw refused;
      }
      this.#started += 1;
      container.start(1000 + this.#started, givePorts(container, all));
    });
  }

  async stopContainer(id: string, options: { readonly timeoutS: number }): Promise<void> {
    await this.#run('stopContainer', [id, options], () => this.#get(id).stop(options.timeoutS));
  }

  pauseContainer(id: string): Promise<void> {
    return this.#run('pauseContainer', [id], () => this.#get(id).pause());
  }

  unpauseContainer(id: string): Promise<void> {
    return this.#run('unpauseContainer', [id], () => this.#get(id).unpause());
  }

  removeContainer(id: string): Promise<void> {
    return this.#run('removeContainer', [id], () => {
      const container = this.#find(id);
      if (container !== undefined) this.#remove(container);
    });
  }

  inspectContainer(id: string): Promise<ContainerState | undefined> {
    return this.#run('inspectContainer', [id], () => this.#find(id)?.state());
  }

  containerStats(id: string): Promise<unknown> {
    return this.#run('containerStats', [id], () => this.#find(id)?.stats());
  }

  exec(id: string, spec: ExecSpec): Promise<ExecProcess> {
    return this.#run('exec', [id, spec], () => fakeExec(this.#get(id), spec));
  }

  listContainers(label: string): Promise<readonly ContainerState[]> {
    return this.#run('listContainers', [label], () => this.containers().filter(({ labels }) => carries(labels, label)));
  }

  async *events(options: { readonly sinceMs?: number; readonly signal: AbortSignal }): AsyncGenerator<EngineEvent> {
    await this.#run('events', [options.sinceMs], () => undefined);
    const queue = new AsyncQueue<EngineEvent>(options.signal);
    const { sinceMs } = options;
    if (sinceMs !== undefined) for (const event of this.#history) if (event.atMs >= sinceMs) queue.push(event);
    this.#watchers.add(queue);
    try {
      yield* queue;
    } finally {
      this.#watchers.delete(queue);
    }
  }

  async *logs(
    id: string,
    options: { readonly sinceNs?: bigint; readonly signal: AbortSignal },
  ): AsyncGenerator<LogLine> {
    const container = await this.#run('logs', [id, options.sinceNs], () => this.#get(id));
    yield* container.read(options.sinceNs ?? 0n, options.signal);
  }

  createVolume(name: string, options: { readonly labels?: Readonly<Record<string, string>> } = {}): Promise<void> {
    return this.#run('createVolume', [name, options], () => {
      if (!this.#volumes.has(name)) this.#volumes.set(name, options.labels ?? {});
    });
  }

  inspectVolume(name: string): Promise<boolean> {
    return this.#run('inspectVolume', [name], () => this.#volumes.has(name));
  }

  listVolumes(label: string): Promise<readonly string[]> {
    const listed = (): string[] =>
      [...this.#volumes].flatMap(([name, labels]) => (carries(labels, label) ? [name] : []));
    return this.#run('listVolumes', [label], listed);
  }

  removeVolume(name: string): Promise<void> {
    return this.#run('removeVolume', [name], () => {
      const user = [...this.#containers.values()].find((container) => container.view.volumes.includes(name));
      if (user !== undefined) {
        throw new EngineError('conflict', `remove ${name}: volume is in use - [${user.id}]`);
      }
      this.#volumes.delete(name);
    });
  }

  async #run<T>(call: EngineCall, args: readonly unknown[], work: () => T | Promise<T>): Promise<T> {
    this.calls.push({ call, args, atMs: this.#clock.now() });
    const latencyMs = this.#options.latencyMs?.(call) ?? 0;
    if (latencyMs > 0) await this.#clock.sleep(latencyMs);
    if (this.#down) throw unreachable();
    return this.#faults.run(call, async () => {
      const result = await work();
      if (this.#down) throw unreachable();
      return result;
    });
  }

  #script(reference: string): FakeImage | undefined {
    return this.#images.get(reference) ?? this.#images.get('*');
  }

  #find(idOrName: string): FakeContainer | undefined {
    const byId = this.#containers.get(idOrName);
    return byId ?? [...this.#containers.values()].find((container) => container.name === idOrName);
  }

  #get(idOrName: string): FakeContainer {
    const found = this.#find(idOrName);
    if (found === undefined) throw new EngineError('not-found', `No such container: ${idOrName}`);
    return found;
  }

  #remove(container: FakeContainer): void {
    container.die(137);
    this.#containers.delete(container.id);
    this.#emit({ kind: 'destroyed', id: container.id, atMs: this.#clock.now() });
  }

  #emit(event: EngineEvent): void {
    if (this.#down) return;
    this.#history.push(event);
    if (this.#history.length > EVENTS_KEPT) this.#history.shift();
    for (const afterMs of this.#options.eventFate?.(event) ?? [0]) {
      if (afterMs <= 0) this.#deliver(event);
      else void this.#clock.sleep(afterMs).then(() => this.#deliver(event));
    }
  }

  #deliver(event: EngineEvent): void {
    for (const watcher of this.#watchers) watcher.push(event);
  }
}

function connectionClosed(): EngineError {
  return new EngineError('unreachable', 'The engine closed the connection.');
}

function unreachable(): EngineError {
  return new EngineError('unreachable', 'Cannot connect to the container engine: connection refused.');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
