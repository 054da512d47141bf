/** One entry of an archive. Paths have no leading slash; owner is root, the time is 1970: equal input, equal bytes. */
export type TarEntry =
  | { readonly path: string; readonly kind: 'file'; readonly data: Uint8Array; readonly mode: number }
  | { readonly path: string; readonly kind: 'directory'; readonly mode: number }
  | { readonly path: string; readonly kind: 'symlink'; readonly target: string };

const BLOCK = 512;
const TYPES = { file: '0', symlink: '2', directory: '5' } as const;

/** A ustar archive. Throws for names longer than 100 bytes: built-in images have none. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks: Uint8Array[] = [];
  for (const entry of entries) {
    blocks.push(header(entry));
    if (entry.kind !== 'file') continue;
    blocks.push(entry.data);
    const over = entry.data.length % BLOCK;
    if (over !== 0) blocks.push(new Uint8Array(BLOCK - over));
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(blocks);
}

function header(entry: TarEntry): Buffer {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'symlink' ? entry.target : '';
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(target) > 100) throw new Error(`Path too long: ${name}`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write(octal(entry.kind === 'symlink' ? 0o777 : entry.mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(entry.kind === 'file' ? entry.data.length : 0, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(TYPES[entry.kind], 156);
  block.write(target, 157);
  block.write('ustar\0' + '00', 257);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
