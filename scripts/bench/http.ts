// Small questions to servers outside of the load: who leads, is it up, does it take a write. Each over a connection of its
// own, so that a server that has died or not yet come costs one refused attempt.

import { Agent, request } from "node:http";
import type { Target } from "./connection.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** How long between two attempts at what is not there yet. */
const PAUSE_MS = 2;
/** A server that takes longer is taken for broken. */
const PATIENCE_MS = 120_000;

const noKeepAlive = new Agent({ keepAlive: false });

/** @returns undefined when the server can't be reached, or hangs up. */
export function call(
  { ip, port }: Target,
  method: "GET" | "PUT",
  path: string,
  body = "",
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: ip, port, method, path, agent: noKeepAlive }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on("error", () => resolve(undefined));
    });
    asked.on("error", () => resolve(undefined));
    asked.end(body);
  });
}

/** Asks until `accept` says yes. @returns performance.now() of the first such answer. */
export async function until(
  target: Target,
  method: "GET" | "PUT",
  path: string,
  accept: (answer: Answer) => boolean,
  body = "",
): Promise<number> {
  for (const giveUpAt = performance.now() + PATIENCE_MS; performance.now() < giveUpAt; ) {
    const answer = await call(target, method, path, body);
    if (answer !== undefined && accept(answer)) return performance.now();
    await pause(PAUSE_MS);
  }
  throw new Error(
    `${target.ip}:${target.port}: no good answer to ${method} ${path} in ${PATIENCE_MS / 1000} s`,
  );
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function isOk({ status }: Answer): boolean {
  return status === 200;
}

/** A list, and not an empty one. */
export function hasSome({ status, body }: Answer): boolean {
  return status === 200 && body.trim() !== "[]";
}

export function isAcknowledged({ status, body }: Answer): boolean {
  return status === 200 && body.trim() === "true";
}

export function namesLeader({ status, body }: Answer): boolean {
  return status === 200 && body.trim().length > '""'.length;
}
