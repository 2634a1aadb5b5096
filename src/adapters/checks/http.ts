// HTTP checks: one request, redirects followed, and what the status says. Consul's CheckHTTP (agent/checks/check.go), 1.8;
// `disable_redirects` and `tls_server_name` are later ones'.

import type { Socket } from "node:net";
import { quoteText } from "../../core/lib/go-quote.ts";
import { errorCode, reasonText } from "../net/errors.ts";
import { type Dialled, dial } from "./dial.ts";
import { type GoUrl, hostName, hostWithPort, parseUrl, printUrl } from "./go-url.ts";
import { Exchange, ExchangeFault, type Head } from "./http-exchange.ts";
import {
  firstRequest,
  MOST_REDIRECTS,
  methodFault,
  type Request,
  redirect,
  requestBytes,
  requestFault,
  unzips,
} from "./http-request.ts";
import { proxyFor } from "./proxy.ts";
import {
  critical,
  isOverdue,
  type MakeCheck,
  onAbort,
  passing,
  type Result,
  type Run,
  type Surroundings,
  warning,
} from "./run.ts";
import { Tail } from "./tail.ts";
import { NOT_TLS, secure } from "./tls.ts";

export const makeHttp: MakeCheck = async (run, around) => {
  const { http, method, body, header, disableRedirects } = run.spec;
  const verb = method === "" ? "GET" : method;
  const bad = methodFault(verb);
  if (bad !== undefined) return critical(bad);
  const parsed = parseUrl(http);
  if (!parsed.ok) return critical(parsed.error);
  const failed = (url: string, error: string): Result =>
    critical(`${verb.charAt(0).toUpperCase()}${verb.slice(1).toLowerCase()} ${quoteText(url)}: ${error}`);
  const first = firstRequest(parsed.url, verb, body, header);
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const url = withoutPassword(request.url);
    const answer = await ask(request, run, around);
    if (!answer.ok) return failed(url, answer.error);
    const next = disableRedirects ? ({ kind: "none" } as const) : redirect(first, request, answer.head);
    if (next.kind === "none") return judge(answer.head, `HTTP ${verb} ${http}`, answer.output);
    if (next.kind === "fault") return failed(url, next.error);
    if (redirects + 1 >= MOST_REDIRECTS)
      return failed(next.location, `stopped after ${MOST_REDIRECTS} redirects`);
    request = next.request;
  }
};

function judge({ status, statusLine }: Head, what: string, output: string): Result {
  const said = `${what}: ${statusLine} Output: ${output}`;
  if (status >= 200 && status <= 299) return passing(said);
  return status === 429 ? warning(said) : critical(said);
}

/** As Go's errors show them. */
function withoutPassword(url: GoUrl): string {
  const { user } = url;
  if (user === undefined || !user.includes(":")) return printUrl(url);
  return printUrl({ ...url, user: user.slice(0, user.indexOf(":")) }).replace("@", ":***@");
}

type Answer =
  | { readonly ok: true; readonly head: Head; readonly output: string }
  | { readonly ok: false; readonly error: string };

async function ask(request: Request, run: Run, around: Surroundings): Promise<Answer> {
  const fault = requestFault(request);
  if (fault !== undefined) return { ok: false, error: fault };
  const proxy = proxyFor(request.url, around.env);
  const connected = await connectTo(request.url, proxy, run, around);
  if (!connected.ok) return { ok: false, error: inTime(run, connected.error) };
  const { socket } = connected;
  socket.on("error", () => {});
  const forget = onAbort(run.signal, () => socket.destroy());
  try {
    const exchange = new Exchange(socket);
    exchange.send(requestBytes(request, proxy !== undefined && request.url.scheme === "http"));
    const head = await exchange.head();
    return { ok: true, head, output: await bodyOf(exchange, request, head, run, around) };
  } catch (error) {
    return { ok: false, error: inTime(run, brokenText(error, socket)) };
  } finally {
    forget();
    socket.destroy();
  }
}

/** So much of the body as comes: what the status says holds all the same. */
async function bodyOf(
  exchange: Exchange,
  request: Request,
  head: Head,
  run: Run,
  { log }: Surroundings,
): Promise<string> {
  const tail = new Tail(run.outputBytes);
  try {
    await exchange.body(request.method, head, unzips(request), (bytes) => tail.write(bytes));
  } catch (error) {
    const why = isOverdue(run.signal) ? "context deadline exceeded" : brokenText(error, undefined);
    log("warn", "Check error while reading body", { check: run.checkId, error: why });
  }
  return tail.text();
}

function inTime({ signal }: Run, error: string): string {
  return isOverdue(signal)
    ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    : error;
}

function brokenText(error: unknown, socket: Socket | undefined): string {
  if (error instanceof ExchangeFault)
    return error.message.startsWith("malformed")
      ? `net/http: HTTP/1.x transport connection broken: ${error.message}`
      : error.message;
  const code = errorCode(error);
  // Of a compressed body.
  if (code.startsWith("Z_")) return "gzip: invalid header";
  if (code === "ERR_STREAM_PREMATURE_CLOSE") return "unexpected EOF";
  const ends =
    socket === undefined
      ? ""
      : ` ${socket.localAddress}:${socket.localPort}->${socket.remoteAddress}:${socket.remotePort}`;
  return `read tcp${ends}: read: ${reasonText(error)}`;
}

async function connectTo(
  url: GoUrl,
  proxy: GoUrl | undefined,
  run: Run,
  around: Surroundings,
): Promise<Dialled> {
  const { signal, spec } = run;
  const target = hostWithPort(url);
  const dialled = await dial(proxy === undefined ? target : hostWithPort(proxy), signal);
  if (!dialled.ok)
    return proxy === undefined ? dialled : { ok: false, error: `proxyconnect tcp: ${dialled.error}` };
  if (url.scheme !== "https") return dialled;
  dialled.socket.on("error", () => {});
  const tunnelFault = proxy === undefined ? undefined : await tunnel(dialled.socket, target, proxy, signal);
  if (tunnelFault !== undefined) {
    dialled.socket.destroy();
    return { ok: false, error: tunnelFault };
  }
  const serverName = spec.tlsServerName === "" ? hostName(url) : spec.tlsServerName;
  const { tlsSkipVerify: skipVerify } = spec;
  const handshake = { serverName, skipVerify, settings: around.tls(), protocols: [] };
  const secured = await secure(dialled.socket, handshake, signal);
  if (secured.ok) return secured;
  // What answers an HTTP client in the clear is mostly an HTTP server.
  return {
    ok: false,
    error: secured.error === NOT_TLS ? "http: server gave HTTP response to HTTPS client" : secured.error,
  };
}

/** Has the proxy connect to the target. @returns What it says to that, if it is not 200. */
async function tunnel(
  socket: Socket,
  target: string,
  proxy: GoUrl,
  signal: AbortSignal,
): Promise<string | undefined> {
  const forget = onAbort(signal, () => socket.destroy());
  const secret =
    proxy.user === undefined
      ? ""
      : `Proxy-Authorization: Basic ${Buffer.from(proxy.user).toString("base64")}\r\n`;
  try {
    socket.write(
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nUser-Agent: Go-http-client/1.1\r\n${secret}\r\n`,
    );
    const head = await headAlone(socket);
    const [, status = "", reason = ""] = /^HTTP\/1\.\d (\d{3}) ?(.*)/.exec(head) ?? [];
    return status === "200" ? undefined : reason || "EOF";
  } catch (error) {
    return reasonText(error);
  } finally {
    forget();
  }
}

/** Reads no further than its end: what follows is for TLS. */
async function headAlone(socket: Socket): Promise<string> {
  let head = "";
  while (!head.endsWith("\r\n\r\n") && head.length < 65_536) {
    const byte: Buffer | null = socket.read(1);
    if (byte !== null) head += byte.toString("latin1");
    else if (socket.readableEnded || socket.destroyed) break;
    else
      await new Promise<void>((resolve) => {
        const go = (): void => {
          for (const event of ["readable", "end", "close"]) socket.off(event, go);
          resolve();
        };
        for (const event of ["readable", "end", "close"]) socket.on(event, go);
      });
  }
  return head;
}
