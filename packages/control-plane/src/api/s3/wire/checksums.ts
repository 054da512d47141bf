import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { S3Checksum, S3ChecksumAlgorithm } from '@gantry/protocol';
import { CHECKSUM_ALGORITHMS } from '../../../objects/port.ts';

/** Takes in bytes; `digest` ends it. */
export interface Summing {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

export const headerOf = (algorithm: S3ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** `CRC32`, in any case. */
export function algorithmNamed(text: string | undefined): S3ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((name) => name === text?.toUpperCase());
}

/** The checksum among a request's headers or trailers. */
export function checksumIn(get: (header: string) => string | undefined): S3Checksum | undefined {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = get(headerOf(algorithm));
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}

export function summing(algorithm: S3ChecksumAlgorithm): Summing {
  switch (algorithm) {
    case 'CRC32': {
      let sum = 0;
      return { update: (bytes) => (sum = crc32(bytes, sum)), digest: () => unsigned(sum) };
    }
    case 'CRC32C':
      return crc32c();
    case 'CRC64NVME':
      return crc64nvme();
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
  }
}

function unsigned(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, n) => bytes.writeUInt32BE(word >>> 0, 4 * n));
  return bytes;
}

/** Castagnoli's polynomial, bits reversed. */
const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value;
});

function crc32c(): Summing {
  let sum = -1;
  return {
    update: (bytes) => {
      for (const byte of bytes) sum = (CRC32C[(sum ^ byte) & 0xff] as number) ^ (sum >>> 8);
    },
    digest: () => unsigned(~sum),
  };
}

/** NVMe's polynomial, bits reversed; 64 bits as two words, for BigInt takes a hundred times as long. */
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) value = (value >> 1n) ^ (value & 1n ? 0x9a6c9329ac4bc9b5n : 0n);
  HIGH[byte] = Number(value >> 32n);
  LOW[byte] = Number(value & 0xffffffffn);
}

function crc64nvme(): Summing {
  let [high, low] = [-1, -1];
  return {
    update: (bytes) => {
      for (const byte of bytes) {
        const at = (low ^ byte) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (LOW[at] as number);
        high = (high >>> 8) ^ (HIGH[at] as number);
      }
    },
    digest: () => unsigned(~high, ~low),
  };
}
