// The open requests of both roads, by id: who gets the answer. An id is never used twice, so that an answer which comes
// after its caller has hung up finds nobody rather than somebody else.

import type { HttpRequest, HttpResponse } from "../../core/api/http.ts";
import type { ByteString } from "../../core/lib/bytes.ts";

/** An answer that goes on: its head is out, and more of its body comes. */
export interface AnswerStream {
  write(text: ByteString): void;
  /** Bytes that the caller has not taken yet. */
  waiting(): number;
  /** That was all. The connection ends with it. */
  end(): void;
}

/** Where an answer goes. */
export interface Caller {
  /** Called once at most. May be called before `Desk.ask` has returned. */
  answer(response: HttpResponse): void;
  /** Where the caller is: "127.0.0.1:46290". */
  from(): string;
  /** Instead: writes a head, and then what comes. */
  stream(head: HttpResponse): AnswerStream;
}

/** What stands behind the server. */
export interface RequestHandler {
  /** May be answered at once, from within this call. */
  onRequest(id: number, request: HttpRequest): void;
  /** The caller has hung up: no answer is wanted any more. Also at the end of an answer that went on until then. */
  onCancel(id: number): void;
  /** A request is answered, after so many milliseconds. */
  onAnswered?(request: HttpRequest, tookMs: number, response: HttpResponse, from: () => string): void;
}

interface Open {
  readonly caller: Caller;
  readonly request: HttpRequest;
  readonly sinceMs: number;
}

export class Desk {
  readonly #handler: RequestHandler;
  readonly #open = new Map<number, Open>();
  #lastId = 0;

  constructor(handler: RequestHandler) {
    this.#handler = handler;
  }

  /** The id to ask under: 1, 2, 3… */
  takeId(): number {
    this.#lastId++;
    return this.#lastId;
  }

  ask(id: number, caller: Caller, request: HttpRequest): void {
    this.#open.set(id, { caller, request, sinceMs: performance.now() });
    this.#handler.onRequest(id, request);
  }

  respond(id: number, response: HttpResponse): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    const { caller, request, sinceMs } = open;
    this.#handler.onAnswered?.(request, performance.now() - sinceMs, response, () => caller.from());
    caller.answer(response);
  }

  /** Begins an answer that goes on until its caller hangs up. @returns undefined when it has already. */
  stream(id: number, head: HttpResponse): AnswerStream | undefined {
    return this.#open.get(id)?.caller.stream(head);
  }

  /** The caller went away. */
  cancel(id: number): void {
    if (this.#open.delete(id)) this.#handler.onCancel(id);
  }
}
