// Clients over DNS: each asks one server after the other where services are. What a server says at once it says of its own
// state: exactly the instances that are there and healthy as it speaks, whatever it said before, whatever has since been
// applied, restored or taken from a snapshot.

import { type DnsRecord, RCODE, RECORD } from "../core/dns/message.ts";
import { nameOfText } from "../core/dns/name.ts";
import { readAnswer } from "../core/dns/read-message.ts";
import { must } from "../core/lib/assert.ts";
import { type ByteString, bytesOf, compareStrings } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import { CRITICAL } from "../core/model/catalog.ts";
import { listHealth } from "../core/store/catalog-reads.ts";
import type { Store } from "../core/store/store.ts";
import { isUp, type SimNode } from "./node.ts";
import { demand } from "./violation.ts";
import { callAt, deliver, type World } from "./world.ts";

/** Request numbers of these clients begin here, far from those of others. */
const FIRST_REQUEST = 6_000_000;
const THINK_US: readonly [least: number, most: number] = [100_000, 600_000];
/** Those of the catalog's clients, and what the servers are. */
const SERVICES = ["shop", "web", "db", "consul"] as const;

/** @throws Violation "dns-answer-untrue" */
export function startDnsClients(world: World, count: number, chance: Chance): void {
  /** What each open question is about. */
  const asked = new Map<number, string>();
  let next = FIRST_REQUEST;
  world.observers.push({
    skipsIdleTurns: true,
    afterStep(node, input, _nowMs, effects) {
      if (input?.type !== "dns") return;
      const service = asked.get(input.id);
      asked.delete(input.id);
      const store = node.agent?.service.server?.store;
      for (const effect of effects)
        if (
          effect.type === "dns-reply" &&
          effect.id === input.id &&
          service !== undefined &&
          store !== undefined
        )
          demandTrue(service, effect.bytes, store, node);
    },
  });
  const ask = (): void => {
    const node = world.nodes[chance.choose("dns.node", world.nodes.length)];
    const service = must(SERVICES[chance.choose("dns.service", SERVICES.length)], "there are some");
    // One that has yet to hear a leader asks others, who may know more or less than it does.
    if (node !== undefined && isUp(node) && node.agent?.service.server?.heardLeader === true) {
      const id = next++;
      asked.set(id, service);
      deliver(world, node, { type: "dns", id, over: "tcp", ip: "192.0.2.7", bytes: questionFor(service) });
    }
    const [least, most] = THINK_US;
    callAt(world, world.nowUs + least + chance.choose("dns.think", most - least), ask);
  };
  for (let at = 0; at < count; at++) ask();
}

function questionFor(service: string): Uint8Array {
  const name = must(nameOfText(`${service}.service.consul`), "it is one");
  const tail = String.fromCharCode(0, RECORD.SRV, 0, 1);
  return bytesOf(`\x12\x67\x01\0\0\x01\0\0\0\0\0\0${name}${tail}` as ByteString);
}

function demandTrue(service: string, bytes: Uint8Array | undefined, store: Store, { name }: SimNode): void {
  const answer = bytes && readAnswer(bytes);
  const said = answer === undefined ? "nothing" : saidBy(answer.rcode, answer.answers);
  const known = knownOf(service, store);
  demand(
    said === known,
    "dns-answer-untrue",
    () => `over DNS ${name} says of ${service}: ${said}; in its own state are: ${known}`,
  );
}

function saidBy(rcode: number, answers: readonly DnsRecord[]): string {
  if (rcode !== RCODE.noError) return rcode === RCODE.nameError ? "none" : `rcode ${rcode}`;
  return listed(answers.flatMap(({ data }) => (data.kind === "srv" ? [`${data.port}`] : [])));
}

function knownOf(service: string, store: Store): string {
  const { rows } = listHealth(store, { service, connect: false, tags: [], nodeMeta: [], passing: false });
  const healthy = rows.filter(({ checks }) => checks.every(({ status }) => status !== CRITICAL));
  return healthy.length === 0 ? "none" : listed(healthy.map((row) => `${row.service.port}`));
}

function listed(ports: readonly string[]): string {
  return [...ports].sort(compareStrings).join(" ");
}
