// An HTTP answer as it came over the wire, taken apart without being tidied: what a client could see stays to be seen.
// It knows RFC 9112 framing and nothing of what is compared.

export interface Message {
  /** "HTTP/1.1 200 OK" */
  readonly statusLine: string;
  readonly status: number;
  /** "Name: value" each, in the order received. */
  readonly headers: readonly string[];
  /** One character a byte, without its framing. */
  readonly body: string;
  /** Bytes of each chunk; undefined when the body did not come in chunks. */
  readonly chunks: readonly number[] | undefined;
}

/** What stands at `from` in `received`, or undefined while it is not whole. */
export function readMessage(
  received: string,
  from: number,
  context: { readonly isHead: boolean; readonly ended: boolean },
): { readonly message: Message; readonly end: number } | undefined {
  const headEnd = received.indexOf("\r\n\r\n", from);
  if (headEnd < 0) return undefined;
  const [statusLine = "", ...headers] = received.slice(from, headEnd).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const at = headEnd + 4;
  const body = readBody(received, at, { ...context, status, headers });
  if (body === undefined) return undefined;
  const { end, text, chunks } = body;
  return { message: { statusLine, status, headers, body: text, chunks }, end };
}

export function headerOf(headers: readonly string[], name: string): string | undefined {
  const start = `${name.toLowerCase()}: `;
  return headers.find((line) => line.toLowerCase().startsWith(start))?.slice(start.length);
}

interface Body {
  readonly text: string;
  readonly end: number;
  readonly chunks: readonly number[] | undefined;
}

function readBody(
  received: string,
  at: number,
  context: {
    readonly isHead: boolean;
    readonly ended: boolean;
    readonly status: number;
    readonly headers: readonly string[];
  },
): Body | undefined {
  const { isHead, ended, status, headers } = context;
  if (isHead || status < 200 || status === 204 || status === 304)
    return { text: "", end: at, chunks: undefined };
  if (headerOf(headers, "Transfer-Encoding") === "chunked") return readChunks(received, at);
  const length = headerOf(headers, "Content-Length");
  const end = length === undefined ? received.length : at + Number(length);
  // Without a length only the end of the connection ends the body.
  if (length === undefined ? !ended : received.length < end) return undefined;
  return { text: received.slice(at, end), end, chunks: undefined };
}

function readChunks(received: string, from: number): Body | undefined {
  const chunks: number[] = [];
  let text = "";
  for (let at = from; ; ) {
    const line = received.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(received.slice(at, line), 16);
    const end = line + 2 + size + 2;
    if (received.length < end) return undefined;
    if (!(size > 0)) return { text, end, chunks };
    chunks.push(size);
    text += received.slice(line + 2, line + 2 + size);
    at = end;
  }
}
