/**
 * A lease is written into the name of its pause container: labels cannot change once a container is made, and pooled
 * ones are made before their task is known. ARNs have no dots, so `:` becomes `.` and `/` becomes `..`.
 */
const PREFIX = 'gantry-lease-';

export function leaseName(taskArn: string, ipv4Address: string): string {
  if (!/^arn:[\w:/-]+$/.test(taskArn)) throw new Error(`Not the ARN of a task: ${taskArn}`);
  return `${PREFIX}${ipv4Address}-${taskArn.replaceAll('/', '..').replaceAll(':', '.')}`;
}

/** `undefined`: a pause container that nobody has leased. */
export function parseLeaseName(name: string): { readonly taskArn: string; readonly ipv4Address: string } | undefined {
  const match = /^gantry-lease-(\d+\.\d+\.\d+\.\d+)-(arn\..+)$/.exec(name);
  if (match === null) return undefined;
  const [, ipv4Address = '', text = ''] = match;
  return { ipv4Address, taskArn: text.replaceAll('..', '/').replaceAll('.', ':') };
}
