/** A table of nftables as it should be. Names and texts in it are checked by who makes them. */
export interface NftTable {
  /** `ip gantrysg-gantry0` */
  readonly name: string;
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly chains: ReadonlyMap<string, NftChain>;
}

export interface NftSet {
  readonly kind: 'set' | 'map';
  /** `ipv4_addr`, `ipv4_addr : verdict` */
  readonly type: string;
  /** Key to verdict; of a set the verdicts are empty. */
  readonly elements: ReadonlyMap<string, string>;
}

export interface NftChain {
  /** `type filter hook forward priority -5; policy accept;`: a chain the kernel calls. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** Input of `nft -f`: the tables as they should be, whatever was there. All takes effect as one. Pure. */
export function wholeText(tables: readonly NftTable[]): string {
  // Adding before deleting makes the deletion safe when there is nothing yet.
  const clear = ({ name }: NftTable): string => `add table ${name}\ndelete table ${name}\nadd table ${name}\n`;
  return tables
    .map((table) => clear(table) + changeText({ ...table, sets: new Map(), chains: new Map() }, table))
    .join('');
}

/** Input of `nft -f` that removes the tables. Pure. */
export function clearText(names: readonly string[]): string {
  return names.map((name) => `add table ${name}\ndelete table ${name}\n`).join('');
}

/** Input of `nft -f` that makes one table of the other; empty when nothing changes. Pure. */
export function changeText(before: NftTable, after: NftTable): string {
  const { name } = after;
  const lines = [
    // Whatever is referred to is there first; what is no longer referred to goes last.
    ...added(before.chains, after.chains).map(([chain, { hook }]) => `add chain ${name} ${chain}${hooked(hook)}`),
    ...added(before.sets, after.sets).map(([set, { kind, type }]) => `add ${kind} ${name} ${set} { type ${type}; }`),
    ...[...after.chains].flatMap(([chain, { rules }]) =>
      chainLines(name, chain, before.chains.get(chain)?.rules, rules),
    ),
    ...[...after.sets].flatMap(([set, { elements }]) =>
      elementLines('delete', `${name} ${set}`, before.sets.get(set)?.elements, elements),
    ),
    ...[...after.sets].flatMap(([set, { elements }]) =>
      elementLines('add', `${name} ${set}`, elements, before.sets.get(set)?.elements),
    ),
    ...added(after.chains, before.chains).map(([chain]) => `flush chain ${name} ${chain}`),
    ...added(after.chains, before.chains).map(([chain]) => `delete chain ${name} ${chain}`),
    ...added(after.sets, before.sets).map(([set, { kind }]) => `delete ${kind} ${name} ${set}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const hooked = (hook: string | undefined): string => (hook === undefined ? '' : ` { ${hook} }`);

function added<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...after].filter(([key]) => !before.has(key));
}

function chainLines(
  table: string,
  chain: string,
  before: readonly string[] | undefined,
  rules: readonly string[],
): readonly string[] {
  if (before?.join('\n') === rules.join('\n')) return [];
  const flush = before === undefined ? [] : [`flush chain ${table} ${chain}`];
  return [...flush, ...rules.map((rule) => `add rule ${table} ${chain} ${rule}`)];
}

/** `delete`: those of `these` that are not the same in `those`; `add`, likewise. */
function elementLines(
  verb: 'add' | 'delete',
  set: string,
  these: ReadonlyMap<string, string> = new Map(),
  those: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  const texts: string[] = [];
  for (const [key, verdict] of these) {
    if (those.get(key) === verdict) continue;
    texts.push(verdict === '' ? key : `${key} : ${verdict}`);
  }
  return texts.length === 0 ? [] : [`${verb} element ${set} { ${texts.join(', ')} }`];
}
