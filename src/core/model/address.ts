// Addresses of agents: an IP and a port as one string, the way Consul prints them.

/** "10.0.0.1:8300" or "[fd00::1]:8300". */
export type Address = string;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** "10.0.0.1:8300"; an IPv6 host gets its brackets. */
export function joinHostPort(host: string, port: number): Address {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Host and port, or undefined when there is no port, or it is not a number below 65536. */
export function splitHostPort(address: string): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65535 ? undefined : { host: match[1] ?? match[2] ?? "", port };
}

/** The 4 or 16 bytes of an IP address, or undefined when it is none. IPv4-mapped IPv6 comes out as IPv4. */
export function ipBytes(ip: string): Uint8Array | undefined {
  const v4 = parseV4(ip);
  if (v4 !== undefined) return v4;
  const v6 = parseV6(ip);
  return v6 === undefined ? undefined : unmapped(v6);
}

/** An IP address as text from its 4 or 16 bytes (RFC 5952 for IPv6), or undefined for any other length. */
export function ipText(bytes: Uint8Array): string | undefined {
  const plain = unmapped(bytes);
  if (plain.length === 4) return plain.join(".");
  if (plain.length !== 16) return undefined;
  const groups = Array.from(
    { length: 8 },
    (_, at) => ((plain[2 * at] as number) << 8) | (plain[2 * at + 1] as number),
  );
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.length < 2) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

function unmapped(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return bytes;
  return bytes.subarray(0, 10).every((byte) => byte === 0) ? bytes.subarray(12) : bytes;
}

function parseV4(ip: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  return parts.every((part) => part < 256) ? Uint8Array.from(parts) : undefined;
}

function parseV6(ip: string): Uint8Array | undefined {
  let text = ip;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(ip);
  if (tail !== null) {
    const v4 = parseV4(tail[2] as string);
    if (v4 === undefined) return undefined;
    const [a, b, c, d] = v4 as unknown as readonly [number, number, number, number];
    text = `${tail[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): string[] =>
    half === undefined || half === "" ? [] : half.split(":");
  const left = groups(halves[0]);
  const right = groups(halves[1]);
  if (halves.length === 1 ? left.length !== 8 : left.length + right.length > 7) return undefined;
  const all = [...left, ...new Array<string>(8 - left.length - right.length).fill("0"), ...right];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const bytes = new Uint8Array(16);
  all.forEach((group, at) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * at] = value >> 8;
    bytes[2 * at + 1] = value & 255;
  });
  return bytes;
}

/** Whether an address stands for any: nobody could be reached there. */
export function isAnyAddress(address: string): boolean {
  return ["0.0.0.0", "::", "[::]"].includes(address);
}
