// Those who watch what the agent measures: the answers to them, which never end by themselves.

import type { Effect, RequestId } from "../core/agent/ports.ts";
import type { AnswerStream } from "./http/desk.ts";
import type { HttpServer } from "./http/server.ts";

/** What a slow reader may leave lying; what is measured then is lost to it. */
const MAX_WAITING_BYTES = 1 << 20;

export class MetricStreams {
  readonly #open = new Map<RequestId, AnswerStream>();

  open(http: HttpServer | undefined, { id, head }: Extract<Effect, { type: "metrics-stream" }>): void {
    const stream = http?.stream(id, head);
    if (stream !== undefined) this.#open.set(id, stream);
  }

  write({ id, text }: Extract<Effect, { type: "metrics-piece" }>): void {
    const stream = this.#open.get(id);
    if (stream !== undefined && stream.waiting() <= MAX_WAITING_BYTES) stream.write(text);
  }

  /** The caller hung up. */
  close(id: RequestId): void {
    this.#open.delete(id);
  }

  /** The agent ends. */
  closeAll(): void {
    for (const stream of this.#open.values()) stream.end();
    this.#open.clear();
  }
}
