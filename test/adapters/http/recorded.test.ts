import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Recorded, readRecorded } from "../../core/http/recorded.ts";
import { createTinyAgent, factsOf, type TinyAgent } from "../../core/http/tiny-agent.ts";
import { exchange, type Served, serveAgent } from "./wire.ts";

const DATE = /Date: [^\r]*/g;
const SAME_DATE = "Date: Thu, 01 Jan 1970 00:00:00 GMT";

/** Compressed bodies differ with the compressor: what they unpack to is compared, and all headers but their length. */
function sameButForGzip(receive: string): string {
  const dated = receive.replace(DATE, SAME_DATE);
  if (!dated.includes("Content-Encoding: gzip")) return dated;
  const end = dated.indexOf("\r\n\r\n") + 4;
  const body = gunzipSync(Buffer.from(dated.slice(end), "latin1")).toString("latin1");
  return dated.slice(0, end).replace(/Content-Length: \d+/, "Content-Length: -") + body;
}

async function play(served: Served, agent: TinyAgent, recorded: Recorded): Promise<void> {
  agent.nextIndex = recorded.kvIndex;
  const expected = sameButForGzip(recorded.receive);
  // All that is to come has come when as much is there; whether the server then closes, it says itself.
  const { receive, closed } = await exchange(
    served.port,
    [recorded.send],
    (told) => !recorded.closed && sameLength(told, recorded.receive),
  );
  expect(sameButForGzip(receive)).toBe(expected);
  expect(closed).toBe(recorded.closed);
}

function sameLength(told: string, recorded: string): boolean {
  if (told.includes("Content-Encoding: gzip")) return told.length > told.indexOf("\r\n\r\n") + 4;
  return told.length >= recorded.length;
}

const kv = readRecorded("http-kv.json");
const groups = [
  { name: "a server", dev: false, cases: kv.filter(({ name }) => !name.startsWith("dev: ")) },
  { name: "a dev agent", dev: true, cases: kv.filter(({ name }) => name.startsWith("dev: ")) },
] as const;
const wire = readRecorded("http-wire.json");

for (const later of [false, true])
  for (const { name, dev, cases } of groups) {
    describe(`Consul 1.8.7 and ${name} of ours, ${later ? "answering later" : "answering at once"}, send the same bytes`, () => {
      const agent = createTinyAgent(factsOf(cases));
      for (const { session } of cases) if (session !== undefined) agent.sessions.add(session);
      let served: Served;
      beforeAll(async () => {
        served = await serveAgent(agent, { later, dev });
      });
      afterAll(() => served.server.close());

      const played = dev ? cases : [...cases, ...wire];
      for (const recorded of played.filter(({ session }) => session === undefined))
        test(recorded.name, () => play(served, agent, recorded));
    });
  }
