import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, runCommand, type RunCommand } from '../network/command.ts';
import type { GpuInventory, Gpus } from './port.ts';

const PROC = '/proc/driver/nvidia';
/** Either lets the engine hand GPUs to a container; both are of NVIDIA's container toolkit. */
const TOOLKIT = ['nvidia-container-runtime-hook', 'nvidia-ctk'] as const;
const UUID = /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface NvidiaOptions {
  /** Where the driver tells of itself. */
  readonly proc?: string;
  readonly run?: RunCommand;
  /** Believe that the engine can hand them out, also when the toolkit is not where this process looks. */
  readonly force?: boolean;
}

/** What NVIDIA's driver says in /proc; `nvidia-smi` where that has no ids yet (nobody has opened the device). */
export class NvidiaGpus implements Gpus {
  readonly #proc: string;
  readonly #run: RunCommand;
  readonly #force: boolean;

  constructor({ proc = PROC, run = runCommand, force = false }: NvidiaOptions = {}) {
    this.#proc = proc;
    this.#run = run;
    this.#force = force;
  }

  async find(): Promise<GpuInventory | undefined> {
    const places = await readdir(join(this.#proc, 'gpus')).catch(() => undefined);
    if (places === undefined) return undefined;
    const driverVersion = driverVersionOf(await this.#read('version'));
    const found = await Promise.all(places.sort().map((place) => this.#device(place)));
    const devices = found.filter(({ excluded }) => !excluded);
    const nameless = devices.some(({ id }) => id === undefined);
    const asked = nameless ? await this.#askTool() : new Map<string, string>();
    const ids = devices.flatMap(({ place, id = asked.get(place) }) => (id === undefined ? [] : [id]));
    const problems =
      ids.length === devices.length
        ? []
        : [`${devices.length - ids.length} of ${devices.length} GPUs have no id yet and are left out: run nvidia-smi`];
    if (ids.length === 0 || this.#force || (await this.#hasToolkit())) return { driverVersion, ids, problems };
    const lacking =
      `this host has ${ids.length} GPUs, and the engine cannot hand them out: install the NVIDIA Container Toolkit ` +
      'and restart the engine, or set ECS_ENABLE_GPU_SUPPORT=true if it is where this process does not look';
    return { driverVersion, ids: [], problems: [...problems, lacking] };
  }

  async #device(place: string): Promise<{ place: string; id: string | undefined; excluded: boolean }> {
    const text = await this.#read('gpus', place, 'information');
    const id = /^GPU UUID:\s*(\S+)/m.exec(text)?.[1];
    return {
      place: place.toLowerCase(),
      // Question marks stand for a device that nobody has opened since the start.
      id: id !== undefined && UUID.test(id) ? id : undefined,
      excluded: /^GPU (Excluded|Blacklisted):\s*Yes/im.test(text),
    };
  }

  /** Ids by place on the bus; none when the tool is not there. */
  async #askTool(): Promise<ReadonlyMap<string, string>> {
    const query = ['--query-gpu=pci.bus_id,uuid', '--format=csv,noheader'];
    const text = await this.#run('nvidia-smi', query).catch(() => '');
    const lines = text.split('\n').map((line) => line.split(',').map((part) => part.trim()));
    return new Map(
      // The tool writes the domain with eight digits, the driver with four.
      lines.flatMap(([place = '', id = '']) => (UUID.test(id) ? [[place.slice(-12).toLowerCase(), id] as const] : [])),
    );
  }

  async #hasToolkit(): Promise<boolean> {
    const there = async (program: string): Promise<boolean> => {
      try {
        await this.#run(program, ['--version']);
        return true;
      } catch (error) {
        // What ran and did not like its arguments is there.
        return error instanceof CommandError && error.exitCode !== undefined;
      }
    };
    return (await Promise.all(TOOLKIT.map(there))).includes(true);
  }

  async #read(...path: readonly string[]): Promise<string> {
    return await readFile(join(this.#proc, ...path), 'utf8').catch(() => '');
  }
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 …`; the open module has more words before it. */
function driverVersionOf(text: string): string | undefined {
  return /^NVRM version:.*?\s([0-9]+(?:\.[0-9]+)+)(?:\s|$)/m.exec(text)?.[1];
}
