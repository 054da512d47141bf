import type { Clock } from '@gantry/domain';
import { AsyncQueue } from './async-queue.ts';
import type { FakeExit, FakeImage, SpecView } from './fake-script.ts';
import { EngineError } from './port.ts';
import type { ContainerSpec, ContainerState, EngineEvent, LogLine } from './port.ts';

type Port = ContainerState['ports'][number];

/** One container of the fake engine: a small process that follows its image's script by the clock. */
export class FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly view: SpecView;
  readonly lines: LogLine[] = [];
  readonly #clock: Clock;
  readonly #image: FakeImage;
  readonly #emit: (event: EngineEvent) => void;
  readonly #readers = new Set<AsyncQueue<LogLine>>();
  readonly #stopped: (() => void)[] = [];
  #state: Omit<ContainerState, 'id' | 'name' | 'labels'>;
  #life = new AbortController();
  #starts = 0;
  readonly #createdAtMs: number;
  #asked = 0;
  #lineNumber = 0n;
  /** What a held process will do when it is let go; undefined: it is not held. */
  #held: (() => void)[] | undefined;

  constructor(
    at: { readonly clock: Clock; readonly emit: (event: EngineEvent) => void },
    made: { id: string; name: string; spec: ContainerSpec; view: SpecView; image: FakeImage },
  ) {
    this.#clock = at.clock;
    this.#createdAtMs = at.clock.now();
    this.#emit = at.emit;
    this.id = made.id;
    this.name = made.name;
    this.spec = made.spec;
    this.view = made.view;
    this.#image = made.image;
    this.#state = { status: 'created', pid: 0, exitCode: 0, oomKilled: false, error: '', ports: [] };
  }

  get running(): boolean {
    return this.#state.status === 'running';
  }

  get #networkMode(): string | undefined {
    return (this.spec['HostConfig'] as { readonly NetworkMode?: string } | undefined)?.NetworkMode;
  }

  state(): ContainerState {
    const onBridge = this.running && [undefined, 'bridge', 'default'].includes(this.#networkMode);
    // Pids are counted up: two that run have two addresses.
    const { pid } = this.#state;
    return {
      id: this.id,
      name: this.name,
      labels: this.view.labels,
      createdAtMs: this.#createdAtMs,
      imageId: `sha256:${this.id}`,
      writableLayer: `/layers/${this.id}`,
      mounts: this.view.volumes.map((name) => ({ name, source: `/volumes/${name}`, destination: '' })),
      addresses: onBridge ? [`172.17.${Math.floor(pid / 256) % 256}.${pid % 256}`] : [],
      ...this.#state,
      ...(this.#held === undefined ? {} : { status: 'paused' as const }),
    };
  }

  /** Counts what it was asked: the same run gives the same numbers. */
  stats(): unknown {
    if (!this.running) return undefined;
    this.#asked += 1;
    const read = new Date(this.#clock.now()).toISOString();
    const networks = { eth0: { rx_bytes: this.#asked * 1000, tx_bytes: this.#asked * 500 } };
    return {
      id: this.id,
      name: `/${this.name}`,
      read,
      cpu_stats: { cpu_usage: { total_usage: this.#asked } },
      networks,
    };
  }

  /** The start was refused: Docker leaves such a container as it was, with the reason in it. */
  refuseStart(error: string): void {
    this.#state = { ...this.#state, error, exitCode: 128 };
  }

  start(pid: number, ports: readonly Port[]): void {
    const life = (this.#life = new AbortController());
    const now = this.#clock.now();
    this.#starts += 1;
    this.#state = {
      status: 'running',
      pid,
      exitCode: 0,
      oomKilled: false,
      error: '',
      startedAtMs: now,
      health: this.#image.health === undefined ? undefined : 'starting',
      ports,
    };
    this.#emit({ kind: 'started', id: this.id, atMs: now });
    for (const line of this.#image.output ?? []) {
      this.#later(line.afterMs ?? 0, life.signal, () => this.write(line.stream ?? 'stdout', line.text));
    }
    for (const change of this.#image.health ?? []) {
      this.#later(change.afterMs, life.signal, () => this.setHealth(change.health));
    }
    const exit = exitOf(this.#image, this.#starts);
    if (exit !== undefined && exit !== 'never') {
      void this.#clock.sleep(exit.afterMs, life.signal).then(() => {
        this.#unlessHeld(() => !life.signal.aborted && this.die(exit.code, exit.oomKilled));
      });
    }
  }

  pause(): void {
    if (!this.running || this.#held !== undefined) throw new EngineError('conflict', `${this.id} cannot be paused`);
    this.#held = [];
  }

  unpause(): void {
    if (this.#held === undefined) throw new EngineError('conflict', `Container ${this.id} is not paused`);
    const held = this.#held;
    this.#held = undefined;
    for (const act of held) act();
  }

  /** SIGTERM now, SIGKILL after the time-out. Resolves when it has stopped. */
  async stop(timeoutS: number): Promise<void> {
    if (!this.running) return;
    if (this.#held !== undefined) this.unpause();
    const { signal } = this.#life;
    const gone = new Promise<void>((resolve) => this.#stopped.push(resolve));
    const graceMs = timeoutS * 1000;
    const needsMs = this.#image.ignoresSigterm === true ? Infinity : (this.#image.stopMs ?? 0);
    const obeys = needsMs <= graceMs;
    void this.#clock.sleep(obeys ? needsMs : graceMs, signal).then(() => {
      if (!signal.aborted) this.die(obeys ? (this.#image.stopExitCode ?? 143) : 137);
    });
    await gone;
  }

  /** Called once, when it ends. */
  onDeath(listener: () => void): void {
    this.#stopped.push(listener);
  }

  die(exitCode: number, oomKilled = false): void {
    if (!this.running) return;
    const now = this.#clock.now();
    this.#held = undefined;
    this.#life.abort();
    this.#state = {
      ...this.#state,
      status: 'exited',
      pid: 0,
      exitCode,
      oomKilled,
      finishedAtMs: now,
      ports: [],
      health: this.#state.health === undefined ? undefined : 'unhealthy',
    };
    if (oomKilled) this.#emit({ kind: 'oom', id: this.id, atMs: now });
    this.#emit({ kind: 'died', id: this.id, atMs: now, exitCode });
    for (const reader of this.#readers) reader.end();
    for (const resolve of this.#stopped.splice(0)) resolve();
  }

  setHealth(health: 'healthy' | 'unhealthy' | 'starting'): void {
    if (!this.running) return;
    this.#state = { ...this.#state, health };
    this.#emit({ kind: 'health', id: this.id, atMs: this.#clock.now(), health });
  }

  write(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#held !== undefined) return void this.#held.push(() => this.write(stream, text));
    // Lines of one millisecond stay in order: the number stands for the nanoseconds.
    this.#lineNumber = (this.#lineNumber + 1n) % 1_000_000n;
    const line = { stream, text, timestampNs: BigInt(this.#clock.now()) * 1_000_000n + this.#lineNumber };
    this.lines.push(line);
    for (const reader of this.#readers) reader.push(line);
  }

  async *read(sinceNs: bigint, signal: AbortSignal): AsyncGenerator<LogLine> {
    const queue = new AsyncQueue<LogLine>(signal);
    for (const line of this.lines) if (line.timestampNs >= sinceNs) queue.push(line);
    if (this.running) this.#readers.add(queue);
    else queue.end();
    try {
      yield* queue;
    } finally {
      this.#readers.delete(queue);
    }
  }

  breakReaders(error: Error): void {
    for (const reader of this.#readers) reader.fail(error);
  }

  #unlessHeld(act: () => void): void {
    if (this.#held === undefined) act();
    else this.#held.push(act);
  }

  #later(afterMs: number, signal: AbortSignal, act: () => void): void {
    if (afterMs === 0) return act();
    void this.#clock.sleep(afterMs, signal).then(() => {
      this.#unlessHeld(() => !signal.aborted && act());
    });
  }
}

function exitOf(image: FakeImage, starts: number): FakeExit | undefined {
  if (image.exit === undefined || image.exit === 'never') return undefined;
  if (!Array.isArray(image.exit)) return image.exit as FakeExit;
  const list = image.exit as readonly FakeExit[];
  return list[Math.min(starts, list.length) - 1];
}
