import type { EpochMs, Secret, SecretVersion } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import { valueNotFound } from './errors.ts';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
/** More go, the oldest of those without a stage first. */
const MOST_VERSIONS = 100;

type Versions = Secret['versions'];

export interface NewVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
  readonly at: EpochMs;
  readonly kmsKeyId: string | undefined;
}

/** The versions with a new one, its stages taken from the others; `gone`: ids of those there is no more room for. Pure. */
export function withVersion(
  versions: Versions,
  { versionId, stages, at, kmsKeyId }: NewVersion,
): { readonly versions: Versions; readonly gone: readonly string[] } {
  // A secret with a value has a current one.
  const all = holderOf(versions, CURRENT) === undefined && !stages.includes(CURRENT) ? [CURRENT, ...stages] : stages;
  let after: Versions = { ...versions, [versionId]: { stages: [], createdAt: at, kmsKeyId } };
  for (const stage of all) after = moveStage(after, stage, versionId);
  return pruned(after);
}

/** The versions with a stage on `to` (nowhere without), and AWSPREVIOUS where AWSCURRENT was. Pure. */
export function moveStage(versions: Versions, stage: string, to: string | undefined): Versions {
  const from = holderOf(versions, stage);
  if (from === to) return versions;
  const without = mapStages(versions, (stages) => stages.filter((each) => each !== stage));
  const moved = to === undefined ? without : addStage(without, to, stage);
  return stage === CURRENT && from !== undefined ? moveStage(moved, PREVIOUS, from) : moved;
}

/** What UpdateSecretVersionStage makes of the versions. Pure. @throws ServiceError */
export function changeStage(
  versions: Versions,
  stage: string,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
): Versions {
  for (const id of [from, to]) if (id !== undefined && versions[id] === undefined) throw valueNotFound('VersionId', id);
  const holder = holderOf(versions, stage);
  if (to === undefined && from === undefined)
    throw invalidParameter('You must provide either RemoveFromVersionId or MoveToVersionId, or both.');
  if (to === undefined && stage === CURRENT)
    throw invalidParameter(
      `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
    );
  if (holder !== undefined && holder !== to && from !== holder)
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, ` +
        `so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  if (from !== undefined && from !== holder)
    throw invalidParameter(`Version stage ${stage} not found in version ${from}`);
  return moveStage(versions, stage, to);
}

/** The version a stage is on. Pure. */
export function holderOf(versions: Versions, stage: string): string | undefined {
  return Object.keys(versions).find((id) => versions[id]?.stages.includes(stage) === true);
}

/** Oldest first. Pure. */
export function inOrder(versions: Versions): readonly (readonly [id: string, version: SecretVersion])[] {
  return Object.entries(versions).toSorted(
    ([a, one], [b, other]) => one.createdAt - other.createdAt || (a < b ? -1 : 1),
  );
}

function addStage(versions: Versions, id: string, stage: string): Versions {
  const version = versions[id] as SecretVersion;
  if (version.stages.length >= 20)
    throw invalidParameter(`Version ${id} has 20 staging labels, which is the limit. Remove one first.`);
  return { ...versions, [id]: { ...version, stages: [...version.stages, stage] } };
}

function mapStages(versions: Versions, change: (stages: readonly string[]) => readonly string[]): Versions {
  const entries = Object.entries(versions).map(([id, version]) => [id, { ...version, stages: change(version.stages) }]);
  return Object.fromEntries(entries) as Versions;
}

function pruned(versions: Versions): { readonly versions: Versions; readonly gone: readonly string[] } {
  const tooMany = Object.keys(versions).length - MOST_VERSIONS;
  if (tooMany <= 0) return { versions, gone: [] };
  const deprecated = inOrder(versions).filter(([, { stages }]) => stages.length === 0);
  const gone = deprecated.slice(0, tooMany).map(([id]) => id);
  return { versions: Object.fromEntries(Object.entries(versions).filter(([id]) => !gone.includes(id))), gone };
}
