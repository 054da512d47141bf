import type { GantryOperations } from '@gantry/protocol';
import type { Api } from '../api/port.ts';
import { findSubject } from '../api/subject.ts';
import type { Host } from '../host/port.ts';
import { taskIdOf } from '../run/reach.ts';
import { moment } from '../text/duration.ts';
import { pairs, table } from '../text/table.ts';

type WhyResponse = GantryOperations['Why']['output'];

/** Explains the state of a task, service, container instance or cluster: the sentence first, then how it came to it. */
export async function why(
  host: Host,
  api: Api,
  text: string,
  options: { readonly cluster: string; readonly json: boolean },
): Promise<number> {
  const answer = await ask(api, text, options.cluster);
  const lines = options.json ? [JSON.stringify(answer, null, 2)] : whyLines(answer);
  for (const line of lines) host.terminal.out(line);
  return 0;
}

/** The server knows full names; what people shorten (the first characters of an id, a family) is looked up when it knows nothing by it. */
async function ask(api: Api, subject: string, cluster: string): Promise<WhyResponse> {
  try {
    return await api.gantry('Why', { subject, cluster });
  } catch (refused) {
    if ((refused as Error).name !== 'ServiceError') throw refused;
    const meant = (await taskMeant(api, cluster, subject)) ?? (await instanceMeant(api, subject));
    if (meant === undefined) throw refused;
    return api.gantry('Why', meant);
  }
}

type Meant = { readonly subject: string; readonly cluster?: string } | undefined;

async function taskMeant(api: Api, cluster: string, text: string): Promise<Meant> {
  const found = await findSubject(api, cluster, text).catch(() => undefined);
  const task = found?.kind === 'tasks' ? found.tasks[0] : undefined;
  return task === undefined ? undefined : { subject: taskIdOf(task), cluster: found?.cluster ?? cluster };
}

/** As `gantry status` shows them: the first characters of the id. */
async function instanceMeant(api: Api, text: string): Promise<Meant> {
  if (!/^[0-9a-f]{4,32}$/.test(text)) return undefined;
  const { instances } = await api.gantry('Status', {});
  const meant = instances.filter(({ containerInstanceArn: arn }) =>
    arn.slice(arn.lastIndexOf('/') + 1).startsWith(text),
  );
  const [instance] = meant;
  if (meant.length !== 1 || instance === undefined) return undefined;
  return { subject: instance.containerInstanceArn, cluster: instance.cluster };
}

/** Pure: the answer for a person. */
export function whyLines(answer: WhyResponse): readonly string[] {
  const { kind, subject, status, text, details, history } = answer;
  const name = subject.startsWith('arn:') ? subject.slice(subject.indexOf('/') + 1) : subject;
  const facts = Object.entries(details ?? {}).map(([key, value]) => [`  ${key}`, value] as const);
  const events = history.map((event) => [
    `  ${moment(event.at)}`,
    event.type,
    event.because,
    event.by === undefined ? event.text : `${event.text} (by ${event.by})`,
  ]);
  return [
    `${kind} ${name} is ${status}: ${text}`,
    ...(facts.length === 0 ? [] : ['', ...pairs(facts)]),
    ...(events.length === 0 ? [] : ['', ...table(['  WHEN (UTC)', 'WHAT', 'BECAUSE', ''], events)]),
  ];
}
