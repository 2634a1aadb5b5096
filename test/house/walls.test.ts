// The walls hold: what a pure room may not know is planted in one, and compiler, linter and `rooms` are asked. A copy of
// the project's own settings judges it, in a folder elsewhere.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SETTINGS = [
  ".gitignore",
  "biome.json",
  "package.json",
  "tsconfig.base.json",
  "tsconfig.pure.json",
  "scripts/lint",
  "src/core/tsconfig.json",
  "src/sim/tsconfig.json",
];

type Wall = "compiler" | "linter" | "rooms";

/** What is planted, and which walls must each reject it. */
const PLANTS: readonly (readonly [name: string, code: string, walls: readonly Wall[]])[] = [
  ["wall-clock", "export const now: () => number = () => Date.now();", ["linter", "rooms"]],
  ["stopwatch", "export const now: () => number = () => performance.now();", ["compiler", "linter", "rooms"]],
  ["dice", "export const roll: () => number = () => Math.random();", ["linter", "rooms"]],
  [
    "timer",
    "export function later(call: () => void): void {\n  setTimeout(call, 10);\n}",
    ["compiler", "linter", "rooms"],
  ],
  [
    "socket",
    'import { connect } from "node:net";\n\nexport const open: unknown = connect;',
    ["compiler", "linter", "rooms"],
  ],
  [
    "file",
    'import { readFileSync } from "node:fs";\n\nexport const read: unknown = readFileSync;',
    ["compiler", "linter", "rooms"],
  ],
  ["environment", "export const home: unknown = process.env;", ["compiler", "linter", "rooms"]],
  [
    "promise",
    "export const soon: unknown = new Promise((resolve: () => void) => resolve());",
    ["compiler", "linter", "rooms"],
  ],
  ["await", "export async function wait(): Promise<void> {\n  await undefined;\n}", ["linter", "rooms"]],
  [
    "adapter",
    'import { createDriver } from "../../adapters/driver.ts";\n\nexport const driver: unknown = createDriver;',
    ["compiler", "rooms"],
  ],
  ["package", 'import koa from "koa";\n\nexport const framework: unknown = koa;', ["compiler", "rooms"]],
  ["locale", 'export const order: number = "a".localeCompare("b");', ["linter", "rooms"]],
];
const SOUND = "export function half(value: number): number {\n  return value / 2;\n}\n";

let folder = "";
const verdicts = new Map<Wall, string>();

function run(tool: string, args: readonly string[]): string {
  const program = join(ROOT, "node_modules/.bin", tool);
  const { stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  return `${stdout}\n${stderr}`;
}

function rooms(tree: string): string {
  const args = ["--import", import.meta.resolve("tsx"), join(ROOT, "scripts/rooms.ts"), tree];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return `${stdout}\n${stderr}`;
}

function write(file: string, content: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), `${content.trimEnd()}\n`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-walls-"));
  for (const file of SETTINGS) cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  write("src/adapters/driver.ts", "export function createDriver(): number {\n  return 1;\n}");
  for (const wing of ["core/raft", "sim"]) write(`src/${wing}/sound.ts`, SOUND);
  for (const [name, code] of PLANTS) {
    write(`src/core/raft/${name}.ts`, code);
    write(`src/sim/${name}.ts`, code.replace("../../adapters", "../adapters"));
  }
  const compiled = ["core", "sim"].map((wing) => run("tsc", ["--noEmit", "-p", `src/${wing}`]));
  verdicts.set("compiler", compiled.join("\n"));
  verdicts.set("linter", run("biome", ["lint", "--max-diagnostics=none", "--colors=off", "src"]));
  verdicts.set("rooms", rooms(join(folder, "src")));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether a wall has something against a file, other than that nobody imports it. */
function rejects(wall: Wall, file: string): boolean {
  const lines = (verdicts.get(wall) ?? "").split("\n");
  return lines.some((line) => line.includes(file) && !line.includes("nobody imports it"));
}

describe.each(["core/raft", "sim"])("in src/%s", (wing) => {
  test.each(PLANTS.flatMap(([name, , walls]) => walls.map((wall) => [name, wall] as const)))(
    "a %s is rejected by the %s",
    (name, wall) => {
      expect(rejects(wall, `${wing}/${name}.ts`)).toBe(true);
    },
  );

  test.each(["compiler", "linter", "rooms"] as const)("a sound file is accepted by the %s", (wall) => {
    expect(rejects(wall, `${wing}/sound.ts`)).toBe(false);
  });
});

test("the house as it stands is in order", () => {
  expect(rooms(join(ROOT, "src"))).toMatch(/^rooms: \d+ files, all in order\n\n$/);
});
