import { clientException } from '@gantry/protocol';
import type { ProxyConfiguration } from '@aws-sdk/client-ecs';
import type { Draft } from './draft.ts';

const PROPERTIES = [
  'IgnoredUID',
  'IgnoredGID',
  'AppPorts',
  'ProxyIngressPort',
  'ProxyEgressPort',
  'EgressIgnoredPorts',
  'EgressIgnoredIPs',
];
const NEEDED = ['AppPorts', 'ProxyIngressPort', 'ProxyEgressPort'];

/** The App Mesh proxy (ecs-semantics 2.2). Pure; throws ClientException. */
export function checkProxy({ input, networkMode }: Draft): void {
  const proxy = input.proxyConfiguration;
  if (proxy === undefined) return;
  if (networkMode !== 'awsvpc') throw invalid(`it needs networkMode awsvpc; it is ${networkMode}.`);
  const names = (input.containerDefinitions ?? []).map((container) => container.name);
  if (!names.includes(proxy.containerName)) {
    throw invalid(`container '${proxy.containerName ?? ''}' is not in the task definition.`);
  }
  checkProperties(proxy);
}

function checkProperties({ properties }: ProxyConfiguration): void {
  const values = new Map((properties ?? []).map(({ name = '', value = '' }) => [name, value]));
  for (const name of values.keys()) {
    if (!PROPERTIES.includes(name)) {
      throw invalid(`there is no property '${name.slice(0, 64)}'. Use ${PROPERTIES.join(', ')}.`);
    }
  }
  const missing = NEEDED.filter((name) => (values.get(name) ?? '') === '');
  if (missing.length > 0) throw invalid(`it needs the properties ${missing.join(', ')}.`);
  if ((values.get('IgnoredUID') ?? '') === '' && (values.get('IgnoredGID') ?? '') === '') {
    throw invalid('it needs the property IgnoredUID or IgnoredGID.');
  }
  for (const name of ['ProxyIngressPort', 'ProxyEgressPort']) {
    if (!isPort(values.get(name) ?? '')) throw invalid(`${name} must be a port, 1 to 65535.`);
  }
  for (const name of ['AppPorts', 'EgressIgnoredPorts']) {
    const ports = (values.get(name) ?? '').split(',').filter((port) => port !== '');
    if (!ports.every((port) => isPort(port.trim()))) throw invalid(`${name} must be ports separated by commas.`);
  }
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535;
}

function invalid(why: string): Error {
  return clientException(`Invalid 'proxyConfiguration': ${why}`);
}
