// The checker's verdicts on histories that others published, and theirs (test/vectors/histories/README.md).

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { operationsOf } from "../../../src/sim/checkers/history.ts";
import { checkHistory } from "../../../src/sim/checkers/linearizability.ts";
import { readJepsenLog, readKvFile } from "./published-histories.ts";

const FOLDER = join(import.meta.dirname, "../../vectors/histories");
const textOf = (file: string): string => readFileSync(join(FOLDER, file), "utf8");

test.each<readonly [file: string, verdict: "ok" | "violation", characters: number]>([
  ["etcd_000.log", "violation", 6664],
  ["etcd_001.log", "violation", 6664],
  ["etcd_002.log", "ok", 6065],
  ["etcd_007.log", "ok", 6349],
  ["c01-ok.txt", "ok", 7434],
  ["c01-bad.txt", "violation", 4804],
])("%s: %s", (file, verdict, characters) => {
  const text = textOf(file);
  expect(text.length).toBe(characters);
  const read = file.endsWith(".log") ? readJepsenLog : readKvFile;
  const judged = checkHistory(read(text));
  expect(judged.verdict).toBe(verdict);
  expect(checkHistory(read(text), { batch: 1, remember: 0 }).verdict).toBe(verdict);
  expect(operationsOf(read(text)).length).toBe(text.match(/:invoke/g)?.length);
});

test.each(["etcd_000.log", "etcd_001.log"])("of %s only a small part contradicts itself", (file) => {
  const verdict = checkHistory(readJepsenLog(textOf(file)));
  if (verdict.verdict !== "violation") throw new Error(verdict.verdict);
  expect(verdict.violation.operations.length).toBeLessThan(
    operationsOf(readJepsenLog(textOf(file))).length / 2,
  );
  expect(verdict.violation.witness.length).toBeGreaterThan(0);
});

test.each([
  [readJepsenLog, "INFO  jepsen.util - 0\t:ok\t:read\t1\n", "has not asked"],
  [readJepsenLog, "nonsense\n", "line 1 is not one of Jepsen's"],
  [
    readKvFile,
    '{:process 1, :type :invoke, :f :get, :key "0", :value nil}\n',
    "line 1 is not of one client's file",
  ],
])("what cannot be read is refused", (read, text, message) => {
  expect(() => read(text)).toThrow(message);
});
