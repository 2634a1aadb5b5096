// Files that are looked at again and again: real ones.

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchFiles } from "../../../src/adapters/config/file-watch.ts";

let folder: string;
let changes = 0;
let end = (): void => undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-watch-"));
  vi.useFakeTimers();
  changes = 0;
});

afterEach(() => {
  end();
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function watch(...names: readonly string[]): void {
  end = watchFiles(
    names.map((name) => join(folder, name)),
    () => changes++,
  );
}

function changesAfter(seconds: number): number {
  vi.advanceTimersByTime(seconds * 1000);
  return changes;
}

test.each<[string, () => void]>([
  ["is written", () => writeFileSync(join(folder, "a"), "longer")],
  ["is made", () => writeFileSync(join(folder, "late"), "x")],
  ["goes", () => rmSync(join(folder, "a"))],
  [
    "is replaced by another of the same size and time",
    () => {
      writeFileSync(join(folder, "b"), "y");
      utimesSync(join(folder, "b"), 1, 1);
      renameSync(join(folder, "b"), join(folder, "a"));
    },
  ],
  ["is made in a folder", () => writeFileSync(join(folder, "in/it"), "x")],
  [
    "is a link that leads elsewhere",
    () => {
      rmSync(join(folder, "link"));
      symlinkSync(join(folder, "in"), join(folder, "link"));
    },
  ],
])("one that %s is told of, once", (_what, change) => {
  writeFileSync(join(folder, "a"), "x");
  utimesSync(join(folder, "a"), 1, 1);
  mkdirSync(join(folder, "in"));
  symlinkSync(join(folder, "a"), join(folder, "link"));
  watch("a", "late", "in", "link");
  expect(changesAfter(5)).toBe(0);
  change();
  expect(changesAfter(5)).toBe(1);
});

test("while it goes on changing nothing is told", () => {
  watch("a");
  for (let at = 0; at < 5; at++) {
    writeFileSync(join(folder, "a"), "x".repeat(at + 1));
    expect(changesAfter(1)).toBe(0);
  }
  expect(changesAfter(1)).toBe(1);
});

test("afterwards nothing is looked at any more", () => {
  watch("a");
  writeFileSync(join(folder, "a"), "x");
  end();
  expect(changesAfter(5)).toBe(0);
});
