// An agent on a table that is asked over DNS, and a catalog that is written over its HTTP interface.

import { expect } from "vitest";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import { DEFAULT_DNS, type DnsSettings } from "../../../src/core/dns/settings.ts";
import { type Asking, type DnsText, questionBytes, readDns } from "../../support/dns.ts";
import { answerTo, askOverHttp, feed, layTable, type Table } from "./table.ts";

/** A server alone, with these settings of DNS. */
export function tableWith(dns: Partial<DnsSettings> = {}, options: Partial<AgentConfig> = {}): Table {
  return layTable({ servers: ["s1"] }, "dns", { ...options, dns: { ...DEFAULT_DNS, ...dns } });
}

/** The bytes of the reply, "nothing" for one without, undefined for none yet. */
export function askDns(
  table: Table,
  asking: Asking | Uint8Array,
  over: "udp" | "tcp" = "udp",
): Buffer | "nothing" | undefined {
  const id = table.nextId++;
  const bytes = asking instanceof Uint8Array ? asking : questionBytes(asking);
  feed(table, { type: "dns", id, over, ip: "192.0.2.7", bytes });
  return repliedTo(table, id);
}

export function repliedTo({ out }: Table, id: number): Buffer | "nothing" | undefined {
  const reply = out.find((effect) => effect.type === "dns-reply" && effect.id === id);
  if (reply?.type !== "dns-reply") return undefined;
  return reply.bytes === undefined ? "nothing" : Buffer.from(reply.bytes);
}

export function answer(table: Table, name: string, type = "A", more: Partial<Asking> = {}): DnsText {
  const bytes = askDns(table, { name, type, ...more });
  if (!Buffer.isBuffer(bytes)) throw new Error(`no answer: ${bytes}`);
  return readDns(bytes);
}

export function register(table: Table, node: string, service: object | undefined, more: object = {}): void {
  const body = { Node: node, Address: "10.0.0.9", Service: service, ...more };
  const id = askOverHttp(table, "PUT", "/v1/catalog/register", JSON.stringify(body));
  expect(answerTo(table, id)).toMatchObject({ status: 200, body: "true" });
}

export function deregister(table: Table, node: string, serviceId = ""): void {
  const id = askOverHttp(
    table,
    "PUT",
    "/v1/catalog/deregister",
    JSON.stringify({ Node: node, ServiceID: serviceId }),
  );
  expect(answerTo(table, id)).toMatchObject({ status: 200 });
}

/** What the answers end with. */
export function addressesOf({ answers }: DnsText): string[] {
  return answers.map((line) => line.split(" ").at(-1) ?? "");
}
