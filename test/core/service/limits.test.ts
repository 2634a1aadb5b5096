// What is open has a bound: past it the next caller is told so, rather than the agent running out of memory.

import { describe, expect, test } from "vitest";
import { TOO_MANY_OPEN } from "../../../src/core/api/error.ts";
import { failed } from "../../../src/core/api/response.ts";
import { dropAsk, MAX_OPEN_ASKS, openAsk } from "../../../src/core/service/asks.ts";
import { onForwardedRequest } from "../../../src/core/service/forward.ts";
import { ask, routeAsk } from "../../../src/core/service/route.ts";
import type { ServiceEffect } from "../../../src/core/service/state.ts";
import { type Desk, getKey, leaderless } from "./desk.ts";

const GET = getKey("k");

function full(): Desk {
  const desk = leaderless();
  const { service, nowMs } = desk;
  for (let seq = service.asks.size; seq < MAX_OPEN_ASKS; seq++)
    routeAsk(service, openAsk(service, { by: "peer", peer: "c1", seq }, GET, "", nowMs), nowMs, []);
  return desk;
}

describe("with as many questions open as there may be", () => {
  // Not by way of the desk's own `http` and `rpc`, which check all rows each time.
  test("one more is refused in words, whoever asks, and one that is closed makes room", () => {
    const { service, nowMs } = full();
    const out: ServiceEffect[] = [];
    expect(ask(service, { by: "http", id: 1 }, GET, nowMs, out)).toEqual(failed(TOO_MANY_OPEN));
    onForwardedRequest(service, "c2", { type: "request", seq: 7, request: GET }, nowMs, out);
    expect(out).toEqual([
      {
        type: "message",
        to: "c2",
        address: undefined,
        message: { type: "response", seq: 7, response: failed(TOO_MANY_OPEN) },
      },
    ]);
    const row = service.asks.values().next().value;
    if (row !== undefined) dropAsk(service, row);
    expect(ask(service, { by: "http", id: 1 }, GET, nowMs, out)).toBeUndefined();
  });
});
