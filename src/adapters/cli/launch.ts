// dist/quorate.js: runs the program, whose files stand beside it with what V8 made of their text when they were built.
// Compiling is a third of what a start costs; V8 takes its own work back instead if it is the same version with the same
// flags, and else compiles as ever. Nothing is written here: the program may belong to somebody else.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";

/** Each is one function of CommonJS (scripts/build.ts). What else a file requires is Node's business. */
const FILES: readonly string[] = ["./program.js", "./agent.js", "./validate.js"];

type Body = (
  exports: unknown,
  require: (id: string) => unknown,
  module: { exports: unknown },
  filename: string,
  dirname: string,
) => void;

const folder = import.meta.dirname;
const requireOther = createRequire(import.meta.filename);

function load(id: string): unknown {
  if (!FILES.includes(id)) return requireOther(id);
  const filename = join(folder, id);
  // They are ASCII, which as Latin-1 is not decoded.
  const script = new Script(readFileSync(filename, "latin1"), { filename, cachedData: compiled(filename) });
  const module: { exports: unknown } = { exports: {} };
  (script.runInThisContext() as Body)(module.exports, load, module, filename, folder);
  return module.exports;
}

function compiled(filename: string): Buffer | undefined {
  try {
    return readFileSync(`${filename}.compiled`);
  } catch {
    return undefined;
  }
}

load("./program.js");
