// The rooms and their doors: who may import whom, written once, checked against every import in src. Also the words that
// no pure file may use (the compiler and the linter reject most of them too; three walls are better than one), and files
// that nobody imports. `npm run rooms` prints what is wrong and exits with 1.
//
//   npm run rooms            the whole of src
//   npm run rooms -- DIR     another tree of the same shape (test/house/walls.test.ts plants faults in one)

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Each room under src with the rooms it may import values from. Every room may import itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "core/lib": [],
  "core/model": ["core/lib"],
  "core/api": ["core/lib", "core/model"],
  "core/wire": ["core/lib", "core/model", "core/api"],
  "core/wal": ["core/lib", "core/wire"],
  "core/raft": ["core/lib"],
  "core/gossip": ["core/lib", "core/model", "core/wire"],
  "core/store": ["core/lib", "core/model", "core/api", "core/wire"],
  "core/snapshot": ["core/lib", "core/wire", "core/wal", "core/raft", "core/store"],
  "core/archive": ["core/lib", "core/model", "core/wire", "core/store"],
  "core/service": [
    "core/lib",
    "core/model",
    "core/api",
    "core/wire",
    "core/raft",
    "core/store",
    "core/archive",
  ],
  "core/local": ["core/lib", "core/model", "core/api", "core/wire", "core/wal"],
  "core/http": ["core/lib", "core/model", "core/api"],
  "core/dns": ["core/lib", "core/model", "core/api"],
  "core/agent": ["core/*"],
  sim: ["core/*"],
  adapters: [
    "core/lib",
    "core/model",
    "core/api",
    "core/wire",
    "core/wal",
    // For `snapshot inspect`, which needs no agent.
    "core/archive",
    "core/agent",
    "core/raft",
    "core/gossip",
    // What is configured of DNS.
    "core/dns",
    // Loaded when `sim` or `replay` is the command, and not before.
    "adapters/cli/sim",
  ],
  "adapters/cli/sim": ["core/*", "sim", "adapters"],
};

/** Types may point anywhere inside core (the wire needs the types of Raft's messages), never out of it. */
const TYPES: Readonly<Record<string, readonly string[]>> = { core: ["core/*"] };

/** Packages by room; Node's own modules only in adapters. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ["sorted-btree", "fflate"],
  sim: ["msgpackr/pack", "msgpackr/unpack"],
  adapters: ["koa", "@koa/router", "fs-native-extensions"],
};

/** Words of the world, which the pure rooms do not know. */
const IMPURE =
  /\b(Date\s*[.(]|new Date\b|Math\.random|performance\.|process\.|setTimeout|setInterval|setImmediate|queueMicrotask|await |async |new Promise|require\(|console\.|fetch\(|localeCompare|WeakRef|FinalizationRegistry)/;

/** Files that are entered from outside src. */
const ENTRANCES = /^(adapters\/cli\/(launch|(sim\/)?main)|sim\/(hunt|library|shrink\/perform-text))\.ts$/;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

function sourceFiles(root: string): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Source without comments, and without the insides of strings, line for line. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (found) =>
    found.startsWith("/") ? found.replace(/[^\n]/g, " ") : found,
  );
}

function importsOf(root: string, file: string): Import[] {
  const code = withoutComments(readFileSync(join(root, file), "utf8"));
  const found: Import[] = [];
  const pattern =
    /(?:^|\n)\s*(import|export)\s+(type\s)?([^;"']*?)\s*from\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']/g;
  for (const match of code.matchAll(pattern)) {
    const specifier = (match[4] ?? match[5]) as string;
    const names = match[3] ?? "";
    const allTypes =
      /^\{[^}]*\}$/.test(names) &&
      names
        .slice(1, -1)
        .split(",")
        .every((name) => /^\s*(type\s|$)/.test(name));
    found.push({
      from: file,
      to: specifier.startsWith(".") ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
      line: code.slice(0, match.index).split("\n").length + (match[0].startsWith("\n") ? 1 : 0),
      typeOnly: match[2] !== undefined || allTypes,
    });
  }
  return found;
}

function roomOf(file: string): string {
  return Object.keys(ROOMS)
    .filter((room) => file.startsWith(`${room}/`))
    .reduce((best, room) => (room.length > best.length ? room : best), "");
}

function allows(list: readonly string[], room: string): boolean {
  return list.some((each) => each === room || (each.endsWith("/*") && room.startsWith(each.slice(0, -1))));
}

function judge(each: Import): string | undefined {
  const room = roomOf(each.from);
  const wing = each.from.split("/")[0] as string;
  if (!/\.ts$/.test(each.to)) {
    if (each.to.startsWith("node:"))
      return wing === "adapters" ? undefined : `${wing} is pure and has no Node`;
    const packages = PACKAGES[wing] ?? [];
    return packages.includes(each.to) ? undefined : `package ${each.to} is not in the list of ${wing}`;
  }
  const target = roomOf(each.to);
  if (target === "") return `${each.to} is in no room of scripts/rooms.ts`;
  if (target === room || allows(ROOMS[room] ?? [], target)) return undefined;
  if (each.typeOnly && allows(TYPES[wing] ?? [], target)) return undefined;
  return `${room} may not import ${each.typeOnly ? "" : "values of "}${target}`;
}

/** One line for each fault in the tree under `root`. */
export function findFaults(root: string): string[] {
  const files = sourceFiles(root);
  const imports = files.flatMap((file) => importsOf(root, file));
  const faults: string[] = [];
  for (const file of files) if (roomOf(file) === "") faults.push(`${file}: in no room of scripts/rooms.ts`);
  for (const each of imports) {
    const wrong = judge(each);
    if (wrong !== undefined) faults.push(`${each.from}:${each.line}: imports ${each.to}: ${wrong}`);
  }
  for (const file of files.filter((each) => /^(core|sim)\//.test(each)))
    withoutComments(readFileSync(join(root, file), "utf8"))
      .replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
      .split("\n")
      .forEach((line, at) => {
        const word = IMPURE.exec(line);
        if (word !== null)
          faults.push(`${file}:${at + 1}: "${word[1]?.trim()}" is not a word of the pure rooms`);
      });
  const imported = new Set(imports.map((each) => each.to));
  for (const file of files)
    if (!imported.has(file) && !ENTRANCES.test(file)) faults.push(`${file}: nobody imports it`);
  return faults;
}

if (import.meta.filename === process.argv[1]) {
  const root = resolve(process.argv[2] ?? join(import.meta.dirname, "../src"));
  const faults = findFaults(root);
  for (const fault of faults) console.error(fault);
  console.log(
    faults.length === 0
      ? `rooms: ${sourceFiles(root).length} files, all in order`
      : `rooms: ${faults.length} faults`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}
