import type { CloudtrailOperations } from '@gantry/protocol';
import type { Api } from '../api/port.ts';
import type { Host } from '../host/port.ts';
import { moment } from '../text/duration.ts';
import { table } from '../text/table.ts';

type Input = CloudtrailOperations['LookupEvents']['input'];
type Event = NonNullable<CloudtrailOperations['LookupEvents']['output']['Events']>[number];

export interface AuditOptions {
  readonly sinceMs: number;
  readonly only: AuditFilter;
  /** The newest so many. */
  readonly limit: number;
  readonly follow: boolean;
  readonly json: boolean;
}

export interface AuditFilter {
  readonly user?: string | undefined;
  readonly event?: string | undefined;
  readonly resource?: string | undefined;
  readonly errors: boolean;
}

/** What is read of CloudTrail's record. */
interface Kept {
  readonly sourceIPAddress?: string;
  readonly awsRegion?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly userIdentity?: {
    readonly type?: string;
    readonly sessionContext?: { readonly sessionIssuer?: { readonly userName?: string } };
  };
}

const POLL_MS = 1_000;
const MOST_PAGES = 10_000;
const HEAD = ['WHEN (UTC)', 'USER', 'EVENT', 'FROM', 'WHAT', 'RESULT'] as const;
const LONGEST_RESULT = 140;

/** The audit trail, oldest first; the end of it when there is more than asked for. */
export async function audit(host: Host, api: Api, options: AuditOptions): Promise<number> {
  const { terminal, clock } = host;
  const found = await newest(api, options);
  const show = (events: readonly Event[], headed: boolean): void => {
    for (const line of options.json ? events.map((e) => e.CloudTrailEvent ?? '{}') : auditLines(events, headed))
      terminal.out(line);
  };
  if (found.length > 0 || options.follow) show(found, true);
  else terminal.err('Nothing was changed in that time (or nothing that fits).');
  if (!options.follow) return 0;
  const signal = host.interruption();
  // Events carry whole seconds and are kept by the moment: the last second is asked for again, and what is known left out.
  let known = new Map(found.map((event) => [event.EventId ?? '', timeOf(event)]));
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal);
    const latest = Math.max(options.sinceMs, ...known.values());
    const fresh = (await newest(api, { ...options, sinceMs: latest, limit: Infinity })).filter(
      (e) => !known.has(e.EventId ?? ''),
    );
    show(fresh, false);
    for (const event of fresh) known.set(event.EventId ?? '', timeOf(event));
    known = new Map([...known].filter(([, at]) => at >= latest - 60_000));
  }
  return 0;
}

/** Oldest first. One filter goes to the service, the others are looked at here. */
async function newest(api: Api, { sinceMs, only, limit }: AuditOptions): Promise<readonly Event[]> {
  const attribute = lookupAttribute(only);
  const input: Input = {
    StartTime: new Date(sinceMs),
    ...(attribute === undefined ? {} : { LookupAttributes: [attribute] }),
  };
  const found: Event[] = [];
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES && found.length < limit; page += 1) {
    const answer = await api.cloudtrail('LookupEvents', token === undefined ? input : { ...input, NextToken: token });
    found.push(...(answer.Events ?? []).filter((event) => fits(event, only)));
    token = answer.NextToken;
    if (token === undefined) break;
  }
  return found.slice(0, limit).toReversed();
}

function lookupAttribute({
  user,
  event,
  resource,
}: AuditFilter): NonNullable<Input['LookupAttributes']>[number] | undefined {
  if (resource !== undefined) return { AttributeKey: 'ResourceName', AttributeValue: resource };
  if (user !== undefined) return { AttributeKey: 'Username', AttributeValue: user };
  return event === undefined ? undefined : { AttributeKey: 'EventName', AttributeValue: event };
}

function fits(event: Event, { user, event: name, errors }: AuditFilter): boolean {
  if (user !== undefined && event.Username !== user) return false;
  if (name !== undefined && event.EventName !== name) return false;
  return !errors || recordOf(event).errorCode !== undefined;
}

/** Pure: the events for a person. */
export function auditLines(events: readonly Event[], headed: boolean): readonly string[] {
  const rows = events.map((event) => {
    const record = recordOf(event);
    return [
      moment(timeOf(event)),
      userText(event, record),
      event.EventName ?? '?',
      record.sourceIPAddress ?? '-',
      whatText(event),
      resultText(record),
    ];
  });
  const lines = table(HEAD, rows);
  return headed ? lines : lines.slice(1);
}

const timeOf = (event: Event): number => event.EventTime?.getTime() ?? 0;

/** `role/session` for a session: the session's name alone says little. */
function userText({ Username: name = '?' }: Event, { userIdentity }: Kept): string {
  const role = userIdentity?.sessionContext?.sessionIssuer?.userName;
  return role === undefined ? name : `${role}/${name}`;
}

/** The thing it was about, shortened: an ARN by its end. */
function whatText({ Resources: resources = [] }: Event): string {
  const names = resources.map(({ ResourceName: name = '' }) =>
    name.startsWith('arn:') ? name.split(':').slice(5).join(':') || name : name,
  );
  const [first = '-', ...more] = names.toReversed();
  return more.length === 0 ? first : `${first} (+${more.length})`;
}

function resultText({ errorCode, errorMessage }: Kept): string {
  if (errorCode === undefined) return 'ok';
  const text = `${errorCode}: ${errorMessage ?? ''}`.replace(/\s+/g, ' ');
  return text.length <= LONGEST_RESULT ? text : `${text.slice(0, LONGEST_RESULT - 3)}...`;
}

function recordOf({ CloudTrailEvent: text }: Event): Kept {
  try {
    return JSON.parse(text ?? '{}') as Kept;
  } catch {
    return {};
  }
}
