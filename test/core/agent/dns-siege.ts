// Hostile questions over DNS at an agent without sockets, and hostile answers of its recursors, as many as wanted, from a
// seed. Each is replied to once, with a message that can be read and is no larger than may be sent, or with nothing.

import { strict as assert } from "node:assert";
import { readAnswer } from "../../../src/core/dns/read-message.ts";
import { DEFAULT_DNS } from "../../../src/core/dns/settings.ts";
import { type Chance, seededChance } from "../../../src/core/lib/chance.ts";
import { questionBytes, readDns } from "../../support/dns.ts";
import { mutateBytes, pick, randomBytes } from "./mutation.ts";
import { askOverHttp, feed, layTable, type Table } from "./table.ts";

export interface DnsSiegeReport {
  readonly questions: number;
  /** By how they were replied to. */
  readonly answered: number;
  readonly refused: number;
  readonly ignored: number;
  readonly passedOn: number;
  readonly slowestMs: number;
}

const NAMES = [
  ..."web.service.consul _web._tcp.service.consul n1.node.consul pq.query.consul 0a010101.addr.consul".split(
    " ",
  ),
  ..."1.1.0.10.in-addr.arpa consul ext.service.consul loop.service.consul www.example.org a.b.c.web.service.dc1.consul".split(
    " ",
  ),
];
const TYPES = ["A", "AAAA", "SRV", "ANY", "TXT", "SOA", "NS", "PTR", "AXFR"];
const INPUTS_A_LIFE = 20_000;
const MAX_UDP_BYTES = 65_467;

/** @throws Error with the seed and the number of the question that broke something; its cause says what. */
export function besiegeDns(seed: string, questions: number): DnsSiegeReport {
  const chance = seededChance(`${seed}/dns`);
  // Plain arrays: those of Node share their memory with what is cut out of them.
  const corpus = NAMES.flatMap((name) =>
    TYPES.flatMap((type) => [
      questionBytes({ name, type }),
      questionBytes({ name, type, udpBytes: 1232, subnet: "10.1.2.0/24" }),
    ]),
  ).map((bytes) => new Uint8Array(bytes));
  const report = { questions, answered: 0, refused: 0, ignored: 0, passedOn: 0, slowestMs: 0 };
  let table = populated(seed);
  for (let done = 0; done < questions; done++) {
    if (done % INPUTS_A_LIFE === INPUTS_A_LIFE - 1) table = populated(`${seed}/${done}`);
    const beganMs = performance.now();
    try {
      report[strike(table, chance, corpus)]++;
    } catch (error) {
      throw new Error(`seed ${seed}: question ${done}`, { cause: error });
    }
    report.slowestMs = Math.max(report.slowestMs, performance.now() - beganMs);
  }
  return report;
}

function populated(seed: string): Table {
  const dns = { ...DEFAULT_DNS, recursors: ["192.0.2.53:53"], enableTruncate: true };
  const table = layTable({ servers: ["s1"] }, seed, { dns });
  const register = (body: object): unknown =>
    askOverHttp(table, "PUT", "/v1/catalog/register", JSON.stringify(body));
  for (let at = 1; at <= 40; at++)
    register({
      Node: `n${at}`,
      Address: `10.0.1.${at}`,
      NodeMeta: { at: `${at}` },
      Service: { ID: "w", Service: "web", Port: at },
    });
  register({
    Node: "n1",
    Address: "10.0.1.1",
    Service: { ID: "e", Service: "ext", Address: "www.example.org" },
  });
  register({
    Node: "n1",
    Address: "10.0.1.1",
    Service: { ID: "l", Service: "loop", Address: "loop.service.consul." },
  });
  askOverHttp(table, "POST", "/v1/query", JSON.stringify({ Name: "pq", Service: { Service: "web" } }));
  return table;
}

function strike(
  table: Table,
  chance: Chance,
  corpus: readonly Uint8Array[],
): "answered" | "refused" | "ignored" | "passedOn" {
  const kind = chance.choose("siege.dns", 20);
  const whole = pick(chance, "siege.question", corpus);
  const bytes = kind === 0 ? randomBytes(chance, 80) : kind < 4 ? whole : mutateBytes(chance, whole);
  const over = chance.choose("siege.over", 4) === 0 ? "tcp" : "udp";
  const id = table.nextId++;
  table.out.length = 0;
  feed(table, { type: "dns", id, over, ip: "192.0.2.7", bytes });
  let passedOn = false;
  for (let rounds = 0; ; rounds++) {
    const forwards = table.out.flatMap((effect) => (effect.type === "dns-forward" ? [effect] : []));
    if (forwards.length === 0) break;
    assert(rounds < 8, "no question goes to recursors for ever");
    passedOn = true;
    table.out.splice(0, table.out.length, ...table.out.filter(({ type }) => type !== "dns-forward"));
    for (const { op, bytes: asked } of forwards) {
      const said = hostileAnswer(chance, asked);
      feed(table, { type: "dns-forwarded", op, ...(said === undefined ? {} : { bytes: said }) });
    }
  }
  const replies = table.out.flatMap((effect) =>
    effect.type === "dns-reply" && effect.id === id ? [effect] : [],
  );
  assert.equal(replies.length, 1, "every question is replied to once");
  const { open, recursions } = table.agent.dns;
  assert.equal(open.size + recursions.size, 0, "nothing is left of a question that was answered");
  const reply = replies[0]?.bytes;
  if (passedOn) return "passedOn";
  if (reply === undefined) return "ignored";
  assert.equal(reply[0], bytes[0]);
  assert.equal(reply[1], bytes[1]);
  const { header } = readDns(Buffer.from(reply));
  assert(over === "tcp" ? reply.length <= 0xffff : reply.length <= MAX_UDP_BYTES, "it can be sent");
  return /^(FORMERR|NOTIMP|REFUSED)/.test(header) ? "refused" : "answered";
}

/** Repeats the question with an answer behind it, and breaks it; or says nothing. */
function hostileAnswer(chance: Chance, question: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.concat([
    question,
    Buffer.from("c00c00050001000000ff0002c00cc00c000100010000ffff000401020304", "hex"),
  ]);
  bytes[2] = 0x81;
  bytes[7] = 2;
  const kind = chance.choose("siege.answer", 8);
  const said =
    kind === 0
      ? undefined
      : kind === 1
        ? randomBytes(chance, 80)
        : mutateBytes(chance, new Uint8Array(bytes));
  if (said !== undefined) readAnswer(said);
  return said;
}
