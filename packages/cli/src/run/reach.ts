import type { Task, TaskDefinition } from '../api/port.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly containerPort: number;
  readonly protocol: string;
}

/**
 * Where a task answers: its own address for awsvpc, else ports of the instance (`localhost`: the instances of `gantry up`
 * are this machine).
 */
export function addressesOf(task: Task, definition: TaskDefinition | undefined): readonly Address[] {
  const own = ownAddress(task);
  const declared = (definition?.containerDefinitions ?? []).flatMap((c) => c.portMappings ?? []);
  if (own !== undefined || definition?.networkMode === 'host') {
    return declared.flatMap((p) =>
      p.containerPort === undefined
        ? []
        : [
            {
              host: own ?? 'localhost',
              port: p.containerPort,
              containerPort: p.containerPort,
              protocol: p.protocol ?? 'tcp',
            },
          ],
    );
  }
  const bound = (task.containers ?? []).flatMap((c) => c.networkBindings ?? []);
  const found = bound.flatMap((b) =>
    b.hostPort === undefined
      ? []
      : [
          {
            host: 'localhost',
            port: b.hostPort,
            containerPort: b.containerPort ?? b.hostPort,
            protocol: b.protocol ?? 'tcp',
          },
        ],
  );
  // The engine binds IPv4 and IPv6: one line is enough.
  return found.filter((a, i) => found.findIndex((b) => b.port === a.port && b.protocol === a.protocol) === i);
}

/** Ranges of ports of a task in bridge mode, as `localhost:60996-60999->8000-8003/tcp`. */
export function rangesOf(task: Task): readonly string[] {
  const bound = (task.containers ?? []).flatMap((container) => container.networkBindings ?? []);
  return bound.flatMap(({ hostPortRange, containerPortRange, protocol = 'tcp' }) =>
    hostPortRange === undefined ? [] : [`localhost:${hostPortRange}->${containerPortRange}/${protocol}`],
  );
}

/** The private address of an awsvpc task, once it has one. */
export function ownAddress(task: Task): string | undefined {
  const fromContainer = (task.containers ?? []).flatMap((c) => c.networkInterfaces ?? [])[0]?.privateIpv4Address;
  const fromAttachment = (task.attachments ?? [])
    .find((a) => a.type === 'ElasticNetworkInterface' || a.type === 'eni')
    ?.details?.find((d) => d.name === 'privateIPv4Address')?.value;
  return fromContainer ?? fromAttachment;
}

/** `localhost:8080->80/tcp`, or `10.0.0.7:80/tcp` when both ports are the same. */
export function addressText({ host, port, containerPort, protocol }: Address): string {
  return `${host}:${port}${port === containerPort ? '' : `->${containerPort}`}/${protocol}`;
}

/** Last part of the ARN. */
export const taskIdOf = (task: Task): string => (task.taskArn ?? '').split('/').at(-1) ?? '';

/** `web:3` of a task definition ARN. */
export const definitionName = (arn: string | undefined): string => (arn ?? '').split('/').at(-1) ?? '';

/** The service a task belongs to, by its group. */
export const serviceOf = (task: Task): string | undefined =>
  task.group?.startsWith('service:') === true ? task.group.slice('service:'.length) : undefined;

/** In words, why a stopped task stopped: ECS's reason, then what its containers add to it. */
export function stopText(task: Task): string {
  const reason = (task.stoppedReason ?? task.stopCode ?? 'stopped').replace(/\.$/, '');
  const containers = (task.containers ?? []).flatMap((container) => {
    const own = container.reason === undefined || container.reason === task.stoppedReason ? '' : container.reason;
    const code = container.exitCode === undefined || container.exitCode === 0 ? '' : `exit code ${container.exitCode}`;
    const adds = [code, own].filter((part) => part !== '').join(', ');
    return adds === '' ? [] : [`${container.name}: ${adds}`];
  });
  return [reason, ...containers].join('; ');
}

/** What `gantry run --follow` answers with: the exit code of the first container that has one to tell, 1 if none ever ran. */
export function exitCodeOf(task: Task): number {
  const codes = (task.containers ?? []).flatMap((c) => (c.exitCode === undefined ? [] : [c.exitCode]));
  return codes.find((code) => code !== 0) ?? (codes.length > 0 ? 0 : 1);
}
