// A keep-alive connection of a load: raw bytes out, and a word for each answer that has come whole. Of a long answer only its
// head and its end are looked at: to put it together would cost more than to send it.

import { connect, type Socket } from "node:net";

export interface Target {
  readonly ip: string;
  readonly port: number;
}

interface Partial {
  head: Buffer;
  length: number;
  tail: Buffer;
}

const READ_BYTES = 65_536;
const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = Buffer.from("Content-Length: ");
const CHUNKED = Buffer.from("Transfer-Encoding: chunked");
/** What a chunked answer ends with. */
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");
const TAIL: number = LAST_CHUNK.length;
/** "HTTP/1.1 200": where the status stands. */
const STATUS_AT = 9;

/**
 * @param onAnswer Given all of a short answer, or the beginning of a long one; the bytes are the connection's own.
 * @param onEnd The connection is gone without our having ended it.
 */
export function openConnection(
  { ip, port }: Target,
  onAnswer: (answer: Buffer) => void,
  onEnd: (error: Error) => void,
): Promise<Socket> {
  let partial: Partial | undefined;
  const onBytes = (bytes: Buffer, length: number): void => {
    const chunk = bytes.subarray(0, length);
    if (partial === undefined) {
      if (isWhole(chunk)) return onAnswer(chunk);
      partial = { head: Buffer.from(chunk), length, tail: Buffer.from(chunk.subarray(-TAIL)) };
      return;
    }
    partial.length += length;
    partial.tail = Buffer.from(Buffer.concat([partial.tail, chunk.subarray(-TAIL)]).subarray(-TAIL));
    if (!partial.head.includes(HEAD_END)) partial.head = Buffer.concat([partial.head, chunk]);
    if (!isEnded(partial)) return;
    const { head } = partial;
    partial = undefined;
    onAnswer(head);
  };
  return new Promise((resolve, reject) => {
    const read = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (length: number, bytes: Uint8Array): boolean => {
        onBytes(bytes as Buffer, length);
        return true;
      },
    };
    const socket = connect({ host: ip, port, noDelay: true, onread: read });
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error) => {
      reject(error);
      onEnd(error);
    });
    socket.once("end", () => onEnd(new Error(`${ip}:${port} closed a connection`)));
  });
}

function isWhole(answer: Buffer): boolean {
  return isEnded({ head: answer, length: answer.length, tail: answer.subarray(-TAIL) });
}

/** An answer tells its length, or comes in chunks: whatever is in these answers, no body of theirs looks like an end. */
function isEnded({ head: answer, length, tail }: Partial): boolean {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const chunked = answer.indexOf(CHUNKED);
  if (chunked >= 0 && chunked < headEnd) return tail.equals(LAST_CHUNK);
  const at = answer.indexOf(LENGTH);
  if (at < 0 || at > headEnd) throw new Error(`an answer without length: ${answer.toString("latin1")}`);
  return length >= headEnd + HEAD_END.length + numberAt(answer, at + LENGTH.length);
}

/** The digits at a place, as a number; a server in development mode prints a space before them. */
export function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = bytes[from] === 0x20 ? from + 1 : from; ; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

export function isSuccess(answer: Buffer): boolean {
  return answer[STATUS_AT] === 0x32 && answer[STATUS_AT + 1] === 0x30 && answer[STATUS_AT + 2] === 0x30;
}

/** A request without anything that is not needed. */
export function requestBytes({ ip, port }: Target, method: string, path: string, body: string = ""): Buffer {
  const length = method === "GET" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: ${ip}:${port}\r\n${length}\r\n${body}`, "latin1");
}
