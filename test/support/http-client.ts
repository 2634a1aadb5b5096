// A client of agents' HTTP interface as programs have one: connections are kept and used again, a request is given up
// after a while, and what became of it is told apart as far as a client can tell.

import { Agent as Connections, request as startRequest } from "node:http";
import { type ByteString, byteStringOf } from "../../src/core/lib/bytes.ts";

export interface HttpTarget {
  readonly ip: string;
  readonly port: number;
}

export type HttpResult =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: ByteString;
      /** X-Consul-Index, 0 where there is none. */
      readonly index: number;
    }
  /** `refused`: the request was never sent. With the others it may have been acted on. */
  | { readonly ok: false; readonly why: "refused" | "lost" | "timeout" };

export interface HttpAsk {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body?: string | Uint8Array | undefined;
  readonly patienceMs?: number;
}

const PATIENCE_MS = 30_000;

export class HttpClient {
  readonly #connections = new Connections({ keepAlive: true, maxSockets: 1 });

  ask(
    { ip, port }: HttpTarget,
    { method, target, body, patienceMs = PATIENCE_MS }: HttpAsk,
  ): Promise<HttpResult> {
    return new Promise((resolve) => {
      const fail = (why: "refused" | "lost" | "timeout"): void => resolve({ ok: false, why });
      const options = { host: ip, port, method, path: target, agent: this.#connections };
      const request = startRequest(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", () => fail("lost"));
        response.on("end", () => {
          if (!response.complete) return fail("lost");
          const { statusCode = 0, headers } = response;
          const index = Number(headers["x-consul-index"] ?? 0);
          resolve({ ok: true, status: statusCode, body: byteStringOf(Buffer.concat(chunks)), index });
        });
      });
      const timer = setTimeout(() => {
        fail("timeout");
        request.destroy();
      }, patienceMs);
      request.on("close", () => clearTimeout(timer));
      request.on("error", (error: NodeJS.ErrnoException) => {
        // Of a connection that is used again nobody knows how far the request came.
        fail(error.code === "ECONNREFUSED" && !request.reusedSocket ? "refused" : "lost");
      });
      request.end(body);
    });
  }

  close(): void {
    this.#connections.destroy();
  }
}

/** One request on a connection of its own. */
export async function askOnce(target: HttpTarget, ask: HttpAsk): Promise<HttpResult> {
  const client = new HttpClient();
  try {
    return await client.ask(target, ask);
  } finally {
    client.close();
  }
}

/** What an agent answers with 200, as JSON. @throws Error for any other answer, and for none. */
export async function getJson<T>(target: HttpTarget, path: string): Promise<T> {
  const result = await askOnce(target, { method: "GET", target: path });
  if (!result.ok) throw new Error(`GET ${path}: ${result.why}`);
  if (result.status !== 200) throw new Error(`GET ${path}: ${result.status} ${result.body}`);
  return JSON.parse(Buffer.from(result.body, "latin1").toString()) as T;
}
