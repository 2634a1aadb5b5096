// A DNS server that others are asked through: it answers by the name it is asked for, always the same.

import { createSocket } from "node:dgram";
import { createServer } from "node:net";

export interface Recursor {
  readonly address: string;
  readonly close: () => void;
}

/** Resolves when it listens, over UDP and TCP, at the same free port. */
export async function startRecursor(ip: string, port: number): Promise<Recursor> {
  const socket = createSocket("udp4");
  socket.on("message", (question, { address, port: from }) => {
    const answer = answerTo(question);
    if (answer !== undefined) socket.send(answer, from, address);
  });
  const server = createServer((connection) => {
    connection.on("error", () => connection.destroy());
    connection.on("data", (frame: Buffer) => {
      const answer = answerTo(frame.subarray(2));
      if (answer === undefined) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      connection.end(Buffer.concat([length, answer]));
    });
  });
  await new Promise<void>((done) => socket.bind(port, ip, done));
  await new Promise<void>((done) => server.listen(port, ip, done));
  return {
    address: `${ip}:${port}`,
    close: () => {
      socket.close();
      server.close();
    },
  };
}

/** What it says by the first label; it says nothing to "silent". */
function answerTo(question: Buffer): Buffer | undefined {
  const label = question.toString("latin1", 13, 13 + (question[12] ?? 0)).toLowerCase();
  if (label === "silent") return undefined;
  const end = question.indexOf(0, 12) + 5;
  const header = Buffer.from(question.subarray(0, 12));
  const rcode = { nx: 3, refuse: 5 }[label] ?? 0;
  header.writeUInt16BE(0x8180 | rcode, 2);
  header.writeUInt16BE(0, 10);
  const records = rcode > 0 ? [] : label === "chain" ? CHAIN : [address(0xc00c, "192.0.2.1")];
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.subarray(12, end), ...records]);
}

/** @param name Where it stands in the message. */
function record(name: number, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(name, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(77, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function address(name: number, ip: string): Buffer {
  return record(name, 1, Buffer.from(ip.split(".").map(Number)));
}

/** Another name, a text in between, and six addresses of the first name. */
const CHAIN: readonly Buffer[] = [
  record(0xc00c, 5, Buffer.from("\x05other\x07example\x03net\0", "latin1")),
  record(0xc00c, 16, Buffer.from("\x04text", "latin1")),
  ...[1, 2, 3, 4, 5, 6].map((last) => address(0xc00c, `192.0.2.${last}`)),
];
