// /v1/event/: users' events. Ids and Lamport times are each agent's own; the index of a list is made of an id.

import { ask, type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";

const FIRE = "/v1/event/fire";
const LIST = "/v1/event/list";

const EVENTS: readonly Case[] = [
  get("no events", LIST),
  get("no events, waiting for one in vain", `${LIST}?index=1&wait=300ms`, { waitMs: 200 }),
  put("an event", `${FIRE}/deploy`, "1.4.2"),
  get("the event", `${LIST}?name=deploy`, { awaits: "deploy" }),
  put("an event, pretty", `${FIRE}/deploy?pretty`, "1.4.3"),
  get("the events, pretty", `${LIST}?pretty`, { awaits: "1LjQuMw" }),
  put("an event without a payload", `${FIRE}/ping`, ""),
  ask(`PUT ${FIRE}/bare`, "an event without a body"),
  put("an event of bytes", `${FIRE}/bytes`, "\0\x01\xff\xfe<&>"),
  get("the event of bytes", `${LIST}?name=bytes`, { awaits: "bytes" }),
  put("an event of a strange name", `${FIRE}/a%20b/%C3%B6<&>`, "x"),
  get("the event of a strange name", `${LIST}?name=a+b/%C3%B6<%26>`, { awaits: "Payload" }),
  get("events of no such name", `${LIST}?name=nosuch`),
  get("events of an empty name", `${LIST}?name=&pretty`, { awaits: "bytes" }),
  get("events of no such name, waited for in vain", `${LIST}?name=nosuch&index=1&wait=200ms`, {
    waitMs: 150,
  }),
  get("events since an index of nothing", `${LIST}?index=7&wait=10s`),
  get("events of a wait that is none", `${LIST}?wait=x`),
  get("events of an index that is none", `${LIST}?index=x`),
  get("events of parameters that mean nothing", `${LIST}?dc=dc2&stale&consistent&ns=x&name=nosuch`),
  get("events below the list", `${LIST}/x`),
  ask(`POST ${LIST}`, "events can't be posted"),
  ask(`OPTIONS ${LIST}`, "options of the events"),
  ask(`OPTIONS ${FIRE}/x`, "options of an event"),
  get("an event can't be got", `${FIRE}/x`),
  put("an event without a name", `${FIRE}/`, "x"),
  put("an event without a slash", FIRE, "x"),
  put("an event, and an event's name with a slash", `${FIRE}/a/b`, "x"),
  woken("the next event of a name", `${LIST}?name=next&index=1&wait=20s`, `PUT ${FIRE}/next`, "now"),
  woken(
    "an event of another name does not end the wait",
    `${LIST}?name=other&index=1&wait=1s`,
    `PUT ${FIRE}/next2`,
    "x",
    {
      waitMs: 900,
    },
  ),
];

const FILTERS: readonly Case[] = [
  put("an event for nodes", `${FIRE}/for-nodes?node=%5En1$`, "x"),
  get("the event for nodes", `${LIST}?name=for-nodes`, { awaits: "for-nodes" }),
  put("an event for other nodes", `${FIRE}/for-others?node=%5En2`, "x"),
  put("an event for a service", `${FIRE}/for-service?service=nosuch`, "x"),
  put("an event for tags of a service", `${FIRE}/for-tags?service=.&tag=nosuch`, "x"),
  put("an event after them", `${FIRE}/after-them`, "x"),
  get("the event after them", `${LIST}?name=after-them`, { awaits: "after-them" }),
  get("the event for other nodes", `${LIST}?name=for-others`),
  get("the event for a service", `${LIST}?name=for-service`),
  get("the event for tags of a service", `${LIST}?name=for-tags`),
  put("a tag without a service", `${FIRE}/x?tag=a`, "x"),
  put("a bad tag without a service", `${FIRE}/x?tag=(`, "x"),
  put("a node that is no expression", `${FIRE}/x?node=(`, "x"),
  put("a service that is no expression", `${FIRE}/x?service=a**`, "x"),
  put("a tag that is no expression", `${FIRE}/x?service=a&tag=%5Bz-a%5D`, "x"),
  put("all that are no expressions", `${FIRE}/x?node=*&service=%2B&tag=?`, "x"),
  put("an expression in umlauts", `${FIRE}/x?node=%C3%B6(`, "x"),
  put("an empty filter", `${FIRE}/x?node=&service=&tag=`, "x"),
  put("an event in our datacenter", `${FIRE}/x?dc=dc1`, "x"),
  put("an event in another datacenter", `${FIRE}/x?dc=dc2`, "x"),
  put("a bad event in another datacenter", `${FIRE}/x?dc=dc2&node=(`, "x"),
  put("an event of a namespace", `${FIRE}/x?ns=a&index=x&wait=x`, "x"),
];

const LIMITS: readonly Case[] = [
  put("the longest event", `${FIRE}/x`, "x".repeat(377)),
  put("an event a byte too long", `${FIRE}/x`, "x".repeat(425)),
  put("an event that is too long", `${FIRE}/x`, "x".repeat(600)),
  put("an event of many bytes", `${FIRE}/x`, "x".repeat(600_000)),
  put("a name that is too long", `${FIRE}/${"n".repeat(300)}`, "x"),
  put("a filter that is too long", `${FIRE}/x?node=${"n".repeat(500)}`, "x"),
];

export const EVENT_GROUPS: readonly Group[] = [
  { title: "events", kinds: PLAIN, cases: EVENTS },
  { title: "events for some", kinds: PLAIN, cases: FILTERS },
  { title: "events that are too long", kinds: PLAIN, cases: LIMITS },
];

/** The same, asked of a client agent that has joined. */
export const EVENTS_PASSED_ON: readonly Case[] = [
  put("passed on: an event", `${FIRE}/passed-on`, "x", { via: "client" }),
  get("passed on: the event", `${LIST}?name=passed-on`, { via: "client", awaits: "passed-on" }),
  get("passed on: the event at the server", `${LIST}?name=passed-on`, { awaits: "passed-on" }),
  put("passed on: an event that is too long", `${FIRE}/x`, "x".repeat(600), { via: "client" }),
  put("passed on: an event for a bad node", `${FIRE}/x?node=(`, "x", { via: "client" }),
];
