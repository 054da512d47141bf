import { createHash } from 'node:crypto';

/** Message types of a session's data channel (agent-protocol 9.3). */
export type MessageType =
  | 'output_stream_data'
  | 'input_stream_data'
  | 'acknowledge'
  | 'channel_closed'
  | 'start_publication'
  | 'pause_publication';

export const PAYLOAD = {
  none: 0,
  bytes: 1,
  size: 3,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
  stderr: 11,
  exitCode: 12,
} as const;

/** What a `flag` payload says. `endOfInput` is ours: a terminal has no end, a pipe does. */
export const FLAG = { disconnect: 1, terminate: 2, connectError: 3, endOfInput: 100 } as const;

export interface DataFrame {
  readonly messageType: string;
  readonly createdAtMs: number;
  readonly sequenceNumber: number;
  /** 1: the first of a stream, 3: an acknowledgement. */
  readonly flags: number;
  readonly messageId: string;
  readonly payloadType: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 116;
const AT = { type: 4, version: 36, created: 40, sequence: 48, flags: 56, id: 64, digest: 80, kind: 112, size: 116 };
const PAYLOAD_AT = 120;
const TYPE_BYTES = 32;

/** One binary message of the data channel. */
export function encodeFrame(frame: DataFrame): Buffer {
  const { payload } = frame;
  const bytes = Buffer.allocUnsafe(PAYLOAD_AT + payload.length);
  bytes.writeUInt32BE(HEADER_BYTES, 0);
  bytes.write(frame.messageType.padEnd(TYPE_BYTES), AT.type, TYPE_BYTES, 'latin1');
  bytes.writeUInt32BE(1, AT.version);
  bytes.writeBigUInt64BE(BigInt(frame.createdAtMs), AT.created);
  bytes.writeBigUInt64BE(BigInt(frame.sequenceNumber), AT.sequence);
  bytes.writeBigUInt64BE(BigInt(frame.flags), AT.flags);
  const id = Buffer.from(frame.messageId.replaceAll('-', ''), 'hex');
  id.copy(bytes, AT.id, 8, 16);
  id.copy(bytes, AT.id + 8, 0, 8);
  digestOf(payload).copy(bytes, AT.digest);
  bytes.writeUInt32BE(frame.payloadType, AT.kind);
  bytes.writeUInt32BE(payload.length, AT.size);
  bytes.set(payload, PAYLOAD_AT);
  return bytes;
}

/** `problem`: why these bytes are no such message. The payload is a view into them. */
export function decodeFrame(data: Uint8Array): DataFrame | { readonly problem: string } {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < PAYLOAD_AT) return { problem: `it has ${bytes.length} bytes, fewer than its header` };
  if (bytes.readUInt32BE(0) !== HEADER_BYTES) return { problem: `its header length is ${bytes.readUInt32BE(0)}` };
  if (bytes.readUInt32BE(AT.version) !== 1) return { problem: `its version is ${bytes.readUInt32BE(AT.version)}` };
  const size = bytes.readUInt32BE(AT.size);
  if (bytes.length !== PAYLOAD_AT + size) return { problem: `its payload has not the length it says, ${size}` };
  const [created, sequence] = [bytes.readBigInt64BE(AT.created), bytes.readBigInt64BE(AT.sequence)];
  if (!isCount(created) || !isCount(sequence)) return { problem: 'its sequence number or time is out of range' };
  const payload = bytes.subarray(PAYLOAD_AT);
  if (!digestOf(payload).equals(bytes.subarray(AT.digest, AT.kind))) return { problem: 'its digest is wrong' };
  return {
    messageType: bytes.toString('latin1', AT.type, AT.version).replace(/[ \0]+$/, ''),
    createdAtMs: Number(created),
    sequenceNumber: Number(sequence),
    flags: Number(bytes.readBigUInt64BE(AT.flags)),
    messageId: uuidOf(bytes.subarray(AT.id, AT.digest)),
    payloadType: bytes.readUInt32BE(AT.kind),
    payload,
  };
}

function isCount(value: bigint): boolean {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

function digestOf(payload: Uint8Array): Buffer {
  return createHash('sha256').update(payload).digest();
}

/** The low half comes first on the wire. */
function uuidOf(halves: Buffer): string {
  const hex = halves.toString('hex', 8, 16) + halves.toString('hex', 0, 8);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
