// What the leader writes into the catalog of what gossip says: who is alive, who failed, who is a server; and what it does
// not write.

import { describe, expect, test } from "vitest";
import type { MemberEvent } from "../../../src/core/gossip/ports.ts";
import type { Member } from "../../../src/core/model/member.ts";
import { reconcileAll } from "../../../src/core/service/reconcile.ts";
import { onMember } from "../../../src/core/service/step.ts";
import { checkOf, checksOfNode } from "../../../src/core/store/checks.ts";
import { listNodes, nodeByName } from "../../../src/core/store/nodes.ts";
import { serviceOf } from "../../../src/core/store/services.ts";
import { act, alone, type Desk, follow, http, serverOf } from "./desk.ts";

const MINUTE_MS = 60_000;

interface Told {
  readonly id?: string;
  readonly role?: "consul" | "node";
  readonly ip?: string;
  readonly status?: Member["status"];
  readonly tags?: Readonly<Record<string, string>>;
}

function member(name: string, told: Told = {}): Member {
  const { id = `id-${name}`, role = "node", ip = "10.0.0.1", status = "alive", tags = {} } = told;
  const server = role === "consul" ? { port: "8300", raft_vsn: "3", vsn: "2" } : {};
  const versions = { min: 1, max: 5, current: 2, delegateMin: 2, delegateMax: 5, delegateCurrent: 4 };
  const all = { role, id, dc: "dc1", build: "1.8.7:", ...server, ...tags };
  return { name, ip, port: 8301, status, versions, tags: new Map(Object.entries(all)) };
}

const STATUS: Readonly<Record<MemberEvent, Member["status"]>> = {
  join: "alive",
  update: "alive",
  failed: "failed",
  leave: "left",
  reap: "left",
};

function tell(desk: Desk, event: MemberEvent, name: string, told: Told = {}): void {
  const said = member(name, { status: STATUS[event], ...told });
  act(desk, (out) => onMember(desk.service, event, said, desk.nowMs, out));
}

/** What the periodic comparison does with these members. */
function compare(desk: Desk, members: readonly Member[]): void {
  act(desk, (out) => reconcileAll(desk.service, serverOf(desk), members, desk.nowMs, out));
}

function names(desk: Desk): string[] {
  return listNodes(serverOf(desk).store, []).nodes.map(({ node }) => node);
}

function health(desk: Desk, node: string): string | undefined {
  return checkOf(serverOf(desk).store, node, "serfHealth")?.status;
}

function written(desk: Desk): number {
  return serverOf(desk).raft.log.lastIndex;
}

/** Registers by hand, as an API client does. */
function register(desk: Desk, node: string, service?: string): void {
  const fields = {
    kind: "",
    tags: [],
    address: "",
    taggedAddresses: [],
    meta: null,
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
  };
  http(desk, {
    kind: "catalog.register",
    id: "",
    node,
    address: "10.9.9.9",
    taggedAddresses: null,
    meta: null,
    skipNodeUpdate: true,
    service: service === undefined ? undefined : { ...fields, id: service, service },
    checks: [],
  });
}

describe("a member that is alive", () => {
  test("is registered with its address, its id and a check that passes", () => {
    const desk = alone();
    tell(desk, "join", "web", { ip: "10.0.0.7" });
    expect(nodeByName(serverOf(desk).store, "web")).toMatchObject({ id: "id-web", address: "10.0.0.7" });
    expect(checksOfNode(serverOf(desk).store, "web")).toMatchObject([
      {
        node: "web",
        checkId: "serfHealth",
        name: "Serf Health Status",
        status: "passing",
        output: "Agent alive and reachable",
        serviceId: "",
      },
    ]);
    expect(serviceOf(serverOf(desk).store, "web", "consul")).toBeUndefined();
  });

  test("as a server is an instance of the service consul, with what its tags say", () => {
    const desk = alone();
    tell(desk, "join", "s2", { role: "consul" });
    expect(serviceOf(serverOf(desk).store, "s2", "consul")).toMatchObject({
      service: "consul",
      port: 8300,
      meta: [
        ["non_voter", "false"],
        ["raft_version", "3"],
        ["serf_protocol_current", "2"],
        ["serf_protocol_max", "5"],
        ["serf_protocol_min", "1"],
        ["version", "1.8.7"],
      ],
    });
  });

  test.each<[string, Told]>([
    ["another version", { tags: { build: "1.9.0:" } }],
    ["another port", { tags: { port: "9300" } }],
  ])("as a server with %s is written again", (_what, told) => {
    const desk = alone();
    tell(desk, "join", "s2", { role: "consul" });
    const before = serviceOf(serverOf(desk).store, "s2", "consul");
    tell(desk, "update", "s2", { role: "consul", ...told });
    expect(serviceOf(serverOf(desk).store, "s2", "consul")).not.toEqual(before);
  });

  test("and is no server any more loses the service of one", () => {
    const desk = alone();
    tell(desk, "join", "s2", { role: "consul" });
    tell(desk, "update", "s2");
    expect(serviceOf(serverOf(desk).store, "s2", "consul")).toBeUndefined();
    expect(health(desk, "s2")).toBe("passing");
  });

  test("under the name of another id takes the name, and nothing of what stood there", () => {
    const desk = alone();
    tell(desk, "join", "web");
    register(desk, "web", "shop");
    tell(desk, "update", "web", { id: "id-new" });
    expect(nodeByName(serverOf(desk).store, "web")?.id).toBe("id-new");
    expect(serviceOf(serverOf(desk).store, "web", "shop")).toBeUndefined();
    expect(health(desk, "web")).toBe("passing");
  });

  test("under another name keeps its id; its old name is gone", () => {
    const desk = alone();
    tell(desk, "join", "web");
    tell(desk, "join", "shop", { id: "id-web" });
    expect(names(desk)).toEqual(["shop"]);
  });

  test("gets an id, where it was registered by hand without one, and keeps its services", () => {
    const desk = alone();
    register(desk, "web", "shop");
    tell(desk, "join", "web");
    expect(nodeByName(serverOf(desk).store, "web")).toMatchObject({ id: "id-web", address: "10.0.0.1" });
    expect(serviceOf(serverOf(desk).store, "web", "shop")).toBeDefined();
  });

  test("is not written of again while the catalog says the same", () => {
    const desk = alone();
    for (const role of ["consul", "node"] as const) {
      tell(desk, "join", role, { role });
      const before = written(desk);
      tell(desk, "update", role, { role });
      compare(desk, [member(role, { role })]);
      expect(written(desk)).toBe(before);
    }
  });

  test.each<[string, Told]>([
    ["of another datacenter", { tags: { dc: "dc2" } }],
    ["that is no agent", { tags: { role: "proxy" } }],
  ])("%s is nobody's business", (_what, told) => {
    const desk = alone();
    tell(desk, "join", "web", told);
    expect(names(desk)).toEqual([]);
  });
});

describe("a member that failed", () => {
  test("stays, with all that it has, and its check turns critical; it passes again when it is back", () => {
    const desk = alone();
    tell(desk, "join", "web");
    register(desk, "web", "shop");
    tell(desk, "failed", "web");
    expect(names(desk)).toEqual(["web"]);
    expect(health(desk, "web")).toBe("critical");
    expect(checkOf(serverOf(desk).store, "web", "serfHealth")?.output).toBe("Agent not live or unreachable");
    expect(serviceOf(serverOf(desk).store, "web", "shop")).toBeDefined();
    const before = written(desk);
    compare(desk, [member("web", { status: "failed" })]);
    expect(written(desk)).toBe(before);
    tell(desk, "join", "web");
    expect(health(desk, "web")).toBe("passing");
  });

  test("is not registered for it", () => {
    const desk = alone();
    tell(desk, "failed", "web");
    expect(names(desk)).toEqual([]);
  });

  test("under a name that another id has by now says nothing of that one", () => {
    const desk = alone();
    tell(desk, "join", "web", { id: "id-new" });
    tell(desk, "failed", "web", { id: "id-old" });
    expect(health(desk, "web")).toBe("passing");
  });
});

describe("a member that is gone", () => {
  test.each<MemberEvent>(["leave", "reap"])("(%s) is deregistered, with all that it had", (event) => {
    const desk = alone();
    tell(desk, "join", "web");
    register(desk, "web", "shop");
    tell(desk, event, "web");
    expect(names(desk)).toEqual([]);
    expect(serviceOf(serverOf(desk).store, "web", "shop")).toBeUndefined();
    expect(checksOfNode(serverOf(desk).store, "web")).toEqual([]);
  });

  test("is not deregistered for another datacenter's sake", () => {
    const desk = alone();
    tell(desk, "join", "web");
    tell(desk, "leave", "web", { tags: { dc: "dc2" } });
    expect(names(desk)).toEqual(["web"]);
  });
});

describe("a node that gossip does not know", () => {
  test("is removed when it was missed for a whole interval, if gossip ever knew it", () => {
    const desk = alone();
    tell(desk, "join", "ghost");
    register(desk, "external", "db");
    compare(desk, []);
    desk.nowMs += MINUTE_MS - 1;
    compare(desk, []);
    expect(names(desk)).toEqual(["external", "ghost"]);
    desk.nowMs += 1;
    compare(desk, []);
    expect(names(desk)).toEqual(["external"]);
  });

  test("is missed anew when it was seen in between", () => {
    const desk = alone();
    tell(desk, "join", "web");
    compare(desk, []);
    desk.nowMs += MINUTE_MS;
    compare(desk, [member("web")]);
    desk.nowMs += MINUTE_MS;
    compare(desk, []);
    expect(names(desk)).toEqual(["web"]);
  });
});

test("only the leader writes", () => {
  const desk = alone();
  tell(desk, "join", "web");
  follow(desk, "s2");
  const before = written(desk);
  tell(desk, "failed", "web");
  compare(desk, []);
  expect(written(desk)).toBe(before);
});
