// What users are told of the comparison, docs/compatibility.md, held to what is compared: tables that repeat code drift.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { INTENDED } from "./intended.ts";

const PAGE = join(import.meta.dirname, "../../docs/compatibility.md");

/** What the page does not say though it should, or says though it should not, one line each. */
export function pageFaults(): string[] {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  const numbers = [...page.matchAll(/^\| (H\d+) \|/gm)].map(([, number = ""]) => number);
  return faults(
    INTENDED.map(({ number }) => number),
    numbers,
  ).map((fault) => `docs/compatibility.md: ${fault}`);
}

function faults(known: readonly string[], told: readonly string[]): string[] {
  return [
    ...known.filter((each) => !told.includes(each)).map((each) => `${each} is not told of`),
    ...told.filter((each) => !known.includes(each)).map((each) => `${each} is told of in vain`),
  ];
}
