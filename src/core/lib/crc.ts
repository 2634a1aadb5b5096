// The two 32-bit checksums that our wires and disks use, table-driven, eight bytes a round ("slicing-by-8",
// Kounavis & Berry 2005): CRC-32C guards our log and snapshots, CRC-32 (zlib's) is what memberlist puts on packets.

type Tables = readonly Uint32Array[];

function makeTables(polynomial: number): Tables {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  const first = tables[0] as Uint32Array;
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    first[n] = c >>> 0;
  }
  for (let k = 1; k < 8; k++) {
    const table = tables[k] as Uint32Array;
    const before = tables[k - 1] as Uint32Array;
    for (let n = 0; n < 256; n++) {
      const c = before[n] as number;
      table[n] = ((c >>> 8) ^ (first[c & 255] as number)) >>> 0;
    }
  }
  return tables;
}

const CASTAGNOLI = makeTables(0x82f63b78);
const IEEE = makeTables(0xedb88320);

function update(tables: Tables, bytes: Uint8Array, start: number, end: number, seed: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as unknown as readonly [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let c = ~seed;
  let at = start;
  for (const stop = end - 7; at < stop; at += 8) {
    const b = bytes as unknown as { readonly [index: number]: number };
    const low = c ^ (at0(b, at) | (at0(b, at + 1) << 8) | (at0(b, at + 2) << 16) | (at0(b, at + 3) << 24));
    c =
      at0(t7, low & 255) ^
      at0(t6, (low >>> 8) & 255) ^
      at0(t5, (low >>> 16) & 255) ^
      at0(t4, low >>> 24) ^
      at0(t3, at0(b, at + 4)) ^
      at0(t2, at0(b, at + 5)) ^
      at0(t1, at0(b, at + 6)) ^
      at0(t0, at0(b, at + 7));
  }
  for (; at < end; at++) c = (c >>> 8) ^ at0(t0, (c ^ (bytes[at] as number)) & 255);
  return ~c >>> 0;
}

function at0(table: { readonly [index: number]: number }, index: number): number {
  return table[index] as number;
}

/** CRC-32C (Castagnoli, RFC 3720 §B.4) of `bytes[start, end)`, continuing from the checksum `seed` of what came before. */
export function crc32c(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
  seed: number = 0,
): number {
  return update(CASTAGNOLI, bytes, start, end, seed);
}

/** CRC-32 (IEEE 802.3, as zlib) of `bytes[start, end)`, continuing from the checksum `seed` of what came before. */
export function crc32(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
  seed: number = 0,
): number {
  return update(IEEE, bytes, start, end, seed);
}
