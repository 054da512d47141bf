import { command } from '../test/e2e/world.ts';
import { untilTrue } from './lib.ts';

export const docker = (...args: string[]): Promise<string> => command('docker', args);
const IMAGE = ['--no-resolve-image', '--limit-memory', '16M'];

/** Docker Swarm on the engine that Gantry uses in the same run: one node, started for a bench and left again. */
export class Swarm {
  /** Refuses an engine that is in one already: the bench would disturb it. */
  static async start(): Promise<Swarm> {
    if ((await docker('info', '--format', '{{.Swarm.LocalNodeState}}')).trim() !== 'inactive')
      throw new Error('This engine is already part of a swarm; the bench would disturb it. Run it on another engine.');
    await docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
    return new Swarm();
  }

  /** Resolves when it is asked for. */
  async create(name: string, replicas: number): Promise<void> {
    const flags = ['--detach', ...IMAGE, '--name', name, '--replicas', String(replicas)];
    await docker('service', 'create', ...flags, 'gantry/hello');
  }

  async running(name: string, replicas: number): Promise<void> {
    const count = async (): Promise<string> =>
      (await docker('service', 'ls', '--filter', `name=${name}`, '--format', '{{.Replicas}}')).trim();
    await untilTrue('swarm runs them all', async () => (await count()) === `${replicas}/${replicas}`, 300_000, 20);
  }

  async remove(name: string): Promise<void> {
    await docker('service', 'rm', name);
    const label = `label=com.docker.swarm.service.name=${name}`;
    await untilTrue(
      'swarm is quiet again',
      async () => (await docker('ps', '-aq', '--filter', label)).trim() === '',
      300_000,
      200,
    );
  }

  async leave(): Promise<void> {
    await docker('swarm', 'leave', '--force').catch(() => '');
  }
}
