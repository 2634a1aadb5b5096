// The corpus of planted bugs and the lines that plant them say the same.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "../../src/sim/mutants.ts";

const ROOT = join(import.meta.dirname, "../..");

function namesInCore(): string[] {
  const core = join(ROOT, "src/core");
  const sources = readdirSync(core, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const names = sources.flatMap((file) =>
    [
      ...readFileSync(join(core, file), "utf8").matchAll(
        /\bplanted\([^()]*(?:\([^()]*\))?[^()]*, "([a-z0-9-]+)"\)/g,
      ),
    ].map(([, name]) => name ?? ""),
  );
  return [...new Set(names)].filter((name) => name !== "name").sort();
}

test("every planted bug of the core is in the corpus, and the other way round", () => {
  expect(MUTANTS.map(({ name }) => name).toSorted()).toEqual(namesInCore());
});

test("the tests that are to find one are there", () => {
  for (const { name, foundBy } of MUTANTS)
    if (foundBy.kind === "test") expect(existsSync(join(ROOT, foundBy.file)), name).toBe(true);
});
