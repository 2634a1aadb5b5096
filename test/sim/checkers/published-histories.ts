// Reads histories as others published them (test/vectors/histories) into ours.

import {
  complete,
  createHistory,
  type History,
  invoke,
  type KvAction,
  type KvOutcome,
} from "../../../src/sim/checkers/history.ts";

interface Asked {
  readonly id: number;
  readonly action: KvAction;
}

const JEPSEN_LINE = /^INFO\s+jepsen\.util - (\d+)\t:(invoke|ok|fail|info)\t:(read|write|cas)\t(.+)$/;

/**
 * Jepsen's log of one register: `process :invoke :cas [3 0]`, later `process :ok|:fail|:info …`. What timed out (`:info`)
 * may have happened, but for reads. @throws on a line that is not of this form.
 */
export function readJepsenLog(text: string): History {
  const history = createHistory();
  const open = new Map<string, Asked>();
  text.split("\n").forEach((line, at) => {
    if (line === "") return;
    const [, client = "", type = "", what = "", value = ""] = JEPSEN_LINE.exec(line) ?? [];
    if (client === "") throw new Error(`line ${at + 1} is not one of Jepsen's: ${line}`);
    if (type === "invoke") {
      const action = jepsenAction(what, value);
      open.set(client, { id: invoke(history, client, "register", action, at), action });
      return;
    }
    const asked = open.get(client);
    if (asked === undefined)
      throw new Error(`line ${at + 1}: process ${client} is answered and has not asked`);
    open.delete(client);
    complete(history, asked.id, jepsenOutcome(asked.action, type, value), at);
  });
  return history;
}

function jepsenAction(what: string, value: string): KvAction {
  if (what === "read") return { kind: "get" };
  if (what === "write") return { kind: "put", value };
  const [from = "", to = ""] = value.slice(1, -1).split(" ");
  return { kind: "swap", from, value: to };
}

function jepsenOutcome({ kind }: KvAction, type: string, value: string): KvOutcome {
  if (type === "info") return { kind: "unknown" };
  if (kind === "get")
    return type === "ok"
      ? { kind: "read-value", value: value === "nil" ? undefined : value }
      : { kind: "failed" };
  return type === "ok" ? { kind: "applied" } : { kind: "refused" };
}

const KV_LINE =
  /^\{:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "([^"]*)", :value (?:nil|"([^"]*)")\}$/;

/**
 * Porcupine's files of a key/value store. Only of one client: then each append is the put of what it must lead to. A key
 * that is not there reads as "". @throws on a line that is not of this form, or on a second client.
 */
export function readKvFile(text: string): History {
  const history = createHistory();
  const values = new Map<string, string>();
  let id = 0;
  text.split("\n").forEach((line, at) => {
    if (line === "") return;
    const [, client, type, what, key = "", value = ""] = KV_LINE.exec(line) ?? [];
    if (client !== "0") throw new Error(`line ${at + 1} is not of one client's file: ${line}`);
    if (type === "invoke") {
      if (what === "put") values.set(key, value);
      if (what === "append") values.set(key, (values.get(key) ?? "") + value);
      const action: KvAction =
        what === "get" ? { kind: "get" } : { kind: "put", value: values.get(key) ?? "" };
      id = invoke(history, client, key, action, at);
    } else if (what === "get")
      complete(history, id, { kind: "read-value", value: value === "" ? undefined : value }, at);
    else complete(history, id, { kind: "applied" }, at);
  });
  return history;
}
