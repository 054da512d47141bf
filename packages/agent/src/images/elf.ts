const MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const PT_INTERP = 3;

/** Whether this is a 64-bit Linux program that needs no loader and so runs alone in an empty image. */
export function isStaticProgram(file: Buffer): boolean {
  if (file.length < 64 || file.readUInt32BE(0) !== MAGIC) return false;
  if (file[4] !== CLASS_64 || file[5] !== LITTLE_ENDIAN) return false;
  const tableAt = Number(file.readBigUInt64LE(32));
  const entryBytes = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  if (tableAt + count * entryBytes > file.length) return false;
  for (let index = 0; index < count; index++) {
    if (file.readUInt32LE(tableAt + index * entryBytes) === PT_INTERP) return false;
  }
  return true;
}
