import { BlockList, isIP } from 'node:net';
import { arnMatches, compileArn, splitArn } from './arn-pattern.ts';
import { compilePattern, matches, type Context } from './wildcard.ts';

/** Whether a value of the request fits one of the policy's. */
export type ValueTest = (given: string, context: Context) => boolean;

interface Operator {
  /** The same test as its counterpart, the other way round. */
  readonly negated: boolean;
  /** @throws RangeError a value the operator cannot compare with */
  readonly compile: (values: readonly string[], options: { readonly variables: boolean }) => ValueTest;
}

type Compile = Operator['compile'];

/** By their names in lower case, without `ForAnyValue:`, `ForAllValues:` and `IfExists`. `Null` is not a comparison. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ...pair('stringequals', 'stringnotequals', text({ wildcards: false })),
  ...pair('stringequalsignorecase', 'stringnotequalsignorecase', text({ wildcards: false, ignoreCase: true })),
  ...pair('stringlike', 'stringnotlike', text({ wildcards: true })),
  ...pair(
    'numericequals',
    'numericnotequals',
    ordered(numberOf, (given, wanted) => given === wanted),
  ),
  ...one(
    'numericlessthan',
    ordered(numberOf, (given, wanted) => given < wanted),
  ),
  ...one(
    'numericlessthanequals',
    ordered(numberOf, (given, wanted) => given <= wanted),
  ),
  ...one(
    'numericgreaterthan',
    ordered(numberOf, (given, wanted) => given > wanted),
  ),
  ...one(
    'numericgreaterthanequals',
    ordered(numberOf, (given, wanted) => given >= wanted),
  ),
  ...pair(
    'dateequals',
    'datenotequals',
    ordered(momentOf, (given, wanted) => given === wanted),
  ),
  ...one(
    'datelessthan',
    ordered(momentOf, (given, wanted) => given < wanted),
  ),
  ...one(
    'datelessthanequals',
    ordered(momentOf, (given, wanted) => given <= wanted),
  ),
  ...one(
    'dategreaterthan',
    ordered(momentOf, (given, wanted) => given > wanted),
  ),
  ...one(
    'dategreaterthanequals',
    ordered(momentOf, (given, wanted) => given >= wanted),
  ),
  ...one('bool', bool),
  ...one('binaryequals', binary),
  ...pair('ipaddress', 'notipaddress', address),
  // IAM compares both alike, wildcards included.
  ...pair('arnequals', 'arnnotequals', arn),
  ...pair('arnlike', 'arnnotlike', arn),
]);

function one(name: string, compile: Compile): [string, Operator][] {
  return [[name, { negated: false, compile }]];
}

function pair(name: string, opposite: string, compile: Compile): [string, Operator][] {
  return [
    [name, { negated: false, compile }],
    [opposite, { negated: true, compile }],
  ];
}

function text(kind: { readonly wildcards: boolean; readonly ignoreCase?: boolean }): Compile {
  return (values, { variables }) => {
    const patterns = values.map((value) => compilePattern(value, { ...kind, variables }));
    return (given, context) => patterns.some((pattern) => matches(pattern, given, context));
  };
}

function arn(values: readonly string[], options: { readonly variables: boolean }): ValueTest {
  const patterns = values.map((value) => compileArn(value, options));
  return (given, context) => {
    const parts = splitArn(given);
    return parts !== undefined && patterns.some((pattern) => arnMatches(pattern, parts, context));
  };
}

function ordered(
  read: (value: string) => number | undefined,
  compare: (given: number, wanted: number) => boolean,
): Compile {
  return (values) => {
    const wanted = values.map((value) => read(value) ?? refuse(value));
    return (value) => {
      const given = read(value);
      return given !== undefined && wanted.some((each) => compare(given, each));
    };
  };
}

function numberOf(value: string): number | undefined {
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value) ? Number(value) : undefined;
}

/** ISO 8601, UTC where it does not say, or seconds since 1970. */
function momentOf(value: string): number | undefined {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const iso = /^(\d{4}-\d{2}(?:-\d{2})?)(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(value);
  if (iso === null) return undefined;
  const [, day, time, zone = 'Z'] = iso;
  const moment = Date.parse(time === undefined ? `${day}` : `${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(moment) ? undefined : moment;
}

function bool(values: readonly string[]): ValueTest {
  const wanted = values.map((value) => value.toLowerCase());
  return (given) => wanted.includes(given.toLowerCase());
}

function binary(values: readonly string[]): ValueTest {
  const wanted = values.map((value) => Buffer.from(value, 'base64'));
  return (given) => {
    const bytes = Buffer.from(given, 'base64');
    return wanted.some((each) => each.equals(bytes));
  };
}

function address(values: readonly string[]): ValueTest {
  const ranges = new BlockList();
  for (const value of values) {
    const [network = '', length, ...more] = value.split('/');
    const family = isIP(network);
    const most = family === 4 ? 32 : 128;
    const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
    if (family === 0 || bits > most || more.length > 0) refuse(value);
    ranges.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (given) => {
    const family = isIP(given);
    return family !== 0 && ranges.check(given, family === 4 ? 'ipv4' : 'ipv6');
  };
}

function refuse(value: string): never {
  throw new RangeError(value);
}
