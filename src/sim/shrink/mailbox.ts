// Messages from one server to another, kept until a schedule says that one arrives. A schedule names a message by
// what it says ("append term=2 prevLogIndex=3 …"), so that it need not hold it; when steps are left out the messages that
// follow differ a little, and the one that is most like the name is meant.

import { entryOffsets } from "../../core/raft/entry.ts";
import type { RpcMessage } from "../../core/wire/rpc.ts";

export interface Sent {
  readonly message: RpcMessage;
  readonly name: string;
}

export interface Mailbox {
  /** By type, oldest first. */
  readonly underWay: Map<string, Sent[]>;
  readonly arrived: Map<string, Sent[]>;
}

/** Of what is under way so many of the latest are looked at: heartbeats into a cut pile up. */
const LOOKED_AT = 64;

export function createMailbox(): Mailbox {
  return { underWay: new Map(), arrived: new Map() };
}

export function post({ underWay }: Mailbox, message: RpcMessage): void {
  put(underWay, { message, name: nameMessage(message) });
}

function put(mail: Map<string, Sent[]>, sent: Sent): void {
  const known = mail.get(sent.message.type);
  if (known === undefined) mail.set(sent.message.type, [sent]);
  else known.push(sent);
}

/** Everything that has not arrived, type by type. */
export function underWay(mailbox: Mailbox): Sent[] {
  return [...mailbox.underWay.values()].flat();
}

/** A message arrives; once it has, it can only arrive again. */
export function arrive({ underWay, arrived }: Mailbox, sent: Sent): void {
  const waiting = underWay.get(sent.message.type);
  const at = waiting?.lastIndexOf(sent) ?? -1;
  if (at < 0) return;
  waiting?.splice(at, 1);
  put(arrived, sent);
}

/** The message that is most like the name, of the same type; of several the latest. */
export function find(mailbox: Mailbox, name: string, again: boolean): Sent | undefined {
  const words = name.split(" ");
  const mail = (again ? mailbox.arrived : mailbox.underWay).get(words[0] ?? "") ?? [];
  let best: Sent | undefined;
  let most = -1;
  for (let at = mail.length - 1; at >= Math.max(0, mail.length - LOOKED_AT); at--) {
    const sent = mail[at] as Sent;
    if (sent.name === name) return sent;
    const alike = sent.name.split(" ").filter((word) => words.includes(word)).length;
    if (alike <= most) continue;
    best = sent;
    most = alike;
  }
  return best;
}

/** The type and every field that fits into a word; of bytes how many entries, or bytes, there are. */
export function nameMessage(message: RpcMessage): string {
  const words: string[] = [message.type];
  if (message.type === "request") words.push(message.request.kind);
  for (const [field, value] of Object.entries(message)) {
    if (field === "type") continue;
    if (typeof value === "number" || typeof value === "boolean") words.push(`${field}=${value}`);
    else if (value instanceof Uint8Array) words.push(`${field}=#${sizeOf(field, value)}`);
  }
  return words.join(" ");
}

function sizeOf(field: string, bytes: Uint8Array): number {
  return field === "entries" ? (entryOffsets(bytes)?.length ?? bytes.length) : bytes.length;
}
