// Names that are not ours are asked of recursors: one after the other, until one says something. Of a whole question the
// client gets the very bytes that the recursor sent.

import { type Fact, needKey } from "../dns/facts.ts";
import { CLASS_IN, HEADER_BYTES, RCODE, RECORD } from "../dns/message.ts";
import type { DnsName } from "../dns/name.ts";
import { readAnswer } from "../dns/read-message.ts";
import { type ByteString, bytesOf } from "../lib/bytes.ts";
import { shuffle } from "../lib/chance.ts";
import type { OpenQuestion, Recursion } from "./dns-state.ts";
import type { Effect, Input } from "./ports.ts";
import type { Agent } from "./state.ts";

/** So many questions are with recursors at a time. Consul has no bound. */
export const MAX_RECURSIONS = 4096;

/** Passes the client's question on as it is. @returns Whether there is room for it. */
export function startRelay(agent: Agent, question: number, open: OpenQuestion, out: Effect[]): boolean {
  const { bytes, over } = open;
  return start(agent, { question, need: undefined, bytes, over }, out);
}

/** Asks for the addresses of a name. @returns Whether there is room for it. */
export function startSearch(agent: Agent, question: number, name: DnsName, out: Effect[]): boolean {
  const need = needKey({ kind: "elsewhere", name });
  return start(agent, { question, need, bytes: addressQuestion(name), over: "udp" }, out);
}

/** One question with a request to look further; the edge gives it its id. */
function addressQuestion(name: DnsName): Uint8Array {
  const header = "\0\0\x01\0\0\x01\0\0\0\0\0\0";
  const tail = String.fromCharCode(0, RECORD.A, 0, CLASS_IN);
  return bytesOf((header + name + tail) as ByteString);
}

function start(agent: Agent, asked: Omit<Recursion, "recursors" | "tried">, out: Effect[]): boolean {
  const { dns, chance } = agent;
  const { recursors, recursorStrategy } = dns.settings;
  if (dns.recursions.size >= MAX_RECURSIONS) return false;
  const order = recursorStrategy === "random" ? shuffle(chance, "dns.recursors", [...recursors]) : recursors;
  const recursion = { ...asked, recursors: order, tried: 0 };
  const op = dns.next++;
  dns.recursions.set(op, recursion);
  askNext(agent, op, recursion, out);
  return true;
}

/** @returns Whether there was another one to ask. */
function askNext(agent: Agent, op: number, recursion: Recursion, out: Effect[]): boolean {
  const to = recursion.recursors[recursion.tried++];
  if (to === undefined) return false;
  const { bytes, over } = recursion;
  out.push({ type: "dns-forward", op, to, over, bytes, timeoutMs: agent.dns.settings.recursorTimeoutMs });
  return true;
}

/** What came of a question to recursors, for the question that it was asked for. */
export type Recursed =
  | { readonly question: number; readonly need: string; readonly fact: Fact }
  /** `bytes`: what the recursor said; undefined when nobody said anything. */
  | { readonly question: number; readonly need: undefined; readonly bytes: Uint8Array | undefined };

/** @returns undefined while others are asked still. */
export function onForwarded(
  agent: Agent,
  { op, bytes }: Extract<Input, { type: "dns-forwarded" }>,
  out: Effect[],
): Recursed | undefined {
  const recursion = agent.dns.recursions.get(op);
  if (recursion === undefined) return undefined;
  const answer = bytes === undefined ? undefined : readAnswer(bytes);
  const { question, need } = recursion;
  const isAnswer =
    answer !== undefined &&
    (need !== undefined || answer.rcode === RCODE.noError || answer.rcode === RCODE.nameError);
  if (!isAnswer && askNext(agent, op, recursion, out)) return undefined;
  agent.dns.recursions.delete(op);
  if (need === undefined) return { question, need, bytes: isAnswer ? bytes : undefined };
  return { question, need, fact: { kind: "records", records: answer?.answers ?? [] } };
}

/** The recursor's answer under the id of the client's question. */
export function withId(bytes: Uint8Array, id: number): Uint8Array {
  const copy = bytes.slice();
  if (copy.length < HEADER_BYTES) return copy;
  copy[0] = id >> 8;
  copy[1] = id & 255;
  return copy;
}
