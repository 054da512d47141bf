import { groupsOf, type ListenerAction, type ListenerCondition } from '@gantry/domain';
import { escaped, globQuoted, pairQuoted, quoted } from './text.ts';
import { backendOf, type ListenerView } from './view.ts';

/** What a client keeps its target group by. */
export const GROUP_COOKIE = 'AWSALBTG';

/**
 * The rules of an HTTP listener as HAProxy's: first the number of the rule that applies is found, then what it says is
 * done. Pure.
 */
export function renderRules({ listener, rules }: ListenerView): readonly string[] {
  const lines: string[] = [];
  rules.forEach((rule, at) => {
    const names = rule.conditions.map((condition, part) => {
      const name = `r${at}c${part}`;
      lines.push(`acl ${name} ${matchOf(condition)}`);
      return name;
    });
    lines.push(`http-request set-var(txn.rule) int(${at}) if !{ var(txn.rule) -m found } ${names.join(' ')}`);
  });
  const last = rules.length;
  lines.push(`http-request set-var(txn.rule) int(${last}) if !{ var(txn.rule) -m found }`);
  [...rules.map(({ action }) => action), listener.defaultAction].forEach((action, at) => {
    lines.push(...actionLines(action, at, listener.port));
  });
  lines.push('use_backend %[var(txn.backend)] if { var(txn.backend) -m found }');
  return lines;
}

function matchOf(condition: ListenerCondition): string {
  switch (condition.field) {
    case 'host-header':
      return `req.hdr(host),host_only -m reg -i ${condition.values.map(globQuoted).join(' ')}`;
    case 'path-pattern':
      return `path -m reg ${condition.values.map(globQuoted).join(' ')}`;
    case 'http-request-method':
      return `method -m str ${condition.values.map((value) => quoted(value)).join(' ')}`;
    case 'source-ip':
      return `src ${condition.values.join(' ')}`;
    case 'http-header':
      return `req.fhdr(${condition.name}) -m reg -i ${condition.values.map(globQuoted).join(' ')}`;
    case 'query-string':
      return `query -m reg -i ${condition.values.map(pairQuoted).join(' ')}`;
  }
}

function actionLines(action: ListenerAction, at: number, port: number): readonly string[] {
  const here = `{ var(txn.rule) -m int ${at} }`;
  switch (action.type) {
    case 'fixed-response': {
      const { statusCode, contentType = 'text/plain', messageBody = '' } = action;
      const body = messageBody === '' ? '' : ` content-type ${quoted(contentType)} string ${quoted(messageBody)}`;
      return [`http-request return status ${statusCode}${body} if ${here}`];
    }
    case 'redirect':
      return redirectLines(action, here, port);
    case 'forward':
      return forwardLines(action, here);
  }
}

type Redirect = Extract<ListenerAction, { type: 'redirect' }>;

function redirectLines(action: Redirect, here: string, port: number): readonly string[] {
  const code = action.statusCode === 'HTTP_301' ? 301 : 302;
  const dynamic: Readonly<Record<string, string>> = {
    '#{protocol}': 'http',
    '#{host}': '%[req.hdr(host),host_only]',
    '#{port}': String(port),
    '#{path}': '%[var(txn.path)]',
    '#{query}': '%[query]',
  };
  const text = (template: string): string =>
    template
      .split(/(#\{\w+\})/)
      .map((part) => dynamic[part] ?? escaped(part.replaceAll('%', '%%')))
      .join('');
  const base = `${text(action.protocol.toLowerCase())}://${text(action.host)}:${text(action.port)}${text(action.path)}`;
  const line = (query: string, condition: string): string =>
    `http-request redirect code ${code} location "${base}${query}" if ${here}${condition}`;
  const path = `http-request set-var(txn.path) path,bytes(1) if ${here}`;
  if (action.query === '') return [path, line('', '')];
  // A question mark alone says nothing.
  if (action.query === '#{query}')
    return [path, line(`\\x3f${text(action.query)}`, ' { query -m len gt 0 }'), line('', '')];
  return [path, line(`\\x3f${text(action.query)}`, '')];
}

function forwardLines(action: Extract<ListenerAction, { type: 'forward' }>, here: string): readonly string[] {
  const groups = groupsOf(action).filter(({ weight }) => weight > 0);
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  const lines: string[] = [];
  const unset = '!{ var(txn.backend) -m found }';
  const pick = (arn: string, condition: string): string =>
    `http-request set-var(txn.backend) str(${backendOf(arn)}) if ${here} ${unset}${condition}`;
  if (action.stickySeconds !== undefined) {
    for (const { targetGroupArn } of groups)
      lines.push(pick(targetGroupArn, ` { req.cook(${GROUP_COOKIE}) -m str ${backendOf(targetGroupArn)} }`));
    lines.push(`http-request set-var(txn.sticky) int(${action.stickySeconds}) if ${here}`);
  }
  if (groups.length > 1) lines.push(`http-request set-var(txn.pick) rand(${total}) if ${here}`);
  let upTo = 0;
  groups.forEach(({ targetGroupArn, weight }, at) => {
    upTo += weight;
    const isLast = at === groups.length - 1;
    lines.push(pick(targetGroupArn, isLast ? '' : ` { var(txn.pick) -m int lt ${upTo} }`));
  });
  if (action.stickySeconds === undefined) return lines;
  const cookie = `${GROUP_COOKIE}=%[var(txn.backend)]; Max-Age=%[var(txn.sticky)]; Path=/`;
  return [...lines, `http-response add-header Set-Cookie "${cookie}" if ${here}`];
}
