import { createHash } from 'node:crypto';
import { tar, type TarEntry } from './tar.ts';

/** What a container of the image runs with, in the image format's own names. */
export interface ImageConfig {
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

export interface ImageRecipe {
  readonly reference: string;
  /** From the bottom up. */
  readonly layers: readonly Uint8Array[];
  readonly config: ImageConfig;
}

/** The archive `docker load` takes: layers and configurations by their hashes, and a manifest that ties them. */
export function dockerArchive(recipes: readonly ImageRecipe[], architecture: string): Buffer {
  const files = new Map<string, Uint8Array>();
  const manifest = recipes.map((recipe) => {
    const digests = recipe.layers.map(sha256);
    recipe.layers.forEach((layer, index) => files.set(`${digests[index]}.tar`, layer));
    const config = Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        created: '1970-01-01T00:00:00Z',
        config: recipe.config,
        rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
        history: digests.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'gantry' })),
      }),
    );
    const configName = `${sha256(config)}.json`;
    files.set(configName, config);
    return { Config: configName, RepoTags: [recipe.reference], Layers: digests.map((digest) => `${digest}.tar`) };
  });
  files.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
  const entries = [...files].map(([path, data]): TarEntry => ({ path, kind: 'file', data, mode: 0o644 }));
  return tar(entries);
}

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
