// What a client of the key/value store asks next, and what an answer tells it: the same for the simulator's clients and
// for those that drive real agents over sockets, so that both write histories of one kind. Knows neither world nor
// sockets, and nothing of what is right: src/sim/checkers judges.

import type { HttpResponse } from "../core/api/http.ts";
import { type ByteString, decodeBase64 } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import type { KvAction, KvOutcome, KvVersion } from "./checkers/history.ts";
import { demand } from "./violation.ts";

export interface KvClient {
  readonly name: string;
  /** The ModifyIndex it saw last of each key, 0 for none: what its next compare-and-set compares with. */
  readonly seen: Map<string, number>;
  /** How many values it made up: no two clients of different names ever write the same one. */
  writes: number;
}

export function createKvClient(name: string): KvClient {
  return { name, seen: new Map(), writes: 0 };
}

/** A question, and how it is put over HTTP. */
export interface KvQuestion {
  readonly action: KvAction;
  readonly method: "GET" | "PUT" | "DELETE";
  /** Path and query. */
  readonly target: string;
  /** Undefined for none. */
  readonly body: string | undefined;
}

/** What clients ask for, and what they leave alone. */
export interface Habits {
  /** Default and consistent reads, or consistent ones only. */
  readonly reads?: "any" | "consistent";
  /** With some, a third of the questions asks for the key as a lock, or gives it back. */
  readonly sessions?: readonly string[];
}

/** Draws what the client asks of `key` next: reads and writes of every kind whose effect the checker knows. */
export function nextQuestion(
  client: KvClient,
  key: string,
  chance: Chance,
  { reads = "any", sessions = [] }: Habits = {},
): KvQuestion {
  const target = `/v1/kv/${key}`;
  const dice = chance.choose("client.action", 100);
  const index = client.seen.get(key) ?? 0;
  const conditional = `${target}?cas=${index}`;
  const value = `${client.name}.${++client.writes}`;
  if (sessions.length > 0 && chance.choose("client.lock", 3) === 0) {
    const session = sessions[chance.choose("client.session", sessions.length)] ?? "";
    const kind = chance.choose("client.release", 2) === 0 ? "acquire" : "release";
    return question({ kind, session, value }, "PUT", `${target}?${kind}=${session}`, value);
  }
  if (dice < 25 && reads === "any") return question({ kind: "get" }, "GET", target);
  if (dice < 45) return question({ kind: "get" }, "GET", `${target}?consistent`);
  if (dice < 70) return question({ kind: "put", value }, "PUT", target, value);
  if (dice < 92) return question({ kind: "cas", index, value }, "PUT", conditional, value);
  if (dice < 96) return question({ kind: "delete" }, "DELETE", target);
  return question({ kind: "delete-cas", index }, "DELETE", conditional);
}

function question(action: KvAction, method: KvQuestion["method"], target: string, body?: string): KvQuestion {
  return { action, method, target, body };
}

/** Keeps what an answer showed of a key. */
export function remember(client: KvClient, key: string, outcome: KvOutcome): void {
  if (outcome.kind === "read") client.seen.set(key, outcome.version?.modifyIndex ?? 0);
}

const SURELY_NOT =
  /^(rpc error making call: )*(No cluster leader|No known Consul servers|No path to datacenter|too many writes under way)/;

/** Whether the error is one that a server gives before it has put a write into its log: it surely did not happen. */
export function isSurelyNotDone(error: string): boolean {
  return SURELY_NOT.test(error);
}

const CONDITIONAL: readonly KvAction["kind"][] = ["cas", "delete-cas", "acquire", "release"];

const NO_SESSION = /^(rpc error making call: )*invalid session /;

/** An answer as far as outcomes go. */
export type Said = Pick<HttpResponse, "status" | "body">;

/**
 * What became of an action on anything that is read, written and deleted as keys are.
 * @param response Undefined: there is none.
 * @param told What an answer says of it that is no error; undefined when it says nothing else.
 */
export function outcomeBy(
  action: KvAction,
  response: Said | undefined,
  told: (response: Said) => KvOutcome | undefined,
): KvOutcome {
  const outcome = response && told(response);
  if (outcome !== undefined) return outcome;
  const surely = action.kind === "get" || (response !== undefined && isSurelyNotDone(response.body));
  return { kind: surely ? "failed" : "unknown" };
}

/** What an answer to a read shows; undefined when it is an error. */
export function readBy(
  { status, body }: Said,
  versionIn: (body: ByteString) => KvVersion | undefined,
): KvOutcome | undefined {
  if (status === 404) return { kind: "read", version: undefined };
  return status === 200 ? { kind: "read", version: versionIn(body) } : undefined;
}

/** What became of an action on a key, by the answer to it. */
export function outcomeOf(action: KvAction, said: Said): KvOutcome {
  return outcomeBy(action, said, ({ status, body }) => {
    if (action.kind === "get") return readBy(said, versionIn);
    if (status === 200 && body === "true") return { kind: "applied" };
    if (status === 200 && body === "false" && CONDITIONAL.includes(action.kind)) return { kind: "refused" };
    return action.kind === "acquire" && NO_SESSION.test(body) ? { kind: "no-session" } : undefined;
  });
}

function versionIn(body: ByteString): KvVersion | undefined {
  const pairs: unknown = JSON.parse(body);
  demand(Array.isArray(pairs), "strange-answer", () => `a read is answered ${body}`);
  const [pair] = pairs as readonly {
    Value: string | null;
    CreateIndex: number;
    ModifyIndex: number;
    Session?: string;
    LockIndex: number;
  }[];
  if (pair === undefined) return undefined;
  const value = decodeBase64(pair.Value ?? "") ?? "";
  const { CreateIndex, ModifyIndex, Session = "", LockIndex } = pair;
  return {
    value,
    createIndex: CreateIndex,
    modifyIndex: ModifyIndex,
    session: Session,
    lockIndex: LockIndex,
  };
}
