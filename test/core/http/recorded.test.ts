import { describe, expect, test } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../src/core/api/http.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings } from "../../../src/core/http/plan.ts";
import { type ByteString, bytesOf } from "../../../src/core/lib/bytes.ts";
import { answerOf, type Recorded, readRecorded } from "./recorded.ts";
import { answerPlan, createTinyAgent, factsOf, type TinyAgent } from "./tiny-agent.ts";

const SETTINGS: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

function requestOf({ send }: Recorded): HttpRequest {
  const end = send.indexOf("\r\n\r\n");
  const [line = "", ...headers] = send.slice(0, end).split("\r\n");
  const first = line.indexOf(" ");
  return {
    method: line.slice(0, first),
    target: line.slice(first + 1, line.lastIndexOf(" ")),
    headers: new Map(
      headers.map((each) => [
        each.slice(0, each.indexOf(":")).toLowerCase(),
        each.slice(each.indexOf(":") + 1).trim(),
      ]),
    ),
    body: bytesOf(send.slice(end + 4) as ByteString),
    remote: "127.0.0.1",
  };
}

function play(agent: TinyAgent, settings: HttpSettings, recorded: Recorded): HttpResponse {
  agent.nextIndex = recorded.kvIndex;
  const plan = readHttp(requestOf(recorded), settings);
  return plan.kind === "answer" ? plan.response : writeHttp(plan.view, answerPlan(agent, plan), settings);
}

describe("Consul 1.8.7 and we give the same answer", () => {
  const all = readRecorded("http-kv.json");
  const server = all.filter((each) => !each.name.startsWith("dev: "));
  const dev = all.filter((each) => each.name.startsWith("dev: "));

  for (const [cases, settings] of [
    [server, SETTINGS],
    [dev, { ...SETTINGS, dev: true }],
  ] as const) {
    const agent = createTinyAgent(factsOf(cases));
    // Sessions are made by an endpoint that we do not have yet.
    for (const { session } of cases) if (session !== undefined) agent.sessions.add(session);
    for (const recorded of cases.filter(({ session }) => session === undefined))
      test(recorded.name, () => {
        const response = play(agent, settings, recorded);
        const { status, headers, body } = response;
        const told = recorded.send.startsWith("HEAD ") ? "" : body;
        expect({ status, headers, body: told }).toEqual(answerOf(recorded));
        // A body that was announced and not read closes the connection too, but that is framing.
        const announced = Number(/Content-Length: (\d+)/.exec(recorded.send)?.[1] ?? 0);
        if (announced <= SETTINGS.kvMaxValueBytes) expect(response.close ?? false).toBe(recorded.closed);
      });
  }
});
