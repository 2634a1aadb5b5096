// One request to an agent's HTTP interface and its answer. Every failure comes back as the text that Consul's API client
// would give; nothing is thrown.

import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { quoteText } from "../../core/lib/go-quote.ts";
import { type ApiTarget, resolveTarget } from "./api-flags.ts";
import { complain } from "./command.ts";
import type { FlagValues } from "./flags.ts";
import type { Io } from "./io.ts";
import { loadTls, type TlsOptions } from "./tls-files.ts";
import { transportErrorText } from "./transport-errors.ts";
import { encodeQuery, escapeHost, escapePath } from "./url-text.ts";

/** 1 GiB: more than the store of any agent, less than what would take the machine down. */
const MAX_ANSWER_BYTES = 1 << 30;

export interface ApiClient {
  readonly target: ApiTarget;
  readonly tls: TlsOptions;
}

export interface ApiCall {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Unescaped: "/v1/kv/a b". */
  readonly path: string;
  /** A name with several values is repeated. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array;
  /** Gives it up: the answer is then an error. */
  readonly signal?: AbortSignal;
}

/** What was asked for, or why not. */
export type Fetched<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

export type ApiAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: Buffer;
      /** What to pass as `?index=` to wait for news; of reads. */
      readonly index?: string | undefined;
    }
  | { readonly ok: false; readonly error: string };

/**
 * A client for what the flags and the environment say. Connects to nothing yet, but reads certificates.
 * @param failure What the command says before the reason.
 * @returns undefined when that cannot be; stderr then says why.
 */
export function connectApi(
  flags: FlagValues,
  io: Io,
  failure: string = "Error connecting to Consul agent",
): ApiClient | undefined {
  const resolved = resolveTarget(flags, io);
  const loaded = resolved.ok ? loadTls(resolved.target.tls, io.cwd) : resolved;
  if (resolved.ok && loaded.ok) return { target: resolved.target, tls: loaded.options };
  if (!loaded.ok) complain(io, `${failure}: ${loaded.error}`);
  return undefined;
}

/** Sends one request. Any status is an answer; see `expectOk`. */
export function callApi(client: ApiClient, call: ApiCall): Promise<ApiAnswer> {
  const path = pathOf(client, call);
  const fail = (reason: string): ApiAnswer => ({ ok: false, error: callError(client, call, reason) });
  const where = dialTarget(client.target);
  if (!where.ok) return Promise.resolve(fail(where.error));
  return send(
    { ...where.options, ...client.tls, ...signalOf(call), method: call.method, path },
    client,
    call.body,
    fail,
  );
}

function signalOf({ signal }: ApiCall): Pick<RequestOptions, "signal"> {
  return signal === undefined ? {} : { signal };
}

/** What becomes of an answer that comes bit by bit. */
export interface Streaming {
  /** Gets the body of a good answer as it comes. */
  readonly onText: (text: string) => void;
  /** Hangs up, as if the answer had ended. */
  readonly stop: AbortSignal;
}

/** Sends one request whose answer goes on: a good one's body is handed on, and empty in what is resolved with. */
export function streamApi(client: ApiClient, call: ApiCall, streaming: Streaming): Promise<ApiAnswer> {
  const path = pathOf(client, call);
  const fail = (reason: string): ApiAnswer => ({ ok: false, error: callError(client, call, reason) });
  const where = dialTarget(client.target);
  if (!where.ok) return Promise.resolve(fail(where.error));
  const options = { ...where.options, ...client.tls, method: call.method, path };
  return send(options, client, call.body, fail, streaming);
}

function pathOf({ target }: ApiClient, { method, path, query }: ApiCall): string {
  const all = encodeQuery({ ...query, ...ownQuery(target, method) });
  return `${target.pathPrefix}${escapePath(path)}${all === "" ? "" : `?${all}`}`;
}

/** Why a request could not be made, as Go's client says it. */
export function callError(client: ApiClient, call: ApiCall, reason: string): string {
  const { scheme, host } = client.target;
  const verb = call.method.charAt(0) + call.method.slice(1).toLowerCase();
  const url = `${scheme}://${escapeHost(host)}${pathOf(client, call)}`;
  return `${verb} ${quoteText(url)}: ${reason}`;
}

/** What every request says about where it wants to be answered. Only a read can be stale. */
function ownQuery(
  { datacenter, namespace, stale }: ApiTarget,
  method: ApiCall["method"],
): Record<string, string> {
  return {
    ...(datacenter === "" ? {} : { dc: datacenter }),
    ...(namespace === "" ? {} : { ns: namespace }),
    ...(stale && method === "GET" ? { stale: "" } : {}),
  };
}

type Dialled =
  | { readonly ok: true; readonly options: RequestOptions }
  | { readonly ok: false; readonly error: string };

function dialTarget({ host, scheme, socketPath }: ApiTarget): Dialled {
  if (socketPath !== undefined) return { ok: true, options: { socketPath } };
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host);
  if (match === null) return { ok: false, error: `dial tcp: lookup ${host}: no such host` };
  const port = match[3] || (scheme === "https" ? "443" : "80");
  if (Number(port) > 65535) return { ok: false, error: `dial tcp: address ${port}: invalid port` };
  // An address without a host is this machine.
  return { ok: true, options: { host: match[1] ?? (match[2] || "127.0.0.1"), port: Number(port) } };
}

function send(
  options: RequestOptions,
  { target }: ApiClient,
  body: Uint8Array | undefined,
  fail: (reason: string) => ApiAnswer,
  streaming?: Streaming,
): Promise<ApiAnswer> {
  // A socket's path is no host that every server would take.
  const host = target.socketPath === undefined ? escapeHost(target.host) : "localhost";
  const headers: Record<string, string> = { Host: host };
  if (target.token !== "") headers["X-Consul-Token"] = target.token;
  // Of itself Node sends a body without saying how long it is where a method seldom has one.
  if (options.method === "PUT" || options.method === "POST" || body !== undefined)
    headers["Content-Length"] = String(body?.length ?? 0);
  const request = target.scheme === "https" ? httpsRequest : httpRequest;
  return new Promise((done) => {
    const failed = (error: unknown): void => {
      if (streaming?.stop.aborted) done({ ok: true, status: 200, body: Buffer.alloc(0) });
      else done(fail(transportErrorText(error, target.host, target.socketPath)));
    };
    try {
      const auth = target.auth === undefined ? {} : { auth: target.auth };
      const sent = request({ ...options, ...auth, headers, agent: false }, (answer) => {
        const read =
          streaming !== undefined && answer.statusCode === 200 ? passOn(answer, streaming) : readBody(answer);
        read.then(
          (whole) => done({ ok: true, status: answer.statusCode ?? 0, body: whole, index: indexIn(answer) }),
          failed,
        );
      });
      sent.on("error", failed);
      streaming?.stop.addEventListener("abort", () => sent.destroy());
      sent.end(body);
    } catch (error) {
      // Node refuses what cannot be sent (a newline in a token) or used (an unreadable certificate) at once.
      failed(error);
    }
  });
}

function indexIn({ headers }: IncomingMessage): string | undefined {
  const index = headers["x-consul-index"];
  return typeof index === "string" ? index : undefined;
}

/** An agent that ends breaks off: that is an end, too. */
function passOn(answer: IncomingMessage, { onText }: Streaming): Promise<Buffer> {
  answer.setEncoding("utf8");
  return new Promise((resolve) => {
    answer.on("data", onText);
    answer.on("error", () => {});
    answer.on("close", () => resolve(Buffer.alloc(0)));
  });
}

async function readBody(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The answer if its status is 200, and otherwise Consul's text about it. */
export function expectOk(answer: ApiAnswer): ApiAnswer {
  if (!answer.ok || answer.status === 200) return answer;
  return { ok: false, error: `Unexpected response code: ${answer.status} (${answer.body.toString()})` };
}

/** The answer's JSON, for answers that hold nothing but text, small numbers and structure. */
export function answerJson(answer: ApiAnswer): Fetched<unknown> {
  if (!answer.ok) return answer;
  try {
    return { ok: true, value: JSON.parse(answer.body.toString()) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
