// The servers of all datacenters by where they are, and datacenters by how far.

import { describe, expect, test } from "vitest";
import type { Response } from "../../../src/core/api/response.ts";
import { type Coordinate, ORIGIN } from "../../../src/core/model/coordinate.ts";
import { noteWanCoordinate } from "../../../src/core/service/wan-coordinates.ts";
import { configOf } from "../gossip/network.ts";
import { answerTo, type Desk, hearWan, leader } from "./desk.ts";

function at(x: number): Coordinate {
  return { ...ORIGIN, vec: [x, 0, 0, 0, 0, 0, 0, 0] };
}

/** s1 of dc1, whose WAN pool has these servers: "b1" of dc2 and so on, and where they are; undefined for nobody knows. */
function federated(servers: readonly (readonly [id: string, datacenter: string, x?: number])[]): Desk {
  const desk = leader({ gossipWan: configOf("s1.dc1", "10.0.0.1") });
  for (const [id, datacenter, x] of servers) {
    hearWan(desk, "join", id, datacenter);
    if (x !== undefined) measure(desk, `${id}.${datacenter}`, x);
  }
  return desk;
}

function measure(desk: Desk, node: string, x: number, own = 0): void {
  noteWanCoordinate(desk.service, { own: at(own), node, coordinate: at(x) });
}

/** "dc1: s1 0, s2 1; dc2: …" */
function told(desk: Desk): string {
  const response = answerTo(desk, { kind: "coordinate.datacenters" });
  if (response?.ok !== true || response.body.kind !== "coordinate-datacenters") return "refused";
  return response.body.datacenters
    .map(({ datacenter, area, coordinates }) => {
      expect(area).toBe("wan");
      const rows = coordinates.map(({ node, coordinate }) => `${node} ${coordinate.vec[0]}`);
      return `${datacenter}: ${rows.join(", ")}`;
    })
    .join("; ");
}

function order(desk: Desk): Response | undefined {
  return answerTo(desk, { kind: "catalog.datacenters" });
}

function names(...all: readonly string[]): Response {
  return { ok: true, body: { kind: "datacenters", names: all } };
}

describe("/v1/coordinate/datacenters", () => {
  test("tells where a server by itself is: at the beginning", () => {
    expect(told(federated([]))).toBe("dc1: s1 0");
  });

  test("tells of all datacenters, by name, those servers that were measured, without their datacenter's name", () => {
    const desk = federated([
      ["c1", "dc3", 9],
      ["b2", "dc2", 4],
      ["b1", "dc2", 3],
      ["b3", "dc2"],
      ["s2", "dc1", 1],
      ["d1", "dc4"],
    ]);
    expect(told(desk)).toBe("dc1: s1 0, s2 1; dc2: b1 3, b2 4; dc3: c1 9");
  });

  test("keeps who failed, and lets go of who left or was forgotten", () => {
    const desk = federated([
      ["b1", "dc2", 3],
      ["b2", "dc2", 4],
      ["c1", "dc3", 9],
    ]);
    hearWan(desk, "failed", "b1", "dc2");
    hearWan(desk, "leave", "b2", "dc2");
    expect(told(desk)).toBe("dc1: s1 0; dc2: b1 3; dc3: c1 9");
    hearWan(desk, "reap", "b1", "dc2");
    hearWan(desk, "join", "b1", "dc2");
    expect(told(desk)).toBe("dc1: s1 0; dc3: c1 9");
  });

  test("says nothing without a WAN pool, or with coordinates disabled", () => {
    expect(told(leader())).toBe("");
    const gossipWan = configOf("s1.dc1", "10.0.0.1");
    expect(told(leader({ gossipWan, disableCoordinates: true }))).toBe("");
  });
});

describe("datacenters are listed", () => {
  test("ours first, then by the round trip to the server in the middle of each, unknown ones last, by name", () => {
    const desk = federated([
      ["b1", "dc2", 1],
      ["b2", "dc2", 50],
      ["b3", "dc2", 60],
      ["c1", "dc3", 40],
      ["e1", "dc5"],
      ["d1", "dc4"],
    ]);
    expect(order(desk)).toEqual(names("dc1", "dc3", "dc2", "dc4", "dc5"));
    measure(desk, "b2.dc2", 30);
    expect(order(desk)).toEqual(names("dc1", "dc2", "dc3", "dc4", "dc5"));
  });

  test("of two servers the farther counts, and one that was not measured is the farthest", () => {
    const desk = federated([
      ["b1", "dc2", 1],
      ["b2", "dc2", 9],
      ["c1", "dc3", 8],
      ["d1", "dc4", 1],
      ["d2", "dc4"],
    ]);
    expect(order(desk)).toEqual(names("dc1", "dc3", "dc2", "dc4"));
  });
});
