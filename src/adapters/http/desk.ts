// The open requests of both roads, by id: who gets the answer. An id is never used twice, so that an answer which comes
// after its caller has hung up finds nobody rather than somebody else.

import type { HttpRequest, HttpResponse } from "../../core/api/http.ts";

/** Where an answer goes. */
export interface Caller {
  /** Called once at most. May be called before `Desk.ask` has returned. */
  answer(response: HttpResponse): void;
}

/** What stands behind the server. */
export interface RequestHandler {
  /** May be answered at once, from within this call. */
  onRequest(id: number, request: HttpRequest): void;
  /** The caller has hung up: no answer is wanted any more. */
  onCancel(id: number): void;
}

export class Desk {
  readonly #handler: RequestHandler;
  readonly #callers = new Map<number, Caller>();
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
    this.#callers.set(id, caller);
    this.#handler.onRequest(id, request);
  }

  respond(id: number, response: HttpResponse): void {
    const caller = this.#callers.get(id);
    if (caller === undefined) return;
    this.#callers.delete(id);
    caller.answer(response);
  }

  /** The caller went away. */
  cancel(id: number): void {
    if (this.#callers.delete(id)) this.#handler.onCancel(id);
  }
}
