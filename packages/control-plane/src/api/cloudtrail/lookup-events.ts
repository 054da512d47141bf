import { createHash } from 'node:crypto';
import { ServiceError, type CloudtrailOperations } from '@gantry/protocol';
import type { AuditEvent } from '../../audit/event.ts';
import { userNameOf } from '../../audit/identity.ts';
import { isNamed, resourcesOf } from '../../audit/resources.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import type { HandlersOf } from '../../handlers.ts';
import type { Position } from '../../logs/port.ts';

type Input = CloudtrailOperations['LookupEvents']['input'];
type Output = CloudtrailOperations['LookupEvents']['output'];
type Matches = (event: AuditEvent) => boolean;

/** CloudTrail's most, and what it gives when nothing is said. */
const PAGE = 50;

/** The audit trail, read as CloudTrail's event history is. */
export function cloudtrailHandlers(trail: AuditTrail) {
  return {
    LookupEvents: async (input, { scope }): Promise<Output> => {
      if (input.EventCategory !== undefined)
        throw new ServiceError(
          'InvalidEventCategoryException',
          'Insight events are not kept by Gantry. Leave EventCategory out.',
        );
      const [fromMs, toMs] = [input.StartTime?.getTime() ?? 0, input.EndTime?.getTime() ?? Infinity];
      if (fromMs > toMs) throw new ServiceError('InvalidTimeRangeException', 'StartTime must not be after EndTime.');
      const asked = fingerprint(input);
      const before = input.NextToken === undefined ? undefined : readToken(input.NextToken, asked);
      const page = await trail.lookup({
        ...scope,
        fromMs,
        toMs,
        limit: input.MaxResults ?? PAGE,
        before,
        matches: matcher(input),
      });
      return {
        Events: page.events.map(shown),
        ...(page.before === undefined ? {} : { NextToken: writeToken(page.before, asked) }),
      };
    },
  } satisfies Required<HandlersOf<CloudtrailOperations>>;
}

function shown(event: AuditEvent): NonNullable<Output['Events']>[number] {
  return {
    EventId: event.eventID,
    EventName: event.eventName,
    ReadOnly: String(event.readOnly),
    AccessKeyId: event.userIdentity.accessKeyId,
    EventTime: new Date(event.eventTime),
    EventSource: event.eventSource,
    Username: userNameOf(event.userIdentity),
    Resources: resourcesOf(event).map(({ type, name }) => ({ ResourceType: type, ResourceName: name })),
    CloudTrailEvent: JSON.stringify(event),
  };
}

const MATCHERS: Readonly<Record<string, (wanted: string) => Matches>> = {
  AccessKeyId: (wanted) => (event) => event.userIdentity.accessKeyId === wanted,
  EventId: (wanted) => (event) => event.eventID === wanted,
  EventName: (wanted) => (event) => event.eventName === wanted,
  EventSource: (wanted) => (event) => event.eventSource === wanted,
  ReadOnly: (wanted) => (event) => String(event.readOnly) === wanted.toLowerCase(),
  ResourceName: (wanted) => (event) => resourcesOf(event).some((resource) => isNamed(resource, wanted)),
  ResourceType: (wanted) => (event) => resourcesOf(event).some(({ type }) => type === wanted),
  Username: (wanted) => (event) => userNameOf(event.userIdentity) === wanted,
};

function matcher({ LookupAttributes: attributes = [] }: Input): Matches {
  const [attribute, ...more] = attributes;
  if (attribute === undefined) return () => true;
  if (more.length > 0)
    throw new ServiceError('InvalidLookupAttributesException', 'You can specify only one lookup attribute.');
  const make = MATCHERS[attribute.AttributeKey as string];
  if (make === undefined) throw new ServiceError('InvalidLookupAttributesException', 'The attribute key is not known.');
  return make(attribute.AttributeValue as string);
}

/** A token goes on with the same question alone. */
function fingerprint({ StartTime, EndTime, LookupAttributes }: Input): string {
  const asked = JSON.stringify([StartTime?.getTime(), EndTime?.getTime(), LookupAttributes]);
  return createHash('sha256').update(asked).digest('base64url').slice(0, 12);
}

const writeToken = ({ timestamp, seq }: Position, asked: string): string =>
  Buffer.from(JSON.stringify([timestamp, seq, asked])).toString('base64url');

function readToken(text: string, asked: string): Position {
  try {
    const [timestamp, seq, for_] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (Number.isSafeInteger(timestamp) && Number.isSafeInteger(seq) && for_ === asked)
      return { timestamp: timestamp as number, seq: seq as number };
  } catch {
    // Answered below.
  }
  throw new ServiceError('InvalidNextTokenException', 'The token is not valid for these parameters. Start without it.');
}
