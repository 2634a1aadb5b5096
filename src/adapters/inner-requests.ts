// Questions that the agent's own process puts to it, as if over HTTP, but without a socket: they are answered even where
// nothing is listened on, and need no certificate.

import type { RequestId } from "../core/agent/ports.ts";
import { type HttpRequest, type HttpResponse, UNIX_CLIENT } from "../core/api/http.ts";

/** What the agent is told; never from within what it asks for itself. */
export interface InnerPort {
  readonly ask: (id: RequestId, request: HttpRequest) => void;
  readonly cancel: (id: RequestId) => void;
}

export class InnerRequests {
  readonly #port: InnerPort;
  readonly #open = new Map<RequestId, (response: HttpResponse | undefined) => void>();
  /** Below 0, where the callers from outside have no numbers. */
  #lastId = 0;

  constructor(port: InnerPort) {
    this.#port = port;
  }

  /** @returns undefined when it is given up before there is an answer. */
  get(target: string, token: string, signal: AbortSignal): Promise<HttpResponse | undefined> {
    const id = --this.#lastId;
    const headers = new Map(token === "" ? [] : [["x-consul-token", token]]);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        if (!this.#open.delete(id)) return;
        setImmediate(() => this.#port.cancel(id));
        resolve(undefined);
      };
      this.#open.set(id, (response) => {
        signal.removeEventListener("abort", giveUp);
        resolve(response);
      });
      signal.addEventListener("abort", giveUp, { once: true });
      setImmediate(() => {
        if (!this.#open.has(id)) return;
        this.#port.ask(id, { method: "GET", target, headers, body: new Uint8Array(0), remote: UNIX_CLIENT });
      });
    });
  }

  /** @returns Whether it was one of ours. */
  respond(id: RequestId, response: HttpResponse): boolean {
    const answer = this.#open.get(id);
    this.#open.delete(id);
    answer?.(response);
    return id < 0;
  }
}
