// A watch's handler over HTTP: what there is goes to it as the body of a request, and what it answers into the log. Redirects
// are followed as Go's client does.

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { quoteText } from "../../core/lib/go-quote.ts";
import type { Say } from "../agent-http.ts";
import { hostWithPort, parseUrl, printUrl } from "../checks/go-url.ts";
import { MOST_REDIRECTS, type Request, redirect } from "../checks/http-request.ts";
import { Tail } from "../checks/tail.ts";
import { transportErrorText } from "../cli/transport-errors.ts";
import { type HttpHandler, OUTPUT_BYTES } from "./handlers.ts";

/** Asks once, and waits for the whole answer, but no longer than the handler may take. */
export async function askHandler(handler: HttpHandler, json: string, index: string, say: Say): Promise<void> {
  const { url, method } = handler;
  const verb = method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
  const asked = await askFollowing(handler, `${json}\n`, index);
  if (!asked.ok) {
    const error = `${verb} ${quoteText(asked.url)}: ${asked.error}`;
    return say("error", "Failed to invoke http watch handler", { watch: url, error });
  }
  const { status, statusLine, output } = asked.answer;
  if (status >= 200 && status <= 299)
    return say("trace", "http watch handler output", { watch: url, output });
  return say("error", "http watch handler failed with output", { watch: url, status: statusLine, output });
}

interface Answer {
  readonly status: number;
  /** "200 OK" */
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly output: string;
}

type Asked =
  | { readonly ok: true; readonly answer: Answer }
  /** `url`: whom it was that could not be asked. */
  | { readonly ok: false; readonly url: string; readonly error: string };

async function askFollowing(handler: HttpHandler, body: string, index: string): Promise<Asked> {
  const { url, method, headers } = handler;
  const parsed = parseUrl(url);
  if (!parsed.ok) return { ok: false, url, error: parsed.error };
  const own: Request["headers"] = [
    ["Content-Type", ["application/json"]],
    ["X-Consul-Index", [index]],
  ];
  const first: Request = {
    url: parsed.url,
    method,
    body,
    host: "",
    headers: [...own, ...headers],
    referer: "",
  };
  const late = AbortSignal.timeout(handler.timeoutMs);
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const asked = await ask(request, handler, late);
    if (!asked.ok) return asked;
    const next = redirect(first, request, asked.answer);
    if (next.kind === "none") return asked;
    if (next.kind === "fault") return { ok: false, url: printUrl(request.url), error: next.error };
    if (redirects + 1 >= MOST_REDIRECTS)
      return { ok: false, url: next.location, error: `stopped after ${MOST_REDIRECTS} redirects` };
    request = next.request;
  }
}

function ask(request: Request, { skipsVerification }: HttpHandler, late: AbortSignal): Promise<Asked> {
  const { scheme } = request.url;
  const url = printUrl(request.url);
  if (scheme !== "http" && scheme !== "https")
    return Promise.resolve({ ok: false, url, error: `unsupported protocol scheme ${quoteText(scheme)}` });
  return new Promise((resolve) => {
    const failed = (error: unknown): void => {
      const text = late.aborted
        ? "context deadline exceeded"
        : transportErrorText(error, hostWithPort(request.url), undefined);
      resolve({ ok: false, url, error: text });
    };
    try {
      const send = scheme === "https" ? httpsRequest : httpRequest;
      const sent = send(
        url,
        {
          method: request.method,
          headers: headersOf(request),
          agent: false,
          rejectUnauthorized: !skipsVerification,
          signal: late,
        },
        (answer) => {
          read(answer).then((output) => resolve({ ok: true, answer: { ...headOf(answer), output } }), failed);
        },
      );
      sent.on("error", failed);
      sent.end(request.body);
    } catch (error) {
      // What Node does not send: a header with a newline in it.
      failed(error);
    }
  });
}

function headOf({ statusCode = 0, statusMessage = "", headers }: IncomingMessage): Omit<Answer, "output"> {
  const { location } = headers;
  return {
    status: statusCode,
    statusLine: `${statusCode} ${statusMessage}`,
    headers: new Map(location === undefined ? [] : [["location", location]]),
  };
}

function headersOf({ headers, body, referer }: Request): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = {};
  if (body !== undefined) all["Content-Length"] = Buffer.byteLength(body);
  if (referer !== "") Object.assign(all, { Referer: referer });
  for (const [name, values] of headers) all[name] = [...values];
  return all;
}

async function read(answer: IncomingMessage): Promise<string> {
  const tail = new Tail(OUTPUT_BYTES);
  for await (const bytes of answer as AsyncIterable<Buffer>) tail.write(bytes);
  return tail.toldText();
}
