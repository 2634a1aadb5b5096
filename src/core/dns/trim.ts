// How much of an answer is sent: few records over UDP to who does not say how much he takes, and otherwise as many as the
// size allows. Answers go from the end, and with them what was added about them. Consul's rules, 1.8.

import { type DnsMessage, type DnsRecord, RECORD } from "./message.ts";
import { type DnsName, lowerName } from "./name.ts";
import type { DnsSettings } from "./settings.ts";
import { messageBytes } from "./write-message.ts";

export type Transport = "udp" | "tcp";

/** RFC 1035 §4.2.1: what everybody takes over UDP. */
const PLAIN_UDP_BYTES = 512;
/** Of a datagram, less room for its headers. */
const MAX_UDP_BYTES = 65_467;
/** Of a message over TCP, less its header. */
const MAX_TCP_BYTES = 65_523;
/** Left free of what a client takes over UDP. */
const SPARE_UDP_BYTES = 7;
/** Most answers to who takes 512 bytes, whatever the configuration says. */
const MOST_PLAIN_ANSWERS = 8;
/** More do not fit into a message over TCP anyway. */
const MOST_TCP_ANSWERS = 4096;
const MOST_TCP_SRV = 1024;

/** The least that an address, or a server with its target, takes in a message. */
const LEAST_BYTES = 16;
const LEAST_SRV_BYTES = 38;

/** Answers beyond that many are not sent, however small they are. */
export function mostAnswers(
  transport: Transport,
  udpBytes: number | undefined,
  type: number,
  { udpAnswerLimit }: DnsSettings,
): number {
  if (transport === "tcp") return type === RECORD.SRV ? MOST_TCP_SRV : MOST_TCP_ANSWERS;
  if (isPlain(transport, udpBytes) && udpAnswerLimit !== 0)
    return Math.min(MOST_PLAIN_ANSWERS, Math.max(1, udpAnswerLimit));
  const least = type === RECORD.SRV ? LEAST_SRV_BYTES : LEAST_BYTES;
  return Math.ceil(budgetOf(transport, udpBytes) / least);
}

/** Over UDP, and it does not say that it takes more than anybody does. */
function isPlain(transport: Transport, udpBytes: number | undefined): boolean {
  return transport === "udp" && (udpBytes ?? 0) <= PLAIN_UDP_BYTES;
}

function budgetOf(transport: Transport, udpBytes: number | undefined): number {
  if (transport === "tcp") return MAX_TCP_BYTES;
  return Math.min(Math.max(udpBytes ?? 0, PLAIN_UDP_BYTES), MAX_UDP_BYTES) - SPARE_UDP_BYTES;
}

export interface Trimmed {
  readonly message: DnsMessage;
  readonly trimmed: boolean;
}

/** @param message As it would be sent; what is said about the extension mechanism does not count. */
export function trimMessage(message: DnsMessage, transport: Transport, settings: DnsSettings): Trimmed {
  const { answers } = message;
  const udpBytes = message.edns?.udpBytes;
  const most = mostAnswers(transport, udpBytes, message.question.type, settings);
  const limited = answers.length > most;
  // Who takes little may stand before one who has to write it all out: what is cut for him fits without compression too.
  const compresses = !settings.disableCompression && !(limited && isPlain(transport, udpBytes));
  const budget = budgetOf(transport, udpBytes);
  const whole = { ...message, edns: undefined };
  const cut = limited ? firstOf(whole, most) : whole;
  const size = (each: DnsMessage): number => messageBytes(each, compresses);
  const cutBytes = size(cut);
  if (cutBytes <= budget) return { message: { ...cut, edns: message.edns }, trimmed: limited };
  // What is said of the zone goes before any answer does.
  const bare = { ...cut, authority: [] };
  const fitting = mostThatFit(cut.answers.length, budget, (count) => size(firstOf(bare, count)), cutBytes);
  const last = cut.answers.length > 1 ? firstOf(bare, fitting) : bare;
  return {
    message: { ...last, edns: message.edns },
    trimmed: limited || last.answers.length < cut.answers.length,
  };
}

/**
 * How many of so many answers fit, one at least. Answers of one kind take about as much each, so that the place where they
 * no longer fit is soon found between two whose sizes are known.
 */
function mostThatFit(
  all: number,
  budget: number,
  sizeOf: (count: number) => number,
  allBytes: number,
): number {
  let [least, leastBytes] = [Math.min(1, all), 0];
  let [beyond, beyondBytes] = [all, allBytes];
  while (beyond - least > 1) {
    const share = (budget - leastBytes) / Math.max(1, beyondBytes - leastBytes);
    const guess = least + Math.floor(share * (beyond - least));
    const middle = Math.min(Math.max(guess, least + 1), beyond - 1);
    const bytes = sizeOf(middle);
    if (bytes <= budget) [least, leastBytes] = [middle, bytes];
    else [beyond, beyondBytes] = [middle, bytes];
  }
  return least;
}

function firstOf(message: DnsMessage, count: number): DnsMessage {
  const answers = message.answers.slice(0, count);
  return { ...message, answers, additional: aboutAnswers(answers, message.additional) };
}

/** Of each target the first record, and where that is another name, the first of this one. */
function aboutAnswers(answers: readonly DnsRecord[], additional: readonly DnsRecord[]): readonly DnsRecord[] {
  if (additional.length === 0) return [];
  const first = new Map<DnsName, DnsRecord>();
  for (const record of additional) {
    const name = lowerName(record.name);
    if (!first.has(name)) first.set(name, record);
  }
  const kept = new Map<DnsName, DnsRecord | undefined>();
  for (const { data } of answers) {
    let target = data.kind === "srv" ? lowerName(data.target) : undefined;
    while (target !== undefined && !kept.has(target)) {
      const record = first.get(target);
      kept.set(target, record);
      target = record?.data.kind === "name" ? lowerName(record.data.target) : undefined;
    }
  }
  return [...kept.values()].filter((record) => record !== undefined);
}
