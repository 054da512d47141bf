/**
 * A lease is written into the name of its pause container: labels cannot change once a container is made, and pooled
 * ones are made before their task is known. ARNs have no dots, so `:` becomes `.` and `/` becomes `..`.
 */
const PREFIX = 'gantry-lease-';

export function leaseName(taskArn: string, ipv4Address: string, macAddress: string): string {
  if (!/^arn:[\w:/-]+$/.test(taskArn)) throw new Error(`Not the ARN of a task: ${taskArn}`);
  const mac = macAddress.toLowerCase().replaceAll(':', '');
  return `${PREFIX}${ipv4Address}-${mac}-${taskArn.replaceAll('/', '..').replaceAll(':', '.')}`;
}

export interface LeaseRecord {
  readonly taskArn: string;
  readonly ipv4Address: string;
  /** Leases of an earlier version do not say. */
  readonly macAddress: string | undefined;
}

/** `undefined`: a pause container that nobody has leased. */
export function parseLeaseName(name: string): LeaseRecord | undefined {
  const match = /^gantry-lease-(\d+\.\d+\.\d+\.\d+)-(?:([0-9a-f]{12})-)?(arn\..+)$/.exec(name);
  if (match === null) return undefined;
  const [, ipv4Address = '', mac, text = ''] = match;
  const macAddress = mac?.match(/../g)?.join(':');
  return { ipv4Address, macAddress, taskArn: text.replaceAll('..', '/').replaceAll('.', ':') };
}
