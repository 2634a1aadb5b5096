// docs/tune.md lists the keys that a reload brings: they are those whose settings it takes on, no more and no fewer.

import { expect, test } from "vitest";
import { checklistRows } from "../../support/checklist.ts";
import { changes, TRIED } from "./every-key.ts";

/** Registered, and watched, by tests of their own: they are no settings. */
const DEFINITIONS = ["checks", "services", "watches"];

test("the keys that a reload brings are in the table, each once", () => {
  const told = checklistRows("docs/tune.md", ["key", "metric"])
    .filter(({ name }) => !name.startsWith("`consul."))
    .flatMap(({ name }) => [...name.matchAll(/`([^`]+)`/g)].map(([, key = ""]) => key));
  const taken = TRIED.filter((each) => changes(each, ({ reloadable }) => reloadable)).map(({ path }) =>
    path.replace(/\.x$/, ""),
  );
  expect(told.toSorted()).toEqual([...DEFINITIONS, ...new Set(taken)].sort());
});
