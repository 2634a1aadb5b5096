// One HTTP/1.1 request on a connection of its own, and its answer: bytes out, bytes in, with Go's words for what is no
// answer. What is asked, and what is made of it, is others' business.

import { type Duplex, pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { quoteText } from "../../core/lib/go-quote.ts";

export interface Head {
  readonly status: number;
  /** "200 OK" */
  readonly statusLine: string;
  /** Names in lower case; of several of a name the first. */
  readonly headers: ReadonlyMap<string, string>;
}

/** The other side did not say what an HTTP server says. */
export class ExchangeFault extends Error {}

/** Of heads of answers. Go takes ten times as much. */
const MOST_HEAD_BYTES = 1 << 20;

export class Exchange {
  readonly #socket: Duplex;
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  send(request: Uint8Array): void {
    this.#socket.write(request);
  }

  /** @throws ExchangeFault, or what the connection broke of. */
  async head(): Promise<Head> {
    for (;;) {
      const head = await this.#oneHead();
      // What only says that an answer is to come.
      if (head.status < 100 || head.status > 199 || head.status === 101) return head;
    }
  }

  async #oneHead(): Promise<Head> {
    const first = await this.#line();
    if (first === undefined) throw new ExchangeFault("EOF");
    const [, protocol = "", statusLine] = /^(\S*)(?: +(.*))?$/s.exec(first) ?? [];
    if (statusLine === undefined) throw new ExchangeFault(`malformed HTTP response ${quoteText(first)}`);
    const code = statusLine.split(" ", 1)[0] ?? "";
    if (!/^\d{3}$/.test(code)) throw new ExchangeFault(`malformed HTTP status code ${quoteText(code)}`);
    if (!/^HTTP\/\d+\.\d+$/.test(protocol))
      throw new ExchangeFault(`malformed HTTP version ${quoteText(protocol)}`);
    const headers = new Map<string, string>();
    let bytes = first.length;
    for (;;) {
      const line = await this.#line();
      if (line === undefined) throw new ExchangeFault("unexpected EOF");
      if (line === "") return { status: Number(code), statusLine, headers };
      bytes += line.length;
      if (bytes > MOST_HEAD_BYTES)
        throw new ExchangeFault("net/http: server response headers exceeded 1048576 bytes; aborted");
      const colon = line.indexOf(":");
      if (colon <= 0) throw new ExchangeFault(`malformed MIME header line: ${line}`);
      const name = line.slice(0, colon).toLowerCase();
      if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
    }
  }

  /** Hands on what the body says, decoded if it came as gzip. @throws Error of what broke off. */
  async body(
    method: string,
    { status, headers }: Head,
    unzips: boolean,
    take: (bytes: Uint8Array) => void,
  ): Promise<void> {
    if (method === "HEAD" || status === 204 || status === 304) return;
    const parts = this.#framed(headers);
    const zipped = unzips && headers.get("content-encoding")?.toLowerCase() === "gzip";
    for await (const part of zipped ? unzipped(parts) : parts) take(part);
  }

  #framed(headers: Head["headers"]): AsyncIterable<Buffer> {
    const coding = headers.get("transfer-encoding")?.toLowerCase();
    if (coding === "chunked") return this.#chunked();
    const length = headers.get("content-length");
    return length !== undefined && /^\d+$/.test(length) ? this.#exactly(Number(length)) : this.#rest();
  }

  async *#chunked(): AsyncGenerator<Buffer> {
    for (;;) {
      const line = await this.#line();
      const size = /^([0-9a-fA-F]{1,12})\s*(;.*)?$/.exec(line ?? "")?.[1];
      if (size === undefined)
        throw new ExchangeFault(line === undefined ? "unexpected EOF" : "invalid byte in chunk length");
      const bytes = Number.parseInt(size, 16);
      if (bytes === 0) return;
      yield* this.#exactly(bytes);
      await this.#line();
    }
  }

  async *#exactly(bytes: number): AsyncGenerator<Buffer> {
    let left = bytes;
    while (left > 0) {
      if (this.#buffer.length === 0 && !(await this.#more())) throw new ExchangeFault("unexpected EOF");
      const part = this.#buffer.subarray(0, left);
      this.#buffer = this.#buffer.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async *#rest(): AsyncGenerator<Buffer> {
    do {
      const part = this.#buffer;
      this.#buffer = Buffer.alloc(0);
      if (part.length > 0) yield part;
    } while (await this.#more());
  }

  /** Without its end, which is \n or \r\n; undefined at the end of all. */
  async #line(): Promise<string | undefined> {
    for (;;) {
      const at = this.#buffer.indexOf(10);
      if (at >= 0) {
        const end = at > 0 && this.#buffer[at - 1] === 13 ? at - 1 : at;
        const line = this.#buffer.toString("utf8", 0, end);
        this.#buffer = this.#buffer.subarray(at + 1);
        return line;
      }
      if (this.#buffer.length > MOST_HEAD_BYTES) throw new ExchangeFault("bufio.Scanner: token too long");
      if (!(await this.#more())) return this.#lastLine();
    }
  }

  #lastLine(): string | undefined {
    if (this.#buffer.length === 0) return undefined;
    throw new ExchangeFault("unexpected EOF");
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    return true;
  }
}

async function* unzipped(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // What goes wrong on either side comes out at the end.
  pipeline(Readable.from(parts), gunzip, () => {});
  for await (const part of gunzip) yield part as Buffer;
}
