import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { groupsOf, type Listener, type ListenerAction, type Scope } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';
import { notSupported, validationError } from './common/errors.ts';
import { actionsOf, balancersUsing, targetGroupOf } from './common/find.ts';

const invalidAction = (message: string): ServiceError =>
  new ServiceError('InvalidLoadBalancerActionException', message);

const MOST_GROUPS = 5;
const REDIRECT_DEFAULTS = {
  protocol: '#{protocol}',
  host: '#{host}',
  port: '#{port}',
  path: '/#{path}',
  query: '#{query}',
};

/** Where actions are checked: the listener they are for, or are to be. */
export interface ActionPlace {
  readonly tables: Tables;
  readonly scope: Scope;
  readonly loadBalancerArn: string;
  readonly protocol: 'HTTP' | 'TCP';
}

/**
 * The one action of a rule or listener: Gantry authenticates nobody, so the last action is the only one.
 * @throws ServiceError ValidationError, InvalidLoadBalancerAction, TargetGroupNotFound, IncompatibleProtocols, …
 */
export function checkedAction(actions: readonly Action[] | undefined, place: ActionPlace): ListenerAction {
  const [action, more] = actions ?? [];
  if (action === undefined) throw validationError('At least one action must be specified');
  const extra = (actions ?? []).find(
    ({ Type }) => Type !== 'forward' && Type !== 'redirect' && Type !== 'fixed-response',
  );
  if (extra !== undefined)
    throw notSupported(`Actions of type ${extra.Type} are`, 'Types there are: forward, redirect, fixed-response.');
  if (more !== undefined)
    throw invalidAction("You can specify exactly one action of type 'forward', 'redirect' or 'fixed-response'");
  if (place.protocol === 'TCP' && action.Type !== 'forward')
    throw invalidAction(`Actions of type '${action.Type}' are not supported on listeners with the TCP protocol`);
  if (action.Type === 'redirect') return redirectOf(action.RedirectConfig);
  if (action.Type === 'fixed-response') return fixedResponseOf(action.FixedResponseConfig);
  return forwardOf(action, place);
}

function forwardOf({ TargetGroupArn, ForwardConfig }: Action, place: ActionPlace): ListenerAction {
  const tuples = ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn }]);
  if (tuples.length === 0) throw validationError('You must specify a target group ARN for a forward action');
  if (TargetGroupArn !== undefined && (tuples.length !== 1 || tuples[0]?.TargetGroupArn !== TargetGroupArn))
    throw invalidAction('TargetGroupArn and ForwardConfig must name the same target group');
  if (tuples.length > MOST_GROUPS)
    throw new ServiceError(
      'TooManyTargetGroupsException',
      `A forward action can have at most ${MOST_GROUPS} target groups`,
    );
  if (place.protocol === 'TCP' && tuples.length > 1)
    throw invalidAction('Listeners with the TCP protocol forward to one target group');
  const targetGroups = tuples.map(({ TargetGroupArn: arn, Weight: weight = 1 }) => {
    const group = targetGroupOf(place.tables, place.scope, arn);
    if (weight < 0 || weight > 999) throw validationError(`Weight '${weight}' must be between 0 and 999`);
    checkGroup(group, place);
    return { targetGroupArn: group.arn, weight };
  });
  if (new Set(targetGroups.map((each) => each.targetGroupArn)).size < targetGroups.length)
    throw invalidAction('A target group can be named once in a forward action');
  const sticky = ForwardConfig?.TargetGroupStickinessConfig;
  if (sticky?.Enabled !== true) return { type: 'forward', targetGroups };
  if (place.protocol === 'TCP') throw invalidAction('Target group stickiness is for listeners with the HTTP protocol');
  const stickySeconds = sticky.DurationSeconds;
  if (stickySeconds === undefined || stickySeconds < 1 || stickySeconds > 604_800)
    throw validationError('Target group stickiness duration must be between 1 and 604800 seconds');
  return { type: 'forward', targetGroups, stickySeconds };
}

function checkGroup(group: ReturnType<typeof targetGroupOf>, place: ActionPlace): void {
  if (group.protocol !== place.protocol)
    throw new ServiceError(
      'IncompatibleProtocolsException',
      `The target group '${group.arn}' has protocol ${group.protocol}, the listener ${place.protocol}`,
    );
  if (balancersUsing(place.tables, group).some((arn) => arn !== place.loadBalancerArn))
    throw new ServiceError(
      'TargetGroupAssociationLimitException',
      `The following target groups cannot be associated with more than one load balancer: ${group.arn}`,
    );
}

function redirectOf(config: Action['RedirectConfig']): ListenerAction {
  if (config === undefined) throw validationError('A redirect action needs RedirectConfig');
  const text = (name: keyof typeof REDIRECT_DEFAULTS, given: string | undefined): string => {
    const value = given ?? REDIRECT_DEFAULTS[name];
    const left = value.replace(/#\{(protocol|host|port|path|query)\}/g, '');
    // oxlint-disable-next-line no-control-regex -- these are what must not get into a header
    if (/[#{}\u0000-\u0020\u007f-\uffff]/.test(left))
      throw validationError(`'${value}' is not a valid value for the ${name} of a redirect action`);
    return value;
  };
  const action = {
    type: 'redirect',
    statusCode: config.StatusCode as 'HTTP_301' | 'HTTP_302',
    protocol: text('protocol', config.Protocol),
    host: text('host', config.Host),
    port: text('port', config.Port),
    path: text('path', config.Path),
    query: text('query', config.Query),
  } as const;
  if (!action.path.startsWith('/')) throw validationError("The path of a redirect action must begin with '/'");
  if (!/^(#\{port\}|[1-9]\d{0,4})$/.test(action.port))
    throw validationError(`The port '${action.port}' of a redirect action must be 1-65535 or #{port}`);
  const same = (['protocol', 'host', 'port', 'path', 'query'] as const).every(
    (name) => action[name] === REDIRECT_DEFAULTS[name],
  );
  if (same)
    throw invalidAction(
      'The redirect configuration is not valid because it creates a loop: change at least one of protocol, host, port, path, query',
    );
  return action;
}

const CONTENT_TYPES = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'];

function fixedResponseOf(config: Action['FixedResponseConfig']): ListenerAction {
  if (config === undefined) throw validationError('A fixed-response action needs FixedResponseConfig');
  const { StatusCode: statusCode = '', ContentType: contentType, MessageBody: messageBody } = config;
  if (contentType !== undefined && !CONTENT_TYPES.includes(contentType))
    throw validationError(`Content type '${contentType}' must be one of ${CONTENT_TYPES.join(', ')}`);
  return { type: 'fixed-response', statusCode, contentType, messageBody };
}

const MOST_BALANCER_GROUPS = 100;

/** @throws ServiceError TooManyUniqueTargetGroupsPerLoadBalancer */
export function checkGroupCount(tables: Tables, listeners: readonly Listener[]): void {
  const used = new Set(
    listeners.flatMap((listener) =>
      actionsOf(tables, listener).flatMap((a) => groupsOf(a).map((g) => g.targetGroupArn)),
    ),
  );
  if (used.size > MOST_BALANCER_GROUPS)
    throw new ServiceError(
      'TooManyUniqueTargetGroupsPerLoadBalancerException',
      `A load balancer can have at most ${MOST_BALANCER_GROUPS} target groups`,
    );
}
