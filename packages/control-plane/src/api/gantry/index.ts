import { createRequire } from 'node:module';
import type { GantryOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { status } from './status.ts';
import { why } from './why.ts';

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

/** The extension service `gantry`: what ECS's own API does not tell. */
export function gantryHandlers(platform: Platform, problems: () => readonly string[] = () => []) {
  const started = { version, at: platform.clock.now(), problems };
  return {
    Why: (request, { scope }) => why(platform, scope, request),
    Status: (_request, { scope }) => Promise.resolve(status(platform, scope, started)),
  } satisfies Required<HandlersOf<GantryOperations>>;
}
