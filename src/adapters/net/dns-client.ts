// Questions to other DNS servers: one message, one answer, over UDP or TCP. An answer counts if it comes from where the
// question went, under the id that was drawn for it, and to that very question: nobody else can know all of these.

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Effect } from "../../core/agent/ports.ts";
import { splitHostPort } from "../../core/model/address.ts";

export interface DnsClient {
  /** @param done Called once, never from within this call; without bytes where nobody answered in time. */
  ask(
    question: Pick<Extract<Effect, { type: "dns-forward" }>, "to" | "over" | "bytes" | "timeoutMs">,
    done: (bytes?: Uint8Array) => void,
  ): void;
  /** Nobody is told any more. */
  close(): void;
}

export function createDnsClient(): DnsClient {
  const open = new Set<() => void>();
  return {
    ask: ({ to, over, bytes, timeoutMs }, done) => {
      const question = Uint8Array.from(bytes);
      question.set(idBytes(randomInt(1 << 16)));
      const finish = (answer?: Uint8Array): void => {
        if (!open.delete(stop)) return;
        clearTimeout(timer);
        end();
        done(answer === undefined ? undefined : underId(answer, bytes));
      };
      const end = over === "udp" ? askOverUdp(to, question, finish) : askOverTcp(to, question, finish);
      const timer = setTimeout(finish, timeoutMs);
      const stop = (): void => {
        clearTimeout(timer);
        end();
      };
      open.add(stop);
    },
    close: () => {
      for (const stop of open) stop();
      open.clear();
    },
  };
}

function idBytes(id: number): [number, number] {
  return [id >> 8, id & 255];
}

function underId(answer: Uint8Array, question: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(answer);
  copy.set(question.subarray(0, 2));
  return copy;
}

const HEADER_BYTES = 12;
/** Behind the name: type and class. */
const QUESTION_TAIL_BYTES = 4;

/** Where the question of a message ends; it has one, which the core has read or written. */
function questionEnd(message: Uint8Array): number {
  let at = HEADER_BYTES;
  while (at < message.length && message[at] !== 0) at += 1 + (message[at] as number);
  return at + 1 + QUESTION_TAIL_BYTES;
}

/** Servers repeat the question, mostly in its very letters: those that do not may have been asked something else. */
function isAnswerTo(question: Uint8Array, answer: Uint8Array): boolean {
  const end = questionEnd(question);
  if (answer.length < HEADER_BYTES || ((answer[2] as number) & 0x80) === 0) return false;
  if (answer[0] !== question[0] || answer[1] !== question[1]) return false;
  // A server that refuses may send its header alone.
  if (answer[4] === 0 && answer[5] === 0) return true;
  return Buffer.from(question.subarray(HEADER_BYTES, end)).equals(answer.subarray(HEADER_BYTES, end));
}

/** @returns What ends it. */
function askOverUdp(to: string, question: Uint8Array, finish: (answer?: Uint8Array) => void): () => void {
  const place = splitHostPort(to);
  const socket = createSocket(place?.host.includes(":") ? "udp6" : "udp4");
  let isOpen = true;
  socket.on("error", () => finish());
  socket.on("message", (answer) => {
    if (isAnswerTo(question, answer)) finish(answer);
  });
  socket.connect(place?.port ?? 0, place?.host ?? "", () => {
    if (isOpen) socket.send(question);
  });
  return () => {
    isOpen = false;
    socket.close();
  };
}

function askOverTcp(to: string, question: Uint8Array, finish: (answer?: Uint8Array) => void): () => void {
  const { host, port } = splitHostPort(to) ?? { host: "", port: 0 };
  const socket = connect({ host, port });
  let received: Buffer = Buffer.alloc(0);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(question.length);
  socket.on("connect", () => socket.write(Buffer.concat([length, question])));
  socket.on("error", () => finish());
  socket.on("close", () => finish());
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const answer = received.subarray(2, 2 + received.readUInt16BE(0));
    finish(isAnswerTo(question, answer) ? answer : undefined);
  });
  return () => socket.destroy();
}
