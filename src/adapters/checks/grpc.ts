// gRPC checks: the method Check of grpc.health.v1.Health, of the server or of a service of it. The texts of what goes wrong
// are grpc-go's (1.27), which Consul 1.8 shows as they are.

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { quoteText } from "../../core/lib/go-quote.ts";
import { openHttp2 } from "./http2.ts";
import { critical, isOverdue, type MakeCheck, onAbort, passing } from "./run.ts";

export const makeGrpc: MakeCheck = async ({ spec, signal }, { tls }) => {
  const { grpc, grpcUseTls, tlsServerName: serverName, tlsSkipVerify: skipVerify } = spec;
  const slash = grpc.indexOf("/");
  const address = slash < 0 ? grpc : grpc.slice(0, slash);
  const service = slash < 0 ? "" : grpc.slice(slash + 1);
  const secured = grpcUseTls ? { settings: tls(), serverName, skipVerify } : undefined;
  const opened = await openHttp2({ address, tls: secured }, signal);
  if (!opened.ok) {
    if (isOverdue(signal)) return critical(OVERDUE_TEXT);
    const layer = opened.at === "dial" ? "Error while dialing" : "authentication handshake failed:";
    return critical(
      rpcError("Unavailable", `connection error: desc = ${quoteText(`transport: ${layer} ${opened.error}`)}`),
    );
  }
  if (signal.aborted) {
    opened.session.destroy();
    return critical(OVERDUE_TEXT);
  }
  const forget = onAbort(signal, () => opened.session.destroy());
  try {
    const answer = await call(opened.session, address, service);
    const fault = isOverdue(signal) ? OVERDUE_TEXT : faultOf(answer);
    return fault === undefined ? passing(`gRPC check ${grpc}: success`) : critical(fault);
  } finally {
    forget();
    opened.session.destroy();
  }
};

function rpcError(code: string, description: string): string {
  return `rpc error: code = ${code} desc = ${description}`;
}

const OVERDUE_TEXT = rpcError("DeadlineExceeded", "context deadline exceeded");

/** What came back, as far as it did. */
interface Answer {
  headers?: IncomingHttpHeaders;
  trailers?: IncomingHttpHeaders;
  readonly body: Buffer[];
  /** With which code of HTTP/2 the server broke the stream off. */
  reset?: number;
  /** The other side speaks HTTP/2. */
  settled: boolean;
  /** The whole of it has come. */
  whole: boolean;
}

/** HTTP/2's code for a stream that nobody wants any more. */
const CANCEL = 8;

/** Answers are a few bytes. What goes on is none. */
const MOST_BYTES = 1 << 16;

function call(
  session: Extract<Awaited<ReturnType<typeof openHttp2>>, { ok: true }>["session"],
  authority: string,
  service: string,
): Promise<Answer> {
  const answer: Answer = { body: [], settled: false, whole: false };
  return new Promise((resolve) => {
    session.once("remoteSettings", () => {
      answer.settled = true;
    });
    session.once("close", () => resolve(answer));
    const headers: OutgoingHttpHeaders = {
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      ":authority": authority,
      "content-type": "application/grpc",
      "user-agent": "grpc-go/1.27.1",
      te: "trailers",
    };
    const stream = session.request(headers, { endStream: false });
    let bytes = 0;
    stream.on("error", () => {});
    stream.on("response", (their) => {
      answer.headers = their;
    });
    stream.on("trailers", (their) => {
      answer.trailers = their;
    });
    stream.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > MOST_BYTES) stream.close();
      else answer.body.push(part);
    });
    stream.on("end", () => {
      answer.whole = true;
    });
    stream.once("close", () => {
      const reset = stream.rstCode ?? 0;
      // The server has broken off all of it, not this stream alone.
      const lost = session.destroyed || session.closed;
      if (reset !== 0 && !(lost && reset === CANCEL)) answer.reset = reset;
      resolve(answer);
    });
    stream.end(checkRequest(service));
  });
}

/** HealthCheckRequest{service} behind gRPC's five bytes. */
function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** What is wrong; undefined for a server that says that it serves. */
function faultOf(answer: Answer): string | undefined {
  const { headers, reset, settled } = answer;
  if (headers === undefined || (!answer.whole && reset === undefined)) {
    if (reset !== undefined && settled) return resetError(reset);
    return rpcError("Unavailable", settled ? "transport is closing" : "connection closed");
  }
  const http = httpFault(headers);
  if (http !== undefined) return http;
  const said = statusOf(answer.trailers) ?? statusOf(headers);
  if (said === undefined)
    return reset === undefined
      ? rpcError("Internal", "server closed the stream without sending trailers")
      : resetError(reset);
  if (said.code !== 0) return rpcError(CODES[said.code] ?? `Code(${said.code})`, said.message);
  return servingFault(Buffer.concat(answer.body));
}

const HTTP_CODES: Readonly<Record<number, string>> = {
  400: "Internal",
  401: "Unauthenticated",
  403: "PermissionDenied",
  404: "Unimplemented",
  429: "Unavailable",
  502: "Unavailable",
  503: "Unavailable",
  504: "Unavailable",
};

const HTTP_TEXTS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** An answer that is HTTP's and not gRPC's. */
function httpFault(headers: IncomingHttpHeaders): string | undefined {
  const status = Number(headers[":status"]);
  const type = headers["content-type"] ?? "";
  if (/^application\/grpc(\+.*|;.*)?$/.test(type)) return undefined;
  const what =
    type === ""
      ? "transport: missing content-type field"
      : `transport: received the unexpected content-type ${quoteText(type)}`;
  const text = `${HTTP_TEXTS[status] ?? ""}: HTTP status code ${status}; ${what}`;
  return rpcError(HTTP_CODES[status] ?? "Unknown", text);
}

/** In their order of numbers. */
const CODES: readonly string[] = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists"],
  ...[
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
  ],
  ...["Internal", "Unavailable", "DataLoss", "Unauthenticated"],
];

function statusOf(
  headers: IncomingHttpHeaders | undefined,
): { readonly code: number; readonly message: string } | undefined {
  const code = headers?.["grpc-status"];
  if (typeof code !== "string" || !/^\d{1,9}$/.test(code)) return undefined;
  return { code: Number(code), message: percentDecoded(String(headers?.["grpc-message"] ?? "")) };
}

function percentDecoded(text: string): string {
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** What grpc-go makes of HTTP/2's codes. */
const RESETS: readonly (readonly [name: string, code: string])[] = [
  ["NO_ERROR", "Internal"],
  ["PROTOCOL_ERROR", "Internal"],
  ["INTERNAL_ERROR", "Internal"],
  ["FLOW_CONTROL_ERROR", "ResourceExhausted"],
  ["SETTINGS_TIMEOUT", "Internal"],
  ["STREAM_CLOSED", "Internal"],
  ["FRAME_SIZE_ERROR", "Internal"],
  ["REFUSED_STREAM", "Unavailable"],
  ["CANCEL", "Canceled"],
  ["COMPRESSION_ERROR", "Internal"],
  ["CONNECT_ERROR", "Internal"],
  ["ENHANCE_YOUR_CALM", "ResourceExhausted"],
  ["INADEQUATE_SECURITY", "PermissionDenied"],
  ["HTTP_1_1_REQUIRED", "Internal"],
];

function resetError(reset: number): string {
  const [name, code] = RESETS[reset] ?? [`unknown error code 0x${reset.toString(16)}`, "Unknown"];
  return rpcError(code, `stream terminated by RST_STREAM with error code: ${name}`);
}

const SERVING = 1;

/** HealthCheckResponse{status} behind gRPC's five bytes. */
function servingFault(body: Buffer): string | undefined {
  if (body.length === 0) return "EOF";
  const unreadable = (why: string): string =>
    rpcError("Internal", `grpc: failed to unmarshal the received message ${why}`);
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5) return unreadable("unexpected EOF");
  if (body[0] !== 0) return rpcError("Internal", "grpc: compressed flag set with identity or empty encoding");
  const status = firstVarint(body.subarray(5));
  if (status === undefined) return unreadable("unexpected EOF");
  return status === SERVING ? undefined : "gRPC application didn't report service healthy";
}

/** The value of field 1, which is a number; 0 if it is left out; undefined if there is no sense in it. */
function firstVarint(message: Buffer): number | undefined {
  let found = 0;
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at);
    if (tag === undefined) return undefined;
    const value = readVarint(message, tag.end);
    if (value === undefined) return undefined;
    const kind = tag.value & 7;
    if (kind === 0 && tag.value >> 3 === 1) found = value.value;
    const skips =
      kind === 0 ? value.end : kind === 2 ? value.end + value.value : tag.end + (kind === 1 ? 8 : 4);
    if ((kind !== 0 && kind !== 1 && kind !== 2 && kind !== 5) || skips > message.length) return undefined;
    at = skips;
  }
  return found;
}

function readVarint(
  bytes: Buffer,
  from: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = from; at < bytes.length && at < from + 5; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
