// One promise: which road a request takes cannot be told from its answer.

import { METHODS } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Recorded, readRecorded } from "../../core/http/recorded.ts";
import { createTinyAgent, factsOf, type TinyAgent } from "../../core/http/tiny-agent.ts";
import { exchange, hasMessages, type Message, type Served, serveAgent, takeMessage } from "./wire.ts";

const kv = readRecorded("http-kv.json").filter(({ name }) => !name.startsWith("dev: "));
const wire = readRecorded("http-wire.json");

/** Bytes that node:http refuses where Go's server and the fast road do not. */
const STRICT = [
  / HTTP\/1\.[2-9]/, // a minor version to come
  /\r\n: /, // a header without a name
  /\r\n /, // a folded header
  /[^\r]\n/, // a bare line feed
  /[\x80-\xff]/, // a byte past ASCII
  /Content-Length: *\r/, // a length of nothing
  /(Content-Length: 3\r\n){2}/, // a length twice
  /\r\n\r\ngarbage/, // and what comes behind a request that is still to be answered
];

/** Whether the request is put at all: what is malformed is refused by each road in its own way, before anybody is asked. */
function isForBothRoads({ send, receive }: Recorded): boolean {
  const refused = /^HTTP\/1\.1 (?:400|501) [^\r]*\r\nContent-Type: [^\r]*\r\nConnection: close\r\n\r\n/.test(
    receive,
  );
  return !refused && !STRICT.some((each) => each.test(send)) && METHODS.includes(send.split(" ")[0] ?? "");
}

interface Road {
  readonly agent: TinyAgent;
  served?: Served;
}

async function ask(road: Road, recorded: Recorded): Promise<Message[]> {
  road.agent.nextIndex = recorded.kvIndex;
  if (recorded.session !== undefined) road.agent.sessions.add(recorded.session);
  const method = recorded.send.split(" ")[0] ?? "";
  const count = recorded.receive.match(/HTTP\/1\.[01] \d\d\d/g)?.length ?? 1;
  const { receive } = await exchange(
    road.served?.port ?? 0,
    [recorded.send],
    (told) => !recorded.closed && hasMessages(told, count, method),
  );
  const messages: Message[] = [];
  for (let rest = receive; rest !== ""; ) {
    const message = takeMessage(rest, method);
    if (message === undefined) throw new Error(`no message: ${rest}`);
    // The version in the status line is node:http's own affair.
    messages.push({ ...message, statusLine: message.statusLine.slice(9), rest: "" });
    rest = message.rest;
  }
  return messages;
}

describe("the fast road and the Koa road give the same status, headers and body", () => {
  const fast: Road = { agent: createTinyAgent(factsOf(kv)) };
  const koa: Road = { agent: createTinyAgent(factsOf(kv)) };
  beforeAll(async () => {
    fast.served = await serveAgent(fast.agent, { road: "fast" });
    koa.served = await serveAgent(koa.agent, { road: "koa" });
  });
  afterAll(async () => {
    await fast.served?.server.close();
    await koa.served?.server.close();
  });

  const gzipped = kv
    .filter(({ send }) => send.startsWith("GET "))
    .map((each) => ({
      ...each,
      name: `${each.name}, gzip accepted`,
      send: each.send.replace("\r\n\r\n", "\r\nAccept-Encoding: gzip\r\n\r\n"),
    }));
  for (const recorded of [...kv, ...wire, ...gzipped].filter(isForBothRoads))
    test(recorded.name, async () => {
      expect(await ask(koa, recorded)).toEqual(await ask(fast, recorded));
    });
});
