import { describe, expect, test } from "vitest";
import { requestOf } from "../../../src/core/agent/dns-facts.ts";
import { nameOfText } from "../../../src/core/dns/name.ts";
import { DEFAULT_DNS } from "../../../src/core/dns/settings.ts";
import { questionBytes, readDns } from "../../support/dns.ts";
import { addressesOf, answer, askDns, deregister, register, repliedTo, tableWith } from "./dns-rig.ts";
import { feed, layTable, pass, type Table } from "./table.ts";

function tenWebs(table: Table): void {
  for (let at = 1; at <= 10; at++)
    register(table, `n${at}`, { ID: `w${at}`, Service: "web", Address: `10.1.0.${at}`, Port: 8000 + at });
}

describe("what was answered once is answered again", () => {
  test("until an instance comes or goes", () => {
    const table = tableWith();
    register(table, "n1", { ID: "w1", Service: "web", Address: "10.1.0.1", Port: 1 });
    expect(addressesOf(answer(table, "web.service.consul"))).toEqual(["10.1.0.1"]);
    expect(addressesOf(answer(table, "web.service.consul"))).toEqual(["10.1.0.1"]);
    register(table, "n2", { ID: "w2", Service: "web", Address: "10.1.0.2", Port: 1 });
    expect(addressesOf(answer(table, "web.service.consul")).sort()).toEqual(["10.1.0.1", "10.1.0.2"]);
    deregister(table, "n1", "w1");
    for (let times = 0; times < 40; times++)
      expect(addressesOf(answer(table, "web.service.consul"))).toEqual(["10.1.0.2"]);
    deregister(table, "n2");
    expect(answer(table, "web.service.consul").header).toBe("NXDOMAIN qr aa rd");
  });

  test("until a check turns critical, of the instance or of its node", () => {
    const table = tableWith();
    register(table, "n1", { ID: "w1", Service: "web", Address: "10.1.0.1" });
    register(table, "n2", { ID: "w2", Service: "web", Address: "10.1.0.2" });
    expect(addressesOf(answer(table, "web.service.consul"))).toHaveLength(2);
    register(table, "n1", undefined, { Check: { CheckID: "c", ServiceID: "w1", Status: "critical" } });
    expect(addressesOf(answer(table, "web.service.consul"))).toEqual(["10.1.0.2"]);
    register(table, "n2", undefined, { Check: { CheckID: "c", Status: "critical" } });
    expect(answer(table, "web.service.consul").header).toBe("NXDOMAIN qr aa rd");
    register(table, "n1", undefined, { Check: { CheckID: "c", ServiceID: "w1", Status: "warning" } });
    expect(addressesOf(answer(table, "web.service.consul"))).toEqual(["10.1.0.1"]);
  });

  test("until its node changes, appears or is gone", () => {
    const table = tableWith();
    expect(answer(table, "n1.node.consul").header).toBe("NXDOMAIN qr aa rd");
    expect(answer(table, "9.0.0.10.in-addr.arpa", "PTR").header).toBe("NXDOMAIN qr aa rd");
    register(table, "n1", undefined);
    expect(addressesOf(answer(table, "n1.node.consul"))).toEqual(["10.0.0.9"]);
    expect(answer(table, "9.0.0.10.in-addr.arpa", "PTR").answers).toEqual([
      "9.0.0.10.in-addr.arpa. 0 PTR n1.node.dc1.consul.",
    ]);
    register(table, "n1", undefined, { Address: "10.0.0.10" });
    expect(addressesOf(answer(table, "n1.node.consul"))).toEqual(["10.0.0.10"]);
    deregister(table, "n1");
    expect(answer(table, "n1.node.consul").header).toBe("NXDOMAIN qr aa rd");
  });

  test("under the id of whoever asks, and with its question's letters", () => {
    const table = tableWith();
    register(table, "n1", { ID: "w1", Service: "web", Address: "10.1.0.1" });
    for (const id of [1, 2, 0xffff]) {
      const bytes = askDns(table, { name: "Web.Service.CONSUL", id });
      expect(Buffer.isBuffer(bytes) && bytes.readUInt16BE(0)).toBe(id);
      expect(Buffer.isBuffer(bytes) && readDns(bytes).answers).toEqual(["Web.Service.CONSUL. 0 A 10.1.0.1"]);
    }
  });

  test("and the serial of the zone is the time, whenever that is", () => {
    const table = tableWith();
    const serial = (): number => {
      const bytes = askDns(table, { name: "nosuch.service.consul" });
      if (!Buffer.isBuffer(bytes)) throw new Error("no answer");
      return bytes.readUInt32BE(bytes.length - 20);
    };
    const first = serial();
    pass(table, 3000);
    expect(serial()).toBe(first + 3);
  });

  test("but for what was asked of an agent with other settings before a reload", () => {
    const table = tableWith();
    register(table, "n1", { ID: "w1", Service: "web", Address: "10.1.0.1" });
    expect(answer(table, "web.service.consul").answers).toEqual(["web.service.consul. 0 A 10.1.0.1"]);
    const { config } = table.agent;
    feed(table, {
      type: "reloaded",
      config: { ...config, dns: { ...DEFAULT_DNS, serviceTtls: [["we*", 9]] } },
    });
    expect(answer(table, "web.service.consul").answers).toEqual(["web.service.consul. 9 A 10.1.0.1"]);
  });
});

describe("the order of instances", () => {
  test("every one comes first about equally often, and none is always beside another", () => {
    const table = tableWith();
    tenWebs(table);
    const first = new Map<string, number>();
    const together = new Set<string>();
    for (let times = 0; times < 1000; times++) {
      const found = addressesOf(answer(table, "web.service.consul"));
      expect(new Set(found).size).toBe(3);
      first.set(found[0] ?? "", (first.get(found[0] ?? "") ?? 0) + 1);
      together.add(found.toSorted().join(" "));
      pass(table, 2);
    }
    expect(first.size).toBe(10);
    for (const count of first.values()) expect(count).toBeGreaterThan(50);
    expect(together.size).toBeGreaterThan(20);
  });
});

describe("what is no question", () => {
  test.each<[string, Uint8Array]>([
    ["an answer", questionBytes({ name: "a.consul", flags: 0x8100 })],
    ["too short a header", Uint8Array.of(1, 2, 3)],
  ])("%s is not answered", (_what, bytes) => {
    expect(askDns(tableWith(), bytes)).toBe("nothing");
  });

  test.each<[string, Uint8Array]>([
    ["a name that does not end", questionBytes({ name: "a.consul" }).subarray(0, 16)],
    ["a name that points at itself", Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1)],
  ])("%s is malformed", (_what, bytes) => {
    const said = askDns(tableWith(), bytes);
    expect(Buffer.isBuffer(said) && readDns(said).header).toBe("FORMERR qr rd");
  });

  test("other operations are not implemented, and no question or two are malformed", () => {
    const table = tableWith();
    const update = askDns(table, { name: "a.consul", opcode: 5 });
    expect(Buffer.isBuffer(update) && readDns(update).header).toBe("NOTIMP opcode 5 qr rd");
    const none = questionBytes({ name: "a.consul" });
    none.writeUInt16BE(0, 4);
    const malformed = askDns(table, none);
    expect(Buffer.isBuffer(malformed) && malformed.toString("hex")).toBe("126781010000000000000000");
  });
});

describe("recursors", () => {
  const RECURSORS = ["192.0.2.53:53", "192.0.2.54:53"];
  const forwards = ({ out }: Table) =>
    out.flatMap((effect) => (effect.type === "dns-forward" ? [effect] : []));
  const reply = (question: Uint8Array, rcode: number): Uint8Array => {
    const bytes = Uint8Array.from(question);
    bytes[2] = 0x81;
    bytes[3] = 0x80 | rcode;
    return bytes;
  };

  test("are asked in turn, until one says something, whose bytes are passed on", () => {
    const table = tableWith({ recursors: RECURSORS });
    const question = questionBytes({ name: "www.example.org", udpBytes: 1232 });
    expect(askDns(table, question)).toBeUndefined();
    const [first] = forwards(table);
    expect(first).toMatchObject({ to: RECURSORS[0], over: "udp", timeoutMs: 2000 });
    expect(Buffer.from(first?.bytes ?? [])).toEqual(question);
    feed(table, { type: "dns-forwarded", op: first?.op ?? 0, bytes: reply(question, 2) });
    const second = forwards(table)[1];
    expect(second?.to).toBe(RECURSORS[1]);
    const said = reply(question, 3);
    feed(table, { type: "dns-forwarded", op: second?.op ?? 0, bytes: said });
    expect(repliedTo(table, table.nextId - 1)).toEqual(Buffer.from(said));
    expect(table.agent.dns.open.size + table.agent.dns.recursions.size).toBe(0);
  });

  test("that all are silent fail the question", () => {
    const table = tableWith({ recursors: RECURSORS });
    askDns(table, { name: "www.example.org" });
    for (const at of [0, 1]) feed(table, { type: "dns-forwarded", op: forwards(table)[at]?.op ?? 0 });
    const bytes = repliedTo(table, table.nextId - 1);
    expect(Buffer.isBuffer(bytes) && readDns(bytes).header).toBe("SERVFAIL qr rd ra");
  });

  test("are asked for the addresses of a service that is the name of a host", () => {
    const table = tableWith({ recursors: RECURSORS.slice(0, 1), serviceTtls: [["*", 5]] });
    register(table, "n1", { ID: "e", Service: "ext", Address: "www.example.org", Port: 443 });
    askDns(table, { name: "ext.service.consul" });
    const asked = forwards(table)[0];
    expect(readDns(Buffer.from(asked?.bytes ?? [])).question).toBe("www.example.org. A class 1");
    const bytes = Buffer.concat([
      reply(asked?.bytes ?? new Uint8Array(), 0),
      Buffer.from("c00c000100010000ffff000401020304", "hex"),
    ]);
    bytes.writeUInt16BE(1, 6);
    feed(table, { type: "dns-forwarded", op: asked?.op ?? 0, bytes });
    const answered = repliedTo(table, table.nextId - 1);
    expect(Buffer.isBuffer(answered) && readDns(answered).answers).toEqual([
      "ext.service.consul. 5 CNAME www.example.org.",
      "www.example.org. 5 A 1.2.3.4",
    ]);
  });

  test("are asked over TCP what came over TCP", () => {
    const table = tableWith({ recursors: RECURSORS, recursorTimeoutMs: 300 });
    askDns(table, { name: "www.example.org" }, "tcp");
    expect(forwards(table)[0]).toMatchObject({ over: "tcp", timeoutMs: 300 });
  });

  test("are asked in any order where that is wanted", () => {
    const table = tableWith({ recursors: RECURSORS, recursorStrategy: "random" });
    for (let times = 0; times < 20; times++) askDns(table, { name: "www.example.org" });
    expect(new Set(forwards(table).map(({ to }) => to))).toEqual(new Set(RECURSORS));
  });

  test("say of a host no more than five things to who takes little", () => {
    const chain = (count: number): Buffer => {
      const record = Buffer.from("c00c00010001000000090004010203", "hex");
      return Buffer.concat(
        Array.from({ length: count }, (_, at) => Buffer.concat([record, Buffer.from([at])])),
      );
    };
    const told = (udpBytes?: number): number => {
      const table = tableWith({ recursors: RECURSORS.slice(0, 1) });
      register(table, "n1", { ID: "e", Service: "ext", Address: "www.example.org", Port: 443 });
      askDns(table, {
        name: "ext.service.consul",
        type: "SRV",
        ...(udpBytes === undefined ? {} : { udpBytes }),
      });
      const asked = forwards(table)[0];
      const bytes = Buffer.concat([reply(asked?.bytes ?? new Uint8Array(), 0), chain(8)]);
      bytes.writeUInt16BE(8, 6);
      feed(table, { type: "dns-forwarded", op: asked?.op ?? 0, bytes });
      const answered = repliedTo(table, table.nextId - 1);
      return Buffer.isBuffer(answered) ? readDns(answered).additional.length : -1;
    };
    expect([told(), told(4096)]).toEqual([5, 8]);
  });

  test("are nobody: other names are refused", () => {
    expect(answer(tableWith(), "www.example.org").header).toBe("REFUSED qr rd");
  });
});

test("before there was ever a leader a question fails", () => {
  const table = layTable({ servers: ["s1", "s2", "s3"] }, "alone", { rpcHoldTimeoutMs: 1000 });
  askDns(table, { name: "web.service.consul" });
  expect(repliedTo(table, table.nextId - 1)).toBeUndefined();
  pass(table, 2000);
  const bytes = repliedTo(table, table.nextId - 1);
  expect(Buffer.isBuffer(bytes) && readDns(bytes).header).toBe("SERVFAIL qr aa rd");
});

test("what may be stale is asked of any server, all else of the leader", () => {
  const consistency = (stale: boolean): string =>
    requestOf({ kind: "node", node: "n", datacenter: "dc1" }, stale, "a").options.consistency;
  expect([consistency(true), consistency(false)]).toEqual(["stale", "default"]);
});

test("a second domain is answered for as the first", () => {
  const altDomain = nameOfText("test-domain");
  const table = tableWith({ altDomain });
  register(table, "n1", { ID: "w1", Service: "web", Address: "10.1.0.1" });
  expect(addressesOf(answer(table, "web.service.test-domain"))).toEqual(["10.1.0.1"]);
  expect(answer(table, "web.service.nottest-domain").header).toBe("REFUSED qr rd");
});

describe("dns_config.use_cache", () => {
  const cachedKinds = ({ agent }: Table): string[] =>
    [...agent.service.cache.entries.values()].map(({ request }) => request.kind);

  test("is heeded for services, their gateways and nodes, and as in Consul not for addresses", () => {
    const table = tableWith({ useCache: true });
    register(table, "n1", { ID: "w1", Service: "web", Address: "10.1.0.1" });
    expect(addressesOf(answer(table, "web.service.consul"))).toEqual(["10.1.0.1"]);
    expect(addressesOf(answer(table, "n1.node.consul"))).toEqual(["10.0.0.9"]);
    answer(table, "web.ingress.consul");
    answer(table, "9.0.0.10.in-addr.arpa", "PTR");
    expect(cachedKinds(table)).toEqual(["health.service", "catalog.node", "health.ingress"]);
  });

  test("keeps what it knows of a node fresh", () => {
    const table = tableWith({ useCache: true });
    register(table, "n1", undefined);
    expect(addressesOf(answer(table, "n1.node.consul"))).toEqual(["10.0.0.9"]);
    register(table, "n1", undefined, { Address: "10.0.0.10" });
    pass(table, 1_000);
    expect(addressesOf(answer(table, "n1.node.consul"))).toEqual(["10.0.0.10"]);
    deregister(table, "n1");
    pass(table, 1_000);
    expect(answer(table, "n1.node.consul").header).toBe("NXDOMAIN qr aa rd");
  });
});
