// What operators ask: the Raft configuration, autopilot, archives of the state. What an archive holds is compared by
// scripts/interop-archive.ts; here it is who gets one, and what is said of those that are none.

import { ask, type Case, type Group, get, PLAIN, put } from "./cases.ts";

const CONFIGURATION = "/v1/operator/autopilot/configuration";
const INDEXES = { leaves: ["CreateIndex", "ModifyIndex"] } as const;
const VIA = { via: "client" } as const;

const DEFAULTS =
  '{"CleanupDeadServers":true,"LastContactThreshold":"200ms","MaxTrailingLogs":250,"ServerStabilizationTime":"10s"}';

const AUTOPILOT: readonly Case[] = [
  get("autopilot as it is at first", CONFIGURATION, INDEXES),
  ...[
    ["", "nothing"],
    ["  ", "blanks"],
    ["{", "half an object"],
    ["[]", "a list"],
    ['"x"', "a string"],
    ["5", "a number"],
    ["true", "a boolean"],
    ["xyz", "no JSON"],
    ['{"MinQuorum":1,}', "a comma too many"],
    ['{"MinQuorum" 5}', "a colon too few"],
    ['{"MinQuorum":tru}', "half a word"],
    ['{"Foo":1}', "an unknown field"],
    ['{"Foo":1,"LastContactThreshold":"x"}', "two faults"],
    ['{"MinQuorum":-1,"Foo":1}', "two other faults"],
    ['{"LastContactThreshold":"5"}', "a duration without a unit"],
    ['{"LastContactThreshold":"5x"}', "a duration with no unit"],
    ['{"LastContactThreshold":""}', "an empty duration"],
    ['{"LastContactThreshold":"\\u0031s"}', "an escaped duration"],
    ['{"LastContactThreshold":true}', "a duration that is a boolean"],
    ['{"LastContactThreshold":{}}', "a duration that is an object"],
    ['{"LastContactThreshold":[1]}', "a duration that is a list"],
    ['{"MaxTrailingLogs":-1}', "a negative number"],
    ['{"MaxTrailingLogs":"x"}', "a number that is a string"],
    ['{"MaxTrailingLogs":1.5}', "a number with a fraction"],
    ['{"MaxTrailingLogs":1e2}', "a number with an exponent"],
    ['{"MinQuorum":18446744073709551616}', "a number of 65 bits"],
    ['{"CleanupDeadServers":1}', "a boolean that is a number"],
    ['{"CleanupDeadServers":"true"}', "a boolean that is a string"],
    ['{"RedundancyZoneTag":5}', "a string that is a number"],
    ['{"RedundancyZoneTag":["x"]}', "a string that is a list"],
  ].map(([body = "", what]) => put(`autopilot set to ${what}`, CONFIGURATION, body)),
  put("autopilot set to null", CONFIGURATION, "null"),
  get("autopilot that was set to null", CONFIGURATION, INDEXES),
  put(
    "autopilot set",
    CONFIGURATION,
    '{"cleanupdeadservers":true,"LastContactThreshold":"1.5s","MaxTrailingLogs":300,"MinQuorum":18446744073709551615,"ServerStabilizationTime":2e9,"RedundancyZoneTag":"z<","ModifyIndex":99} and more',
  ),
  get("autopilot that was set", CONFIGURATION, INDEXES),
  get("autopilot that was set, stale and pretty", `${CONFIGURATION}?stale&pretty`, INDEXES),
  get("autopilot, with an index", `${CONFIGURATION}?index=5&wait=1s`, INDEXES),
  get("autopilot, of a wait that is none", `${CONFIGURATION}?wait=x`),
  get("autopilot of another datacenter", `${CONFIGURATION}?dc=dc2`),
  put("autopilot of another datacenter set", `${CONFIGURATION}?dc=dc2`, "{}"),
  put("autopilot set with a cas that is none", `${CONFIGURATION}?cas=x`, "{}"),
  put("autopilot set with an empty cas", `${CONFIGURATION}?cas=`, "{}"),
  put("autopilot set with a cas of long ago", `${CONFIGURATION}?cas=1`, "{}"),
  put("autopilot set as it was at first", CONFIGURATION, DEFAULTS),
  ask(`DELETE ${CONFIGURATION}`, "autopilot can't be deleted"),
  get("health", "/v1/operator/autopilot/health", {
    // Terms, indexes and times are in it.
    leaves: ["Servers"],
    // The original begins to look some seconds after it was elected.
    awaits: '"SerfStatus"',
  }),
  get("health, of a wait that is none", "/v1/operator/autopilot/health?wait=x"),
  get("health of another datacenter", "/v1/operator/autopilot/health?dc=dc2"),
  put("health can't be put", "/v1/operator/autopilot/health", ""),
];

const PEER = "DELETE /v1/operator/raft/peer";

const RAFT: readonly Case[] = [
  ask(PEER, "remove no peer"),
  ask(`${PEER}?id=`, "remove the peer without an id"),
  ask(`${PEER}?address=`, "remove the peer without an address"),
  ask(`${PEER}?id=foo`, "remove an unknown peer"),
  ask(`${PEER}?id=f%C3%B6<o`, "remove an unknown peer of a strange name"),
  ask(`${PEER}?address=1.2.3.4:5`, "remove an unknown address"),
  ask(`${PEER}?id=foo&address=1.2.3.4:5`, "remove a peer twice over"),
  ask(`${PEER}?id=foo&wait=x&stale`, "remove a peer, of parameters that mean nothing"),
  ask(`${PEER}?id=foo&dc=dc2`, "remove a peer of another datacenter"),
  get("peers can't be got", "/v1/operator/raft/peer"),
];

const SNAPSHOT: readonly Case[] = [
  put("restore nothing", "/v1/snapshot", ""),
  put("restore a few bytes", "/v1/snapshot", "garbage"),
  put("restore what is no archive", "/v1/snapshot", "garbage".repeat(10)),
  put("restore at a stale server", "/v1/snapshot?stale", ""),
  put("restore in another datacenter", "/v1/snapshot?dc=dc2", ""),
  put("restore in another datacenter, stale", "/v1/snapshot?dc=dc2&stale", ""),
  get("save from another datacenter", "/v1/snapshot?dc=dc2"),
  ask("POST /v1/snapshot", "an archive can't be posted"),
  ask("DELETE /v1/snapshot", "nor deleted"),
];

export const OPERATOR: readonly Group[] = [
  { title: "autopilot", kinds: PLAIN, cases: AUTOPILOT },
  { title: "raft peers", kinds: PLAIN, cases: RAFT },
  { title: "snapshots", kinds: PLAIN, cases: SNAPSHOT },
];

/** The same, asked of a client agent that has joined. */
export const OPERATOR_PASSED_ON: readonly Case[] = [
  get("passed on: autopilot", CONFIGURATION, { ...VIA, ...INDEXES }),
  put("passed on: autopilot set to no JSON", CONFIGURATION, "{", VIA),
  put("passed on: autopilot set", CONFIGURATION, DEFAULTS, VIA),
  put("passed on: autopilot set with a cas of long ago", `${CONFIGURATION}?cas=1`, "{}", VIA),
  ask(`${PEER}?id=foo`, "passed on: remove an unknown peer", VIA),
  put("passed on: restore nothing", "/v1/snapshot", "", VIA),
  put("passed on: restore what is no archive", "/v1/snapshot", "garbage".repeat(10), VIA),
];
