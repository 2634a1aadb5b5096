// Command lines of `rtt`, and the nodes that they speak of.

import { setTimeout as sleep } from "node:timers/promises";
import { type Case, lines } from "./command-lines.ts";

export const RTT_COMMANDS: readonly Case[] = [
  ...lines(`
    rtt
    rtt -h
    rtt -nosuch
    rtt a b c
    rtt db1 db2
    rtt db2 db1
    rtt db1 db1
    rtt DB1 db2
    rtt nosuch
    rtt nosuch db1
    rtt db1 nosuch
    rtt db1 placeless
    rtt db1 segment
    rtt segment segment
    rtt 'a"b' db1
    rtt '' db1
    rtt -datacenter=nope db1
    rtt -stale db1
    rtt -wan
    rtt -wan db1
    rtt -wan node1.dc1
    rtt -wan node1.dc1 node1.dc1
    rtt -wan NODE1.dc1
    rtt -wan node1.dc1 db1.dc1
    rtt -wan node1.dc9
    rtt -wan a.b.c
    rtt -wan node1.dc1 x
  `),
  ...lines(
    `
    rtt db1
    rtt db1 db2
    rtt -wan db1
    rtt -wan a.b c.d
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
];

const NODES: readonly (readonly [node: string, coordinate: object | undefined, segment: string])[] = [
  ["db1", { Vec: [0.0123, 0, 0, 0, 0, 0, 0, 0], Error: 1, Height: 0.0001, Adjustment: 0 }, ""],
  ["db2", { Vec: [0, 0.0345, 0, 0, 0, 0, 0, 1e-9], Error: 0.5, Height: 0.00002, Adjustment: -0.001 }, ""],
  ["segment", { Vec: [0, 0, 0, 0, 0, 0, 0, 0.5], Error: 0.5, Height: 0, Adjustment: 0 }, "alpha"],
  ["placeless", undefined, ""],
];

/** Registers the nodes and says where they are, and waits until the agent knows it. */
export async function seedNodes(http: string): Promise<void> {
  const put = (path: string, body: object): Promise<Response> =>
    fetch(`http://${http}/v1/${path}`, { method: "PUT", body: JSON.stringify(body) });
  for (const [Node, Coord, Segment] of NODES) {
    await put("catalog/register", { Node, Address: "192.0.2.1" });
    if (Coord !== undefined) await put("coordinate/update", { Node, Segment, Coord });
  }
  for (;;) {
    const known = (await (await fetch(`http://${http}/v1/coordinate/nodes`)).json()) as unknown[];
    if (known.length >= NODES.length - 1) return;
    await sleep(50);
  }
}
