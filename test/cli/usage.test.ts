// `operator usage instances`, against an agent with canned answers.

import { expect, test } from "vitest";
import { run, runAgainst } from "./support.ts";

function usage(datacenter: string, instances: number): string {
  const ConnectServiceInstances = { "mesh-gateway": 1, "connect-proxy": 2 };
  const counts = { Services: 2, BillableServiceInstances: instances, Nodes: 1, ConnectServiceInstances };
  return JSON.stringify({ Usage: { [datacenter]: counts } });
}

const ANSWERS = {
  "GET /v1/operator/usage": usage("dc1", 3),
  "GET /v1/operator/usage?dc=dc1": usage("dc1", 3),
  "GET /v1/operator/usage?dc=dc2": usage("dc2", 40),
  "GET /v1/catalog/datacenters": '["dc2","dc1"]',
};

test("what is in use of the datacenter that is asked", async () => {
  const ran = await runAgainst(ANSWERS, ["operator", "usage", "instances"]);
  expect(ran.code).toBe(0);
  expect(ran.stdout.replace(/ +$/gm, "")).toBe(`Billable Service Instances Total: 3
dc1 Billable Service Instances: 3

Billable Services
Services      Service instances
2             3


Nodes
Datacenter      Count
dc1             1

Total           1


Connect Services
Type               Service instances
connect-proxy      2
mesh-gateway       1
`);
});

test("what is in use of all datacenters is summed up", async () => {
  const ran = await runAgainst(ANSWERS, ["operator", "usage", "instances", "-all-datacenters", "-billable"]);
  expect(ran.stdout).toContain(`Billable Service Instances Total: 43
dc1 Billable Service Instances: 3
dc2 Billable Service Instances: 40

Billable Services
Datacenter      Services      Service instances
dc1             2             3
dc2             2             40
`);
  expect(ran.stdout).toMatch(/\nTotal {11}4 {13}43\n/);
  expect(ran.stdout).not.toContain("Connect");
  const connect = await runAgainst(ANSWERS, [
    "operator",
    "usage",
    "instances",
    "-all-datacenters",
    "-connect",
  ]);
  expect(connect.stdout).toMatch(/^Connect Services\nDatacenter {6}Type .*\n(.*\n){4}.*\nTotal .* 6\n$/);
});

test.each([
  [["-billable", "-connect"], "Cannot specify both -billable and -connect flags\n"],
  [["x"], "Too many arguments (expected 0, got 1)\n"],
])("%j is refused", async (argv, stderr) => {
  expect(await run(["operator", "usage", "instances", ...argv])).toMatchObject({
    code: 1,
    stdout: "",
    stderr,
  });
});
