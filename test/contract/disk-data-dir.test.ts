// The data directory itself: what is told to a user who points the agent at the wrong one.

import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeDataDir, openDataDir } from "../../src/adapters/storage/data-dir.ts";
import { loadNodeId, uuidFault } from "../../src/adapters/storage/node-id.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "quorate-data-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const ID = "fdcce453-2f56-7709-4c57-91692a5441af";
/** Permissions mean nothing to the superuser. */
const unlessRoot = process.getuid?.() === 0 ? test.skip : test;

describe("a data directory", () => {
  test("is made where it is missing, with those above it", () => {
    const path = join(root, "a/b/c");
    const opened = openDataDir(path);
    expect(opened.ok).toBe(true);
    expect(statSync(path).isDirectory()).toBe(true);
    if (opened.ok) closeDataDir(opened.dataDir);
  });

  test("that is a file is refused in Consul's words", () => {
    const path = join(root, "file");
    writeFileSync(path, "");
    expect(openDataDir(path)).toEqual({ ok: false, error: `data_dir "${path}" is not a directory` });
    expect(openDataDir(join(path, "below"))).toEqual({
      ok: false,
      error: `Error getting info on data_dir: stat ${join(path, "below")}: not a directory`,
    });
  });

  test("of a Consul server is refused and left as it is, rather than served as an empty store", () => {
    mkdirSync(join(root, "raft"));
    writeFileSync(join(root, "raft/raft.db"), "bolt");
    expect(openDataDir(root)).toEqual({
      ok: false,
      error: `data_dir "${root}" holds the log of a Consul server (raft/raft.db), which can't be read here: use another directory`,
    });
    expect(readdirSync(root)).toEqual(["raft"]);
  });

  test("that cannot be made says why", () => {
    const path = "/proc/no/such/place";
    expect(openDataDir(path)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^cannot create data_dir "\/proc\/no\/such\/place": /),
    });
  });

  unlessRoot("that cannot be written to says so", () => {
    const path = join(root, "sealed");
    mkdirSync(path);
    chmodSync(path, 0o500);
    expect(openDataDir(path)).toEqual({
      ok: false,
      error: `cannot write to data_dir "${path}": permission denied`,
    });
  });

  test("is one agent's alone until that agent lets go", () => {
    const first = openDataDir(root);
    if (!first.ok) throw new Error(first.error);
    expect(openDataDir(root)).toEqual({
      ok: false,
      error: `data_dir "${root}" is in use by another agent (process ${process.pid})`,
    });
    closeDataDir(first.dataDir);
    const second = openDataDir(root);
    expect(second.ok).toBe(true);
    if (second.ok) closeDataDir(second.dataDir);
  });

  test("is free again when the process that had it was killed", async () => {
    const child = lockInAnotherProcess(join(root, "agent.lock"));
    await new Promise((ready) => child.stdout?.once("data", ready));
    expect(openDataDir(root)).toEqual({ ok: false, error: `data_dir "${root}" is in use by another agent` });
    child.kill("SIGKILL");
    await new Promise((closed) => child.once("close", closed));
    const opened = openDataDir(root);
    expect(opened.ok).toBe(true);
    if (opened.ok) closeDataDir(opened.dataDir);
  });
});

/** By the package's own door, which ours must agree with. */
function lockInAnotherProcess(path: string): ChildProcess {
  const script = `
    const fd = require("node:fs").openSync(${JSON.stringify(path)}, "a+");
    console.log(require(${JSON.stringify(createRequire(import.meta.url).resolve("fs-native-extensions"))}).tryLock(fd));
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("the node id", () => {
  test("is kept: 36 bytes, nobody else's to read, and the same for ever", () => {
    expect(loadNodeId(root, ID)).toEqual({ ok: true, nodeId: ID });
    expect(loadNodeId(root, "00000000-0000-0000-0000-000000000000")).toEqual({ ok: true, nodeId: ID });
    expect(readFileSync(join(root, "node-id"), "utf8")).toBe(ID);
    expect(statSync(join(root, "node-id")).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(["node-id"]);
  });

  test("may have been edited: spaces and capitals do not matter", () => {
    writeFileSync(join(root, "node-id"), ` ${ID.toUpperCase()}\n`);
    expect(loadNodeId(root, "")).toEqual({ ok: true, nodeId: ID });
  });

  test("that was left half-written by a crash is written again", () => {
    writeFileSync(join(root, "node-id.tmp"), ID.slice(0, 10));
    expect(loadNodeId(root, ID)).toEqual({ ok: true, nodeId: ID });
    expect(readdirSync(root)).toEqual(["node-id"]);
  });

  // Each as consul 1.8.7 prints it.
  test.each([
    ["", "uuid string is wrong length"],
    ["not-a-uuid", "uuid string is wrong length"],
    [`${ID}0`, "uuid string is wrong length"],
    [ID.replace("-", "x"), "uuid is improperly formatted"],
    [ID.replace("f", "z"), "encoding/hex: invalid byte: U+007A 'z'"],
    [ID.replace("dcc", "-cc"), "encoding/hex: invalid byte: U+002D '-'"],
  ])("%j is refused in Consul's words", (content, fault) => {
    writeFileSync(join(root, "node-id"), content);
    expect(loadNodeId(root, ID)).toEqual({
      ok: false,
      error: `failed to setup node ID: NodeID in ${join(root, "node-id")} is invalid: ${fault}`,
    });
    expect(readFileSync(join(root, "node-id"), "utf8")).toBe(content);
  });

  test("that cannot be read or written says why", () => {
    mkdirSync(join(root, "node-id"));
    expect(loadNodeId(root, ID)).toEqual({
      ok: false,
      error: `failed to setup node ID: open ${join(root, "node-id")}: illegal operation on a directory`,
    });
    expect(loadNodeId(join(root, "no"), ID)).toEqual({
      ok: false,
      error: `failed to setup node ID: write ${join(root, "no/node-id")}: no such file or directory`,
    });
  });

  test("of capitals is a good one too", () => {
    expect(uuidFault(ID.toUpperCase())).toBeUndefined();
  });
});
