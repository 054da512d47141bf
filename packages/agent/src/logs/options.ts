import { parseArn } from '@gantry/domain';
import type { CallWhere } from '../session/port.ts';
import { goPattern } from './pattern.ts';

/** The `awslogs` driver's options (ecs-semantics 2.10), read from the container's LogConfig. */
export interface AwslogsOptions {
  readonly group: string | undefined;
  readonly region: string | undefined;
  /** The task's: its output belongs to its owner, whoever owns the instance. */
  readonly account: string | undefined;
  readonly streamPrefix: string | undefined;
  /** The stream's name, when whoever rendered the options has made it already. */
  readonly stream: string | undefined;
  readonly createGroup: boolean;
  /** It writes no faster than its output is taken. */
  readonly blocking: boolean;
  /** A line that matches begins an event; lines up to the next match belong to it. */
  readonly multilinePattern: string | undefined;
}

/** `undefined`: the container logs by another driver. */
export function awslogsOptions(
  logConfig: { readonly Type?: string; readonly Config?: Readonly<Record<string, string>> } | undefined,
  taskArn: string,
): AwslogsOptions | undefined {
  if (logConfig?.Type !== 'awslogs') return undefined;
  const options = logConfig.Config ?? {};
  const datetime = options['awslogs-datetime-format'];
  return {
    group: options['awslogs-group'],
    region: options['awslogs-region'],
    account: parseArn(taskArn)?.account,
    streamPrefix: options['awslogs-stream-prefix'],
    stream: options['awslogs-stream'],
    createGroup: options['awslogs-create-group'] === 'true',
    blocking: options['mode'] === 'blocking',
    multilinePattern: datetime === undefined ? options['awslogs-multiline-pattern'] : datetimePattern(datetime),
  };
}

/** `25m`, `64k`; 0: none, or none that can be read. Pure. */
export function bytesOf(size: string): number {
  const [, number, unit = ''] = /^(\d+)([bkmg]?)$/i.exec(size) ?? [];
  const power = ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase().replace('b', ''));
  return Number(number ?? 0) * 1024 ** Math.max(0, power);
}

/** The world the output goes to. */
export const whereOf = ({ region, account }: AwslogsOptions): CallWhere => ({ region, account });

/** What is wrong with the options, or `undefined`. */
export function awslogsProblem(options: AwslogsOptions): string | undefined {
  if (options.group === undefined || options.group === '') return "must specify a value for log opt 'awslogs-group'";
  if (options.region === undefined || options.region === '') return "must specify a value for log opt 'awslogs-region'";
  if (options.multilinePattern !== undefined) {
    try {
      goPattern(options.multilinePattern);
    } catch {
      return `awslogs could not parse multiline pattern key ${JSON.stringify(options.multilinePattern)}`;
    }
  }
  return undefined;
}

/** `<prefix>/<container>/<task id>`; `undefined`: there is no prefix, the runtime id will be its name. */
export function namedStream(options: AwslogsOptions, container: string, taskId: string): string | undefined {
  if ((options.stream ?? '') !== '') return options.stream;
  return (options.streamPrefix ?? '') === '' ? undefined : `${options.streamPrefix}/${container}/${taskId}`;
}

/** strftime codes, each as the expression that matches it. */
const DATETIME_CODES: Readonly<Record<string, string>> = {
  '%A': '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)',
  '%B': '(?:January|February|March|April|May|June|July|August|September|October|November|December)',
  '%H': '(?:[0-1][0-9]|2[0-3])',
  '%I': '(?:0[0-9]|1[0-2])',
  '%L': '\\.\\d{3}',
  '%M': '[0-5][0-9]',
  '%S': '[0-5][0-9]',
  '%Y': '\\d{4}',
  '%Z': '[A-Z]{1,4}T',
  '%a': '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)',
  '%b': '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)',
  '%d': '(?:[0-2][0-9]|3[0-1])',
  '%f': '\\d+',
  '%j': '(?:[0-2][0-9][0-9]|3[0-5][0-9]|36[0-6])',
  '%m': '(?:0[1-9]|1[0-2])',
  '%p': '(?:AM|PM)',
  '%w': '[0-6]',
  '%y': '\\d{2}',
  '%z': '[-+]\\d{4}',
};

function datetimePattern(format: string): string {
  return format.replace(
    /%[A-Za-z]|[.*+?^${}()|[\]\\]/g,
    (found) => DATETIME_CODES[found] ?? `\\${found}`.replace('\\%', '%'),
  );
}
