import { LinkError } from '../session/port.ts';
import type { Asked } from './requester.ts';

/** Tags of the task and its instance; what could not be had is said in `Errors` (agent-protocol 7.4). */
export async function tagsOf({ source, view }: Asked, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const { arn } = view.payload;
  const instance = source.containerInstanceArn();
  const asked = [
    ['TaskTags', arn],
    // The Fargate pool's instances are nobody's to see.
    ...(instance === undefined || view.payload.launchType === 'FARGATE'
      ? []
      : [['ContainerInstanceTags', instance] as const]),
  ] as const;
  const Errors: unknown[] = [];
  const found = asked.map(async ([member, resourceArn]) => {
    try {
      const [, , , region, account] = resourceArn.split(':');
      const where = { region, account };
      const { tags = [] } = await source.link.call('ListTagsForResource', { resourceArn }, signal, where);
      if (tags.length === 0) return [];
      return [[member, Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value]))] as const];
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      Errors.push({
        ErrorField: member,
        ErrorCode: error.code,
        ErrorMessage: error.message,
        StatusCode: error.status ?? 500,
        ResourceARN: resourceArn,
      });
      return [];
    }
  });
  const tags = Object.fromEntries((await Promise.all(found)).flat());
  return Errors.length === 0 ? tags : { ...tags, Errors };
}
