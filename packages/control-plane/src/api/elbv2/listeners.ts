import { arnOf, type Listener, type LoadBalancer } from '@gantry/domain';
import { ServiceError, type ElasticloadbalancingOperations } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { checkedAction, checkGroupCount } from './actions.ts';
import { notSupported, validationError } from './common/errors.ts';
import { keyOf, listenerOf, loadBalancerOf } from './common/find.ts';
import { explain, type ElbHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { freshPort, takenPorts, type HostPorts } from './host-port.ts';
import { removeListener } from './remove.ts';
import { wireListener } from './wire.ts';

type Writes = 'CreateListener' | 'ModifyListener' | 'DeleteListener';
type Reads = 'DescribeListeners' | 'DescribeListenerAttributes' | 'DescribeListenerCertificates';
type Input = ElasticloadbalancingOperations['ModifyListener']['input'];

const MOST = 50;

export function listenerHandlers({ state, ids }: Platform, ports: HostPorts): Pick<ElbHandlers, Writes> {
  return {
    CreateListener: async (input, context) => {
      const { scope } = context;
      refuseTls(input);
      const balancer = loadBalancerOf(state.tables, scope, input.LoadBalancerArn);
      if (input.Port === undefined) throw validationError('A listener port must be specified');
      const [port, protocol] = [input.Port, protocolFor(balancer, input.Protocol)];
      const free = await ports.choose(port, takenPorts(state.tables));
      const listener = await state.transact((tx) => {
        const { arn: loadBalancerArn } = loadBalancerOf(tx.tables, scope, input.LoadBalancerArn);
        const others = tx.tables.listeners.by('loadBalancer', loadBalancerArn);
        checkPort(others, port, loadBalancerArn);
        if (others.length >= MOST)
          throw new ServiceError('TooManyListenersException', `A load balancer can have at most ${MOST} listeners`);
        const path = `${keyOf(balancer).split('/').slice(3).join('/')}/${ids.hex32().slice(0, 16)}`;
        const made: Listener = {
          scope,
          arn: arnOf(scope, 'elasticloadbalancing', `listener/${path}`),
          loadBalancerArn,
          protocol,
          port,
          hostPort: freshPort(free, takenPorts(tx.tables)),
          defaultAction: checkedAction(input.DefaultActions, { tables: tx.tables, scope, loadBalancerArn, protocol }),
          defaultRuleArn: arnOf(scope, 'elasticloadbalancing', `listener-rule/${path}/${ids.hex32().slice(0, 16)}`),
          attributes: {},
          tags: checkTags(input.Tags),
        };
        tx.put(tx.tables.listeners, keyOf(made), made);
        checkGroupCount(tx.tables, [...others, made]);
        const where = `Listener on port ${port} was created; it is port ${made.hostPort} of this host.`;
        explain(tx, context, made.arn, 'listener.created', where);
        return made;
      });
      return { Listeners: [wireListener(listener)] };
    },

    ModifyListener: modifyListener(state, ports),

    DeleteListener: async ({ ListenerArn }, context) => {
      await state.transact((tx) => {
        const listener = listenerOf(tx.tables, context.scope, ListenerArn);
        removeListener(tx, listener);
        explain(tx, context, listener.arn, 'listener.deleted', `Listener on port ${listener.port} was deleted.`);
      });
      return {};
    },
  };
}

function modifyListener(state: Platform['state'], ports: HostPorts): ElbHandlers['ModifyListener'] {
  return async (input, context) => {
    const { scope } = context;
    refuseTls(input);
    const known = listenerOf(state.tables, scope, input.ListenerArn);
    const free =
      input.Port === undefined || input.Port === known.port
        ? undefined
        : await ports.choose(input.Port, takenPorts(state.tables));
    const listener = await state.transact((tx) => {
      const before = listenerOf(tx.tables, scope, input.ListenerArn);
      const { loadBalancerArn } = before;
      const others = tx.tables.listeners.by('loadBalancer', loadBalancerArn).filter(({ arn }) => arn !== before.arn);
      if (free !== undefined) checkPort(others, input.Port as number, loadBalancerArn);
      const protocol = protocolFor(
        loadBalancerOf(tx.tables, scope, loadBalancerArn),
        input.Protocol ?? before.protocol,
      );
      const place = { tables: tx.tables, scope, loadBalancerArn, protocol };
      const after: Listener = {
        ...before,
        ...(free === undefined ? {} : { port: input.Port as number, hostPort: freshPort(free, takenPorts(tx.tables)) }),
        ...(input.DefaultActions === undefined ? {} : { defaultAction: checkedAction(input.DefaultActions, place) }),
      };
      tx.put(tx.tables.listeners, keyOf(after), after);
      checkGroupCount(tx.tables, [...others, after]);
      explain(tx, context, after.arn, 'listener.modified', `Listener on port ${after.port} was changed.`);
      return after;
    });
    return { Listeners: [wireListener(listener)] };
  };
}

export function listenerReadHandlers({ state }: Platform): Pick<ElbHandlers, Reads> {
  return {
    DescribeListeners: async (input, { scope }) => {
      const { LoadBalancerArn, ListenerArns = [] } = input;
      if (ListenerArns.length > 0)
        return { Listeners: ListenerArns.map((arn) => wireListener(listenerOf(state.tables, scope, arn))) };
      if (LoadBalancerArn === undefined)
        throw validationError('You must specify either listener ARNs or a load balancer ARN');
      const { arn } = loadBalancerOf(state.tables, scope, LoadBalancerArn);
      const { items, end } = pageOfItems(state.tables.listeners.by('loadBalancer', arn), input, keyOf);
      return { Listeners: items.map(wireListener), ...end };
    },

    /** Beside ELB's: where the listener is on this host. */
    DescribeListenerAttributes: async ({ ListenerArn }, { scope }) => {
      const { hostPort } = listenerOf(state.tables, scope, ListenerArn);
      return { Attributes: [{ Key: 'gantry.host_port', Value: String(hostPort) }] };
    },

    DescribeListenerCertificates: async ({ ListenerArn }, { scope }) => {
      listenerOf(state.tables, scope, ListenerArn);
      return { Certificates: [] };
    },
  };
}

function checkPort(others: readonly Listener[], port: number, loadBalancerArn: string): void {
  if (others.some((other) => other.port === port))
    throw new ServiceError(
      'DuplicateListenerException',
      `A listener already exists on this port for this load balancer '${loadBalancerArn}'`,
    );
}

function protocolFor({ type }: LoadBalancer, given: string | undefined): 'HTTP' | 'TCP' {
  if (given === undefined) throw validationError('A listener protocol must be specified');
  const own = type === 'application' ? 'HTTP' : 'TCP';
  if (given === own) return own;
  const family = type === 'application' ? ['HTTP', 'HTTPS'] : ['TCP', 'TLS', 'UDP', 'TCP_UDP', 'QUIC', 'TCP_QUIC'];
  if (!family.includes(given))
    throw new ServiceError(
      'UnsupportedProtocolException',
      `Listener protocol '${given}' is not supported for load balancers of type '${type}'`,
    );
  throw notSupported(`Listener protocol ${given} is`, `Use ${own}; there are no certificates (ACM) here yet.`);
}

function refuseTls(input: Pick<Input, 'Certificates' | 'SslPolicy' | 'AlpnPolicy' | 'MutualAuthentication'>): void {
  const given = (['Certificates', 'SslPolicy', 'AlpnPolicy', 'MutualAuthentication'] as const).find((name) => {
    const value = input[name];
    return value !== undefined && (!Array.isArray(value) || value.length > 0);
  });
  if (given !== undefined) throw notSupported(`${given}: TLS listeners are`, 'Use HTTP or TCP.');
}
