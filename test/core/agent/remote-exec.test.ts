// Commands that an agent runs for others: the job is read, acknowledged, run, and what it says is written in pieces; all of
// it under keys of the asker's session.

import { beforeEach, describe, expect, test } from "vitest";
import { dumpAgent, loadAgent } from "../../../src/core/agent/checkpoint.ts";
import type { CommandLine } from "../../../src/core/agent/ports.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { answerTo, askOverHttp, feed, layTable, noticesOf, pass, type Table } from "./table.ts";

let table: Table;

function start(remoteExec: boolean): void {
  table = layTable({ servers: ["s1"] }, "exec", { remoteExec });
}

function ask(method: string, target: string, body = ""): string {
  const id = askOverHttp(table, method, target, body);
  pass(table, 1);
  return answerTo(table, id)?.body.trim() ?? "(no answer)";
}

/** What `exec` does before agents hear of it. @returns The session. */
function order(job: string, prefix = "_rexec"): string {
  const made = ask("PUT", "/v1/session/create", '{"Behavior":"delete","TTL":"15s","NodeChecks":[]}');
  const { ID } = JSON.parse(made) as { readonly ID: string };
  expect(ask("PUT", `/v1/kv/${prefix}/${ID}/job?acquire=${ID}`, job)).toBe("true");
  ask("PUT", "/v1/event/fire/_rexec", JSON.stringify({ Prefix: prefix, Session: ID }));
  pass(table, 10);
  return ID;
}

const key = (session: string, name: string): string => ask("GET", `/v1/kv/_rexec/${session}/s1/${name}?raw`);
const keys = (session: string): string[] => {
  const listed = ask("GET", `/v1/kv/_rexec/${session}/s1/?keys`);
  return listed === "" ? [] : (JSON.parse(listed) as string[]).map((each) => each.split("/s1/")[1] ?? "");
};
const begun = (): CommandLine[] =>
  table.out.flatMap((effect) => (effect.type === "command-start" ? [effect.line] : []));
const flows = (): boolean[] =>
  table.out.flatMap((effect) => (effect.type === "command-flow" ? [effect.reads] : []));
function says(text: string): void {
  feed(table, { type: "command-output", job: 1, bytes: utf8Bytes(text) });
}

function ends(code: number, error?: string): void {
  feed(table, { type: "command-ended", job: 1, code, ...(error === undefined ? {} : { error }) });
  pass(table, 10);
}

beforeEach(() => start(true));

test("an agent that is not to obey does nothing", () => {
  start(false);
  const session = order('{"Command":"true"}');
  expect(begun()).toEqual([]);
  expect(keys(session)).toEqual([]);
  expect(noticesOf(table)).toContain("ignoring remote exec event, disabled.");
});

describe("what is run", () => {
  test.each<[string, string, CommandLine]>([
    [
      "a line for the shell",
      '{"Command":"uptime; date","Wait":2000000000}',
      { kind: "shell", command: "uptime; date" },
    ],
    ["a program and its arguments", '{"Args":["ls","-l /"]}', { kind: "args", args: ["ls", "-l /"] }],
    ["a script", '{"Script":"ZWNobyBoaQ=="}', { kind: "script", script: utf8Bytes("echo hi") }],
  ])("%s", (_name, job, line) => {
    const session = order(job);
    expect(begun()).toEqual([line]);
    expect(keys(session)).toEqual(["ack"]);
  });

  test.each([
    ["a job that is not there", undefined, "remote exec aborted, job spec missing"],
    ["a job that can't be read", "{bad", "failed to decode remote exec spec"],
    ["a script that is not in base64", '{"Script":"%"}', "failed to decode remote exec spec"],
  ])("%s is not", (_name, job, notice) => {
    if (job === undefined) {
      ask("PUT", "/v1/event/fire/_rexec", '{"Prefix":"_rexec","Session":"nosuch"}');
      pass(table, 10);
    } else order(job);
    expect(begun()).toEqual([]);
    expect(noticesOf(table)).toContain(notice);
    expect(table.agent.remoteExec.jobs.size).toBe(0);
  });

  test.each(["{bad", "[]", ""])("an event of %j is not", (payload) => {
    ask("PUT", "/v1/event/fire/_rexec", payload);
    expect(noticesOf(table)).toContain("failed to decode remote exec event");
  });

  test("a job whose session has ended is not, for it can't be acknowledged", () => {
    const session = order('{"Command":"a"}');
    ask("PUT", `/v1/session/destroy/${session}`);
    ask("PUT", `/v1/kv/_rexec/${session}/job`, '{"Command":"b"}');
    ask("PUT", "/v1/event/fire/_rexec", JSON.stringify({ Prefix: "_rexec", Session: session }));
    pass(table, 10);
    expect(begun()).toHaveLength(1);
    expect(noticesOf(table)).toContain("failed to ack remote exec job");
  });

  test("no more than a bound at a time", () => {
    for (let times = 0; times < 70; times++) order('{"Command":"a"}');
    expect(begun()).toHaveLength(64);
    expect(noticesOf(table)).toContain("too many remote exec commands are running");
  });
});

describe("output", () => {
  test("is written when nothing more came for half a second, and at the end with the exit code", () => {
    const session = order('{"Command":"a","Wait":60000000000}');
    says("one ");
    pass(table, 400);
    says("two");
    pass(table, 400);
    expect(keys(session)).toEqual(["ack"]);
    pass(table, 200);
    expect(key(session, "out/00000")).toBe("one two");
    says("three");
    ends(7);
    expect(keys(session)).toEqual(["ack", "exit", "out/00000", "out/00001"]);
    expect(key(session, "out/00001")).toBe("three");
    expect(key(session, "exit")).toBe("7");
    expect(table.agent.remoteExec.jobs.size).toBe(0);
  });

  test("is written in pieces of 4 KiB as soon as there are such", () => {
    const session = order('{"Command":"a","Wait":60000000000}');
    says("x".repeat(10_000));
    pass(table, 10);
    expect(keys(session)).toEqual(["ack", "out/00000", "out/00001"]);
    expect(key(session, "out/00001")).toBe("x".repeat(4096));
    ends(0);
    expect(key(session, "out/00002")).toBe("x".repeat(10_000 - 8192));
  });

  test("is not read on while enough of it waits to be written", () => {
    order('{"Command":"a","Wait":60000000000}');
    const { raft } = must(table.agent.service.server, "a server");
    const lead = raft.leading;
    raft.leading = undefined;
    says("x".repeat(4096 * 17));
    raft.leading = lead;
    expect(flows()[0]).toBe(false);
  });

  test("that does not come is told of every so often, as a sign of life", () => {
    const session = order('{"Command":"a","Wait":1000000000}');
    pass(table, 2500);
    expect(keys(session)).toEqual(["ack", "out/00000", "out/00001"]);
    expect(key(session, "out/00001")).toBe("");
  });

  test("that nobody reads any more is closed, once it can't be written", () => {
    const session = order('{"Command":"a","Wait":60000000000}');
    ask("PUT", `/v1/session/destroy/${session}`);
    says("x".repeat(5000));
    pass(table, 10);
    expect(table.out).toContainEqual({ type: "command-close", job: 1 });
    expect(keys(session)).toEqual([]);
    expect(table.agent.remoteExec.jobs.size).toBe(0);
    says("more");
    ends(0);
    expect(keys(session)).toEqual([]);
  });
});

test("a command that can't be begun ends with 255", () => {
  const session = order('{"Args":["nosuch"]}');
  ends(255, "exec: not found");
  expect(key(session, "exit")).toBe("255");
  expect(noticesOf(table)).toContain("failed to start remote exec");
});

test("keys go with the session of who asked", () => {
  const session = order('{"Command":"a"}');
  ends(0);
  expect(keys(session)).toEqual(["ack", "exit"]);
  ask("PUT", `/v1/session/destroy/${session}`);
  expect(ask("GET", "/v1/kv/_rexec/?keys")).toBe("");
});

test("a job that is under way outlives a dump", () => {
  const session = order('{"Command":"a","Wait":60000000000}');
  says("half");
  table.agent = loadAgent(dumpAgent(table.agent), seededChance("another"));
  ends(3);
  expect(key(session, "out/00000")).toBe("half");
  expect(key(session, "exit")).toBe("3");
});
