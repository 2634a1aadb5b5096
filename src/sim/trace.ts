// A run as aligned lines, one an event, made for reading and for comparing in a diff: when, where, what, and what it did.

import type { Effect, Input } from "../core/agent/ports.ts";
import { entryOffsets } from "../core/raft/entry.ts";
import type { RaftMessage } from "../core/raft/messages.ts";
import type { Role } from "../core/raft/state.ts";
import { QUESTIONS_OF_A_LIFE } from "../core/service/state.ts";
import type { RpcMessage } from "../core/wire/rpc.ts";
import type { SimNode } from "./node.ts";
import type { Observer, World } from "./world.ts";

/** Columns: time in seconds, node or nodes, event, details. */
const TIME_WIDTH = 8;
const WHERE_WIDTH = 9;
const EVENT_WIDTH = 23;

/** Writes a line for everything that a reader of a Raft story wants to see; gossip's packets and the disk are left out. */
export function textLines(world: World, write: (line: string) => void): Observer {
  const roles = new Map<SimNode, { role: Role; term: number }>();
  const nameOf = (id: string): string => world.byId.get(id)?.name ?? id;
  const line = (where: string, event: string, details: string): void => {
    const time = (world.nowUs / 1e6).toFixed(3).padStart(TIME_WIDTH);
    write(`${time}  ${where.padEnd(WHERE_WIDTH)} ${event.padEnd(EVENT_WIDTH)} ${details}`.trimEnd());
  };
  return {
    onStart: (node) => {
      roles.delete(node);
      line(node.name, "start", "");
    },
    onCrash: (node) => line(node.name, "end of process", ""),
    onNote: (node, text) => line(node?.name ?? "*", text, ""),
    afterStep(node, input, _nowMs, effects) {
      if (input !== undefined) writeInput(node, input, nameOf, line);
      writeRole(node, roles, line);
      for (const effect of effects) writeEffect(node, effect, nameOf, line);
    },
  };
}

type Line = (where: string, event: string, details: string) => void;

function writeInput(node: SimNode, input: Input, nameOf: (id: string) => string, line: Line): void {
  if (input.type === "message" && isWorthALine(input.message))
    line(`${nameOf(input.from)} → ${node.name}`, ...describe(input.message));
  else if (input.type === "http")
    line(`→ ${node.name}`, input.request.method, `${input.request.target}  #${input.id}`);
  else if (input.type === "peer-lost")
    line(node.name, "peer lost", `${nameOf(input.peer)}${input.refused ? " refused" : ""}`);
}

/** Heartbeats and their replies would drown the rest. */
function isWorthALine(message: RpcMessage): boolean {
  if (message.type === "append") return message.entries.length > 0;
  return message.type !== "append-reply" || !message.success;
}

function writeRole(node: SimNode, roles: Map<SimNode, { role: Role; term: number }>, line: Line): void {
  const raft = node.agent?.service.server?.raft;
  if (raft === undefined) return;
  const before = roles.get(node);
  if (before !== undefined && (before.role !== raft.role || before.term !== raft.currentTerm))
    line(
      node.name,
      before.role === raft.role ? "new term" : `${before.role}→${raft.role}`,
      `t${raft.currentTerm}`,
    );
  if (before?.role !== raft.role || before.term !== raft.currentTerm)
    roles.set(node, { role: raft.role, term: raft.currentTerm });
}

function writeEffect(node: SimNode, effect: Effect, nameOf: (id: string) => string, line: Line): void {
  if (effect.type === "reply") {
    const { status, body } = effect.response;
    line(`${node.name} →`, String(status), `${body.replace(/\s+/g, " ").slice(0, 60)}  #${effect.id}`);
  } else if (effect.type === "message" && isRequest(effect.message))
    line(`${node.name} → ${nameOf(effect.to)}`, ...describe(effect.message));
}

/** Elections are worth seeing from both ends: what was lost on the way is seen only where it began. */
function isRequest(message: RpcMessage): boolean {
  return message.type === "vote" || message.type === "pre-vote";
}

/** A question by its number in its asker's life. */
function numbered(seq: number): string {
  return `#${seq % QUESTIONS_OF_A_LIFE}`;
}

function describe(message: RpcMessage): [event: string, details: string] {
  switch (message.type) {
    case "request":
      return ["forward", `${message.request.kind}  ${numbered(message.seq)}`];
    case "response":
      return [
        "answer",
        `${message.response.ok ? "ok" : message.response.error.code}  ${numbered(message.seq)}`,
      ];
    case "cancel":
      return ["cancel", numbered(message.seq)];
    default:
      return describeRaft(message);
  }
}

/** A message of Raft, by its name in the paper and what it says. */
export function describeRaft(message: RaftMessage): [event: string, details: string] {
  const term = `t${message.term}`;
  switch (message.type) {
    case "append": {
      const count = entryOffsets(message.entries)?.length ?? 0;
      const first = message.prevLogIndex + 1;
      const range = count === 0 ? "nothing" : count === 1 ? `${first}` : `${first}…${first + count - 1}`;
      return [
        "AppendEntries",
        `${range} after ${message.prevLogIndex}/${message.prevLogTerm} commit ${message.leaderCommit}  ${term}`,
      ];
    }
    case "append-reply":
      return ["AppendEntriesReply", `${message.success ? "has" : "refuses"} ${message.index}  ${term}`];
    case "vote":
    case "pre-vote":
      return [
        message.type === "vote" ? "RequestVote" : "RequestPreVote",
        `last ${message.lastLogIndex}/${message.lastLogTerm}  ${term}`,
      ];
    case "vote-reply":
    case "pre-vote-reply":
      return [
        message.type === "vote-reply" ? "RequestVoteReply" : "PreVoteReply",
        `${message.granted ? "granted" : "refused"}  ${term}`,
      ];
    case "snapshot": {
      const { lastIncludedIndex, lastIncludedTerm, offset, data, size } = message;
      const piece = `bytes ${offset}…${offset + data.length} of ${size}`;
      return ["InstallSnapshot", `${lastIncludedIndex}/${lastIncludedTerm} ${piece}  ${term}`];
    }
    case "snapshot-reply":
      return [
        "InstallSnapshotReply",
        `${message.lastIncludedIndex}/${message.lastIncludedTerm} has ${message.received} bytes  ${term}`,
      ];
    case "timeout-now":
      return ["TimeoutNow", term];
    case "read-index":
      return ["ReadIndex", `#${message.id % 0x10_0000}  ${term}`];
    case "read-index-reply":
      return [
        "ReadIndexReply",
        `#${message.id % 0x10_0000} ${message.index === 0 ? "refused" : message.index}  ${term}`,
      ];
  }
}
