// Those who watch the agent's log over HTTP: each gets its lines as they come, and none can make the agent keep more than so
// much for it.

import type { Effect, RequestId } from "../core/agent/ports.ts";
import { utf8 } from "../core/lib/bytes.ts";
import type { Say } from "./agent-http.ts";
import type { AnswerStream } from "./http/desk.ts";
import type { HttpServer } from "./http/server.ts";
import type { Logs } from "./logs.ts";

/** What a slow reader may leave lying; lines that come then are lost to it, as in Consul. */
const MAX_WAITING_BYTES = 1 << 20;

interface Monitor {
  readonly stream: AnswerStream;
  readonly stop: () => void;
  dropped: number;
}

export class Monitors {
  readonly #logs: Logs;
  readonly #say: Say;
  readonly #open = new Map<RequestId, Monitor>();

  constructor(logs: Logs, say: Say) {
    this.#logs = logs;
    this.#say = say;
  }

  open(http: HttpServer | undefined, { id, level, json, head }: Extract<Effect, { type: "monitor" }>): void {
    const stream = http?.stream(id, head);
    if (stream === undefined) return;
    const stop = this.#logs.watch(level, json, (line) => {
      if (stream.waiting() > MAX_WAITING_BYTES) monitor.dropped++;
      else stream.write(utf8(line));
    });
    const monitor: Monitor = { stream, stop, dropped: 0 };
    this.#open.set(id, monitor);
  }

  /** The caller hung up. */
  close(id: RequestId): void {
    const monitor = this.#open.get(id);
    if (monitor === undefined) return;
    this.#open.delete(id);
    monitor.stop();
    if (monitor.dropped > 0)
      this.#say("warn", "Dropped logs during monitor request", { dropped_count: monitor.dropped });
  }

  /** The agent ends. */
  closeAll(): void {
    for (const [id, { stream }] of this.#open) {
      this.close(id);
      stream.end();
    }
  }
}
