import type { ConfigReader, Env } from '../config-reader.ts';
import type { PullBehaviour } from '../supervisor/images.ts';
import type { CleanUpRules } from './choose.ts';

const DEFAULTS = { intervalMs: 30 * 60_000, minimumAgeMs: 60 * 60_000, mostPerCycle: 5 } as const;

/**
 * The stock agent's variables and defaults. With `prefer-cached` images are to stay, so that no registry is needed;
 * there it is done only when asked for (`ECS_DISABLE_IMAGE_CLEANUP=false`).
 */
export function readImageCleanUp(reader: ConfigReader, env: Env, behaviour: PullBehaviour): CleanUpRules | undefined {
  const mostPerCycle = reader.numberText(env, 'ECS_NUM_IMAGES_DELETE_PER_CYCLE') ?? DEFAULTS.mostPerCycle;
  if (mostPerCycle < 1) reader.problem('ECS_NUM_IMAGES_DELETE_PER_CYCLE must be at least 1');
  const intervalMs = reader.duration(env, 'ECS_IMAGE_CLEANUP_INTERVAL') ?? DEFAULTS.intervalMs;
  if (intervalMs < 1000) reader.problem('ECS_IMAGE_CLEANUP_INTERVAL must be at least 1s');
  if (reader.flag(env, 'ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP') === true) {
    reader.problem(
      'ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP: images that no task pulled are never removed by this agent; leave it out',
    );
  }
  const rules = {
    intervalMs,
    minimumAgeMs: reader.duration(env, 'ECS_IMAGE_MINIMUM_CLEANUP_AGE') ?? DEFAULTS.minimumAgeMs,
    mostPerCycle,
    excluded: listOf(env['ECS_EXCLUDE_UNTRACKED_IMAGE']),
  };
  const disabled = reader.flag(env, 'ECS_DISABLE_IMAGE_CLEANUP') ?? behaviour === 'prefer-cached';
  return disabled ? undefined : rules;
}

function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
