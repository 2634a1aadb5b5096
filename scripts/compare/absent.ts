// Endpoints that the original has and we have not yet. Each is asked for its OPTIONS, which do nothing: what it may be
// asked is known there and unknown here. When one is made, its line here becomes an unexpected one, and goes.

import { ask, type Case, type Group } from "./cases.ts";

/** Paths of Consul 1.8, sorted. docs/compatibility.md names each of them, and no other as absent. */
export const ABSENT: readonly string[] = `
/v1/agent/check/deregister/ID
/v1/agent/check/fail/ID
/v1/agent/check/pass/ID
/v1/agent/check/register
/v1/agent/check/update/ID
/v1/agent/check/warn/ID
/v1/agent/checks
/v1/agent/connect/authorize
/v1/agent/health/service/id/ID
/v1/agent/health/service/name/NAME
/v1/agent/maintenance
/v1/agent/service/ID
/v1/agent/service/deregister/ID
/v1/agent/service/maintenance/ID
/v1/agent/service/register
/v1/agent/services
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
