import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame, encodeFrame, PAYLOAD, type DataFrame } from './frame.ts';

const hello: DataFrame = {
  messageType: 'input_stream_data',
  createdAtMs: 0x0102030405,
  sequenceNumber: 7,
  flags: 1,
  messageId: 'dd01e56b-ff48-483e-a508-b5f073f31b16',
  payloadType: PAYLOAD.bytes,
  payload: Buffer.from('payload'),
};

test('the layout is the page’s, byte for byte', () => {
  const bytes = encodeFrame(hello);
  const parts: readonly (readonly [name: string, from: number, length: number, hex: string])[] = [
    ['header length', 0, 4, '00000074'],
    ['message type', 4, 32, Buffer.from('input_stream_data               ').toString('hex')],
    ['schema version', 36, 4, '00000001'],
    ['created', 40, 8, '0000000102030405'.padStart(16, '0')],
    ['sequence number', 48, 8, '0000000000000007'],
    ['flags', 56, 8, '0000000000000001'],
    ['uuid, low half first', 64, 16, 'a508b5f073f31b16dd01e56bff48483e'],
    ['digest', 80, 32, createHash('sha256').update('payload').digest('hex')],
    ['payload type', 112, 4, '00000001'],
    ['payload length', 116, 4, '00000007'],
    ['payload', 120, 7, Buffer.from('payload').toString('hex')],
  ];
  for (const [name, from, length, hex] of parts) assert.equal(bytes.toString('hex', from, from + length), hex, name);
  assert.equal(bytes.length, 127);
});

test('what is written is read', () => {
  const frames = fc.record({
    messageType: fc.constantFrom('output_stream_data', 'acknowledge', 'channel_closed', ''),
    createdAtMs: fc.maxSafeNat(),
    sequenceNumber: fc.maxSafeNat(),
    flags: fc.nat(),
    messageId: fc.uuid(),
    payloadType: fc.nat(),
    payload: fc.uint8Array({ maxLength: 2_000 }),
  });
  fc.assert(
    fc.property(frames, (frame) => {
      const read = decodeFrame(encodeFrame(frame));
      assert.ok(!('problem' in read));
      assert.deepEqual({ ...read, payload: [...read.payload] }, { ...frame, payload: [...frame.payload] });
    }),
  );
});

test('a message with any bit of length or payload changed is refused, and nothing throws', () => {
  fc.assert(
    fc.property(fc.nat(126), fc.nat(7), (at, bit) => {
      const bytes = encodeFrame(hello);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
      const read = decodeFrame(bytes);
      const guarded = at < 4 || (at >= 36 && at < 40) || (at >= 80 && at < 112) || at >= 116;
      if (guarded) assert.ok('problem' in read);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeFrame(bytes)));
});
