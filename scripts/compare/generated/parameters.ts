// Parameters that many endpoints have in common: mostly ones that mean something, now and then ones that do not.

import type { Draw } from "./draw.ts";

const WAITS: readonly string[] = ["wait=10ms", "wait=25ms", "wait=1ms", "wait=0.02s"];
const CONSISTENCY: readonly string[] = ["stale", "consistent"];
const BAD: readonly string[] = [
  "index=x",
  "index=-1",
  "index=1&wait=x",
  "wait=x",
  "stale&consistent",
  "dc=nope",
  "near=nobody",
  "ns=x",
  "max_stale=x&stale",
  "pretty=false",
  "dc=dc1",
  "dc=",
  "token=x",
];

/** @param index What index a read here may wait for: a placeholder, or "" for none. */
export function readParameters(draw: Draw, index: string): string[] {
  const parameters: string[] = [];
  if (draw.oneIn(8)) parameters.push("pretty");
  if (draw.oneIn(8)) parameters.push(draw.one(CONSISTENCY));
  if (index !== "" && draw.oneIn(6))
    parameters.push(
      `index=${draw.weighted([
        [4, () => index],
        [1, () => draw.one(["0", "1", "2"])],
      ])}`,
      draw.one(WAITS),
    );
  if (draw.oneIn(25)) parameters.push(draw.one(BAD));
  return parameters;
}

export function writeParameters(draw: Draw): string[] {
  return draw.oneIn(30) ? [draw.one(["dc=nope", "ns=x", "pretty", "dc=dc1", "token=x"])] : [];
}

/** A `?filter=`, now and then. */
export function filterOf(draw: Draw, expressions: readonly string[], n: number): string[] {
  if (!draw.oneIn(n)) return [];
  const [one, other] = [draw.one(expressions), draw.one(expressions)];
  const expression = draw.weighted([
    [5, () => one],
    [1, () => `${one} and ${other}`],
    [1, () => `not ${one} or (${other})`],
    [1, () => `${one} ${draw.one(["and", "", "==", ")"])}`],
  ]);
  return [`filter=${encodeURIComponent(expression).replaceAll("%7Bp%7D", "{p}")}`];
}
