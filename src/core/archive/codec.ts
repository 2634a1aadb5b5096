// Where the edge hands in zlib and SHA-256 of the host's (docs/adr/0018), many times as fast as ours. Without them, as in the
// simulator, everything is done by the JavaScript beside their calls. What is read is the same either way; what is written
// holds the same, but its bytes are the compressor's own.

export interface HostCodec {
  /** A gzip member that holds the block. */
  readonly gzip: (block: Uint8Array) => Uint8Array;
  /**
   * What the DEFLATE stream at the beginning of `bytes` holds, and how many bytes of them it takes up. Undefined where it
   * does not end within them, holds more than `mostBytes`, or is broken: who asks finds out which by reading it himself.
   */
  readonly inflate: (
    bytes: Uint8Array,
    mostBytes: number,
  ) => { readonly data: Uint8Array; readonly used: number } | undefined;
  /** CRC-32 (IEEE 802.3) of all the bytes. */
  readonly crc32: (bytes: Uint8Array) => number;
  /** Begins a SHA-256 that is fed piece by piece. It belongs to this very object, and is gone when that is. */
  readonly beginSha256: (owner: object) => void;
  readonly updateSha256: (owner: object, bytes: Uint8Array) => void;
  /** The 32 bytes of the hash of all that was fed. It may be fed on. */
  readonly digestSha256: (owner: object) => Uint8Array;
}

let handedIn: HostCodec | undefined;

/** What there is to use; undefined where nothing was handed in. */
export function hostCodec(): HostCodec | undefined {
  return handedIn;
}

/** For all archives of this process from now on. Undefined: none any more. */
export function useHostCodec(codec: HostCodec | undefined): void {
  handedIn = codec;
}
