// Endpoints that the original has and we have not yet. Each is asked for its OPTIONS, which do nothing: what it may be
// asked is known there and unknown here. When one is made, its line here becomes an unexpected one, and goes.

import { ask, type Case, type Group } from "./cases.ts";

/** Paths of Consul 1.8, sorted. docs/compatibility.md names each of them, and no other as absent. */
export const ABSENT: readonly string[] = `
/v1/agent/connect/authorize
/v1/connect/intentions
/v1/connect/intentions/ID
/v1/connect/intentions/check
/v1/connect/intentions/match
`
  .trim()
  .split("\n");

export const ABSENT_ENDPOINTS: Group = {
  title: "endpoints that are not there yet",
  kinds: ["server"],
  cases: ABSENT.map((path): Case => ask(`OPTIONS ${path}`, path)),
};
