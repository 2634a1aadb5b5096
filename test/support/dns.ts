// A DNS client of the tests' own: questions as bytes, answers as lines for people. It shares no code with what it tests.

import { createSocket } from "node:dgram";
import { connect } from "node:net";

export interface DnsTarget {
  readonly ip: string;
  readonly port: number;
}

export const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  HTTPS: 65,
  AXFR: 252,
  ANY: 255,
};
const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

export interface Asking {
  readonly name: string;
  /** A type's name, or its number. */
  readonly type?: string | number;
  readonly id?: number;
  readonly class?: number;
  readonly opcode?: number;
  /** Bits besides the opcode; recursion desired unless it is said. */
  readonly flags?: number;
  /** Tells the size of answers that it takes. */
  readonly udpBytes?: number;
  /** A client's subnet: "10.1.2.0/24". */
  readonly subnet?: string;
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

export function questionBytes(asking: Asking): Buffer {
  const { name, type = "A", id = 4711, opcode = 0, flags = 0x0100, udpBytes, subnet } = asking;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags | (opcode << 11), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(udpBytes === undefined ? 0 : 1, 10);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(typeof type === "number" ? type : (TYPES[type] ?? 0), 0);
  tail.writeUInt16BE(asking.class ?? 1, 2);
  const parts = [header, nameBytes(name), tail];
  if (udpBytes !== undefined) parts.push(optBytes(udpBytes, subnet));
  return Buffer.concat(parts);
}

function optBytes(udpBytes: number, subnet: string | undefined): Buffer {
  const option = subnet === undefined ? Buffer.alloc(0) : subnetOption(subnet);
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(41, 1);
  opt.writeUInt16BE(udpBytes, 3);
  opt.writeUInt16BE(option.length, 9);
  return Buffer.concat([opt, option]);
}

function subnetOption(subnet: string): Buffer {
  const [address = "", bits = "32"] = subnet.split("/");
  const bytes = address
    .split(".")
    .map(Number)
    .slice(0, Math.ceil(Number(bits) / 8));
  return Buffer.from([0, 8, 0, 4 + bytes.length, 0, 1, Number(bits), 0, ...bytes]);
}

const PATIENCE_MS = 5_000;

/** @returns undefined when nothing comes within `patienceMs`. */
export function askUdp(
  { ip, port }: DnsTarget,
  bytes: Uint8Array,
  patienceMs: number = PATIENCE_MS,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(end, patienceMs);
    socket.once("message", (answer) => end(answer));
    socket.once("error", () => end());
    socket.send(bytes, port, ip);
  });
}

/** Sends all of it at once. @returns As many answers as came before `count` of them had, or the end. */
export function askTcp(
  { ip, port }: DnsTarget,
  questions: readonly Uint8Array[],
  patienceMs: number = PATIENCE_MS,
): Promise<Buffer[]> {
  return new Promise((resolve) => {
    const socket = connect(port, ip);
    const answers: Buffer[] = [];
    let received = Buffer.alloc(0);
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    };
    const timer = setTimeout(end, patienceMs);
    socket.on("error", end);
    socket.on("close", end);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        answers.push(received.subarray(2, 2 + received.readUInt16BE(0)));
        received = received.subarray(2 + received.readUInt16BE(0));
      }
      if (answers.length >= questions.length) end();
    });
    for (const question of questions) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(question.length);
      socket.write(Buffer.concat([length, question]));
    }
  });
}

export interface DnsText {
  /** "NOERROR qr aa rd". */
  readonly header: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** "udp 4096", with a client's subnet; "" for none. */
  readonly edns: string;
  readonly bytes: number;
}

const FLAGS: readonly (readonly [string, number])[] = [
  ["qr", 0x8000],
  ["aa", 0x0400],
  ["tc", 0x0200],
  ["rd", 0x0100],
  ["ra", 0x0080],
  ["ad", 0x0020],
  ["cd", 0x0010],
];

export function readDns(bytes: Buffer): DnsText {
  const flags = bytes.readUInt16BE(2);
  const opcode = (flags >> 11) & 15;
  const words = [RCODES[flags & 15] ?? `rcode ${flags & 15}`, ...(opcode === 0 ? [] : [`opcode ${opcode}`])];
  const header = [...words, ...FLAGS.flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]))].join(" ");
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  let at = 12;
  let question = "";
  for (let left = counts[0] ?? 0; left > 0; left--) {
    const [name, next] = readNameAt(bytes, at);
    question = `${name} ${typeName(bytes.readUInt16BE(next))} class ${bytes.readUInt16BE(next + 2)}`;
    at = next + 4;
  }
  let edns = "";
  const section = (count: number): string[] => {
    const lines: string[] = [];
    for (let left = count; left > 0; left--) {
      const [name, next] = readNameAt(bytes, at);
      const type = bytes.readUInt16BE(next);
      const from = next + 10;
      at = from + bytes.readUInt16BE(next + 8);
      if (type === 41) edns = ednsText(bytes.readUInt16BE(next + 2), bytes.subarray(from, at));
      else
        lines.push(
          `${name} ${bytes.readUInt32BE(next + 4)} ${typeName(type)} ${dataText(bytes, type, from, at)}`,
        );
    }
    return lines;
  };
  const [answers, authority, additional] = [
    section(counts[1] ?? 0),
    section(counts[2] ?? 0),
    section(counts[3] ?? 0),
  ];
  return { header, question, answers, authority, additional, edns, bytes: bytes.length };
}

function ednsText(udpBytes: number, data: Buffer): string {
  if (data.length === 0) return `udp ${udpBytes}`;
  const [source, scope] = [data[6], data[7]];
  return `udp ${udpBytes} option ${data.readUInt16BE(0)} ${[...data.subarray(8)].join(".")}/${source}/${scope}`;
}

function typeName(type: number): string {
  return Object.entries(TYPES).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}

function readNameAt(bytes: Buffer, start: number): [name: string, next: number] {
  let name = "";
  let at = start;
  let next = -1;
  for (let steps = 0; steps < 256; steps++) {
    const length = bytes.readUInt8(at);
    if (length === 0) return [name === "" ? "." : name, next < 0 ? at + 1 : next];
    if (length >= 0xc0) {
      if (next < 0) next = at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
    } else {
      name += `${bytes.toString("utf8", at + 1, at + 1 + length)}.`;
      at += 1 + length;
    }
  }
  throw new Error("a name that goes round in circles");
}

function dataText(bytes: Buffer, type: number, from: number, end: number): string {
  const data = bytes.subarray(from, end);
  switch (typeName(type)) {
    case "A":
      return data.join(".");
    case "AAAA":
      return (data.toString("hex").match(/..../g) ?? []).join(":");
    case "NS":
    case "CNAME":
    case "PTR":
      return readNameAt(bytes, from)[0];
    case "SRV":
      return `${data.readUInt16BE(0)} ${data.readUInt16BE(2)} ${data.readUInt16BE(4)} ${readNameAt(bytes, from + 6)[0]}`;
    case "SOA": {
      const [primary, next] = readNameAt(bytes, from);
      const [mailbox, numbers] = readNameAt(bytes, next);
      const all = [4, 8, 12, 16].map((offset) => bytes.readUInt32BE(numbers + offset));
      return `${primary} ${mailbox} (time) ${all.join(" ")}`;
    }
    case "TXT": {
      const strings: string[] = [];
      for (let at = 0; at < data.length; at += 1 + (data[at] as number))
        strings.push(JSON.stringify(data.toString("utf8", at + 1, at + 1 + (data[at] as number))));
      return strings.join(" ");
    }
    default:
      return data.toString("hex");
  }
}
