// A watch's handler over HTTP: what there is goes to it as the body of a request, and what it answers into the log.

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { quoteText } from "../../core/lib/go-quote.ts";
import type { Say } from "../agent-http.ts";
import { hostWithPort, parseUrl } from "../checks/go-url.ts";
import { Tail } from "../checks/tail.ts";
import { transportErrorText } from "../cli/transport-errors.ts";
import { type HttpHandler, OUTPUT_BYTES } from "./handlers.ts";

/** Asks once, and waits for the whole answer, but no longer than the handler may take. */
export async function askHandler(handler: HttpHandler, json: string, index: string, say: Say): Promise<void> {
  const { url, method } = handler;
  const verb = method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
  const asked = await ask(handler, `${json}\n`, index);
  if (!asked.ok) {
    const error = `${verb} ${quoteText(url)}: ${asked.error}`;
    return say("error", "Failed to invoke http watch handler", { watch: url, error });
  }
  const { status, output } = asked;
  if (/^2\d\d/.test(status)) return say("trace", "http watch handler output", { watch: url, output });
  return say("error", "http watch handler failed with output", { watch: url, status, output });
}

type Asked =
  | { readonly ok: true; readonly status: string; readonly output: string }
  | { readonly ok: false; readonly error: string };

function ask(handler: HttpHandler, body: string, index: string): Promise<Asked> {
  const parsed = parseUrl(handler.url);
  if (!parsed.ok) return Promise.resolve({ ok: false, error: parsed.error });
  const { scheme } = parsed.url;
  if (scheme !== "http" && scheme !== "https")
    return Promise.resolve({ ok: false, error: `unsupported protocol scheme ${quoteText(scheme)}` });
  const late = AbortSignal.timeout(handler.timeoutMs);
  return new Promise((resolve) => {
    const failed = (error: unknown): void => {
      const text = late.aborted
        ? "context deadline exceeded"
        : transportErrorText(error, hostWithPort(parsed.url), undefined);
      resolve({ ok: false, error: text });
    };
    try {
      const send = scheme === "https" ? httpsRequest : httpRequest;
      const sent = send(
        handler.url,
        {
          method: handler.method,
          headers: headersOf(handler, body, index),
          agent: false,
          rejectUnauthorized: !handler.skipsVerification,
          signal: late,
        },
        (answer) => {
          read(answer).then(
            (output) => resolve({ ok: true, status: `${answer.statusCode} ${answer.statusMessage}`, output }),
            failed,
          );
        },
      );
      sent.on("error", failed);
      sent.end(body);
    } catch (error) {
      // What Node does not send: a header with a newline in it.
      failed(error);
    }
  });
}

function headersOf({ headers }: HttpHandler, body: string, index: string): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = {
    "Content-Type": "application/json",
    "X-Consul-Index": index,
    "Content-Length": Buffer.byteLength(body),
  };
  for (const [name, values] of headers) all[name] = [...values];
  return all;
}

async function read(answer: IncomingMessage): Promise<string> {
  const tail = new Tail(OUTPUT_BYTES);
  for await (const bytes of answer as AsyncIterable<Buffer>) tail.write(bytes);
  return tail.toldText();
}
