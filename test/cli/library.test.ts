// The package as its users have it: packed, unpacked somewhere else, imported by its name. The examples of
// docs/simulation.md are what is compiled and run.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endsWithUs } from "../support/children.ts";
import { freePort } from "../support/loopback.ts";
import { programPath } from "../support/program.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dirname, "../..");

let folder = "";

beforeAll(() => {
  programPath();
  folder = mkdtempSync(join(tmpdir(), "quorate-library-"));
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "quorate"), { recursive: true });
  execFileSync("tar", [
    "xzf",
    join(folder, filename),
    "-C",
    join(modules, "quorate"),
    "--strip-components=1",
  ]);
  // What the declarations speak of is what the package depends on.
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  // As npm does when it installs.
  mkdirSync(join(modules, ".bin"));
  symlinkSync("../quorate/dist/quorate.js", join(modules, ".bin/quorate"));
  chmodSync(join(modules, "quorate/dist/quorate.js"), 0o755);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the packed program. @returns What it says. */
function say(...args: string[]): string {
  return execFileSync(process.execPath, [join(folder, "node_modules/quorate/dist/quorate.js"), ...args], {
    encoding: "utf8",
  });
}

/** In a process of its own: whoever runs the tests may have other flags, with which V8 takes nothing back. */
const TAKES_BACK = `
  const { readFileSync } = require("node:fs");
  for (const filename of process.argv.slice(1)) {
    const cachedData = readFileSync(filename + ".compiled");
    const script = new (require("node:vm").Script)(readFileSync(filename, "latin1"), { filename, cachedData });
    console.log(script.cachedDataRejected);
  }`;

test("V8 takes back what was compiled of the program and the agent when they were built", () => {
  const files = ["program.js", "agent.js"].map((name) => join(folder, "node_modules/quorate/dist", name));
  const said = execFileSync(process.execPath, ["-e", TAKES_BACK, ...files], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  expect(said).toBe("false\nfalse\n");
});

test("the program runs the same with a damaged file of what was compiled, and with none", () => {
  const compiled = join(folder, "node_modules/quorate/dist/program.js.compiled");
  const kept = readFileSync(compiled);
  const version = say("version");
  writeFileSync(compiled, kept.subarray(0, kept.length >> 1));
  expect(say("version")).toBe(version);
  rmSync(compiled);
  expect(say("version")).toBe(version);
  writeFileSync(compiled, kept);
});

/** The examples in the page, in order. */
function examples(): string[] {
  const page = readFileSync(join(ROOT, "docs/simulation.md"), "utf8");
  const section = page.slice(page.indexOf("## As a library"));
  return [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
}

/** Compiles with the strictest settings, into the folder. @returns What the compiler complains of. */
function compile(files: readonly string[]): string {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const options = ["--target", "es2022", "--module", "nodenext", "--strict", "--skipLibCheck", "false"];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  try {
    execFileSync(process.execPath, [compiler, ...options, "--lib", "es2023,dom", "--types", "", ...files], {
      cwd: folder,
      encoding: "utf8",
    });
    return "";
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

function run(file: string): string {
  return execFileSync(process.execPath, [join(folder, file)], { encoding: "utf8" });
}

test("the examples of the page compile, and do what they say", () => {
  const sources = examples();
  expect(sources).toHaveLength(2);
  const files = sources.map((_, at) => `example-${at}.ts`);
  sources.forEach((source, at) => {
    writeFileSync(join(folder, files[at] ?? ""), source);
  });
  expect(compile(files)).toBe("");
  const printed = run("example-0.js");
  expect(printed).toContain("{ ok: true, index: 3, result: 'done' }");
  expect(printed).toContain("{ ok: false, reason: 'unknown' }");
  expect(printed).toMatch(/^[0-9a-f]{16}$/m);
  const states = [...printed.matchAll(/^[a-e] (Map.*)$/gm)].map((match) => match[1]);
  expect(states).toHaveLength(5);
  expect(new Set(states).size).toBe(1);
  expect(run("example-0.js")).toBe(printed);
  expect(run("example-1.js")).toBe("");
}, 120_000);

test("what is misspelt does not compile", () => {
  writeFileSync(
    join(folder, "wrong.ts"),
    'import { World } from "quorate/sim";\nnew World({ sead: 1 });\nexport const x: number = World.nothing;\n',
  );
  const complaints = compile(["wrong.ts"]);
  expect(complaints).toContain("sead");
  expect(complaints).toContain("nothing");
}, 120_000);

test("require works too", () => {
  writeFileSync(
    join(folder, "old.cjs"),
    'const { World, scenario, swarm } = require("quorate/sim");\nconsole.log(typeof World, typeof scenario, typeof swarm);\n',
  );
  expect(run("old.cjs")).toBe("function function function\n");
});

test("npx runs an agent of it", async () => {
  const [http, server, lan, wan, dns] = await Promise.all([1, 2, 3, 4, 5].map(() => freePort("127.0.0.1")));
  const ports = ["-http-port", http, "-server-port", server, "-serf-lan-port", lan, "-serf-wan-port", wan];
  const args = ["quorate", "agent", "-dev", ...ports, "-dns-port", dns].map(String);
  const agent = endsWithUs(spawn("npx", ["--no-install", ...args], { cwd: folder }));
  let said = "";
  for (const stream of [agent.stdout, agent.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
  const ended = once(agent, "close");
  await until("it leads", () => {
    if (agent.exitCode !== null) throw new Error(said);
    return said.includes("cluster leadership acquired");
  });
  const written = await fetch(`http://127.0.0.1:${http}/v1/kv/motd`, { method: "PUT", body: "hello" });
  expect(await written.json()).toBe(true);
  const left = execFileSync("npx", ["--no-install", "quorate", "leave", `-http-addr=127.0.0.1:${http}`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(left).toBe("Graceful leave complete\n");
  await ended;
  expect(agent.exitCode).toBe(0);
});

test("nothing else of the package can be imported", () => {
  writeFileSync(join(folder, "inside.cjs"), 'require("quorate/dist/agent.js");\n');
  expect(() => execFileSync(process.execPath, [join(folder, "inside.cjs")], { stdio: "pipe" })).toThrow(
    /ERR_PACKAGE_PATH_NOT_EXPORTED/,
  );
});
