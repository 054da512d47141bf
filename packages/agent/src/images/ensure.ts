import { dockerArchive } from './archive.ts';
import { findBase, type BaseOptions } from './base.ts';
import { builtInRecipes, CONTENT_LABEL } from './recipes.ts';

export { HELLO_IMAGE, PAUSE_IMAGE } from './recipes.ts';

/** What is needed of an engine: `DockerEngine` has it. */
export interface ImageLoader {
  /** `undefined`: no such image. */
  imageLabels(reference: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Loads an archive as `docker save` writes it. */
  loadImages(tar: Uint8Array): Promise<void>;
}

export interface BuiltInImage {
  readonly reference: string;
  /** False: it was there and up to date. */
  readonly made: boolean;
}

export interface BuiltInOptions extends BaseOptions {
  /** First part of the images' names. Default `gantry`. */
  readonly namespace?: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Makes `gantry/pause:1` and `gantry/hello:latest` from a program of this machine, without a registry. Does nothing
 * for those that are there with the same content. Rejects when there is no program to make them from, or with the
 * engine's error.
 */
export async function ensureBuiltInImages(
  loader: ImageLoader,
  options: BuiltInOptions = {},
): Promise<readonly BuiltInImage[]> {
  const recipes = builtInRecipes(await findBase(options), options.namespace);
  const labels = await Promise.all(recipes.map((recipe) => loader.imageLabels(recipe.reference)));
  const stale = recipes.filter((recipe, at) => labels[at]?.[CONTENT_LABEL] !== recipe.config.Labels[CONTENT_LABEL]);
  if (stale.length > 0) await loader.loadImages(dockerArchive(stale, ARCHITECTURES[process.arch] ?? process.arch));
  return recipes.map((recipe) => ({ reference: recipe.reference, made: stale.includes(recipe) }));
}
