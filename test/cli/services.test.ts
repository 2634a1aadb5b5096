// `services` and `maint` without an agent: what they refuse, and what they would ask for. That the words are Consul's is shown
// by scripts/compare-cli.ts.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeAgent, fakeAgent, run } from "./support.ts";

const cwd = mkdtempSync(join(tmpdir(), "services-"));
let agent: FakeAgent;

beforeAll(async () => {
  agent = await fakeAgent({ "PUT /v1/agent/service/register": "" });
});
afterAll(async () => {
  await agent.close();
  rmSync(cwd, { recursive: true, force: true });
});

async function registered(...args: string[]): Promise<unknown[]> {
  agent.asked.length = 0;
  const env = { CONSUL_HTTP_ADDR: agent.address };
  expect(await run(["services", "register", ...args], { env, cwd })).toMatchObject({ code: 0 });
  return agent.asked.map(({ body }) => JSON.parse(body));
}

test.each<[args: string, error: string]>([
  ["services register", "Service registration requires at least one argument or flags."],
  ["services register -name=x a.hcl", "Service registration requires arguments or -id, not both."],
  ["services register nosuch.hcl", "Error: config: Open failed on nosuch.hcl."],
  [
    "services register -name=t -tagged-address lan=1.2.3.4",
    "Invalid Tagged Address: address 1.2.3.4: missing port",
  ],
  [
    "services register -name=t -tagged-address lan=a:b:c",
    "Invalid Tagged Address: address a:b:c: too many colons",
  ],
  ["services register -name=t -tagged-address lan=[::1", "Invalid Tagged Address: address [::1: missing ']'"],
  ["services register -name=t -tagged-address lan=", "Invalid Tagged Address: missing port in address"],
  ["services register -name=t -tagged-address lan=a:", 'Invalid Tagged Address: strconv.Atoi: parsing ""'],
  ["services deregister", "Service deregistration requires at least one argument or -id."],
  ["services deregister -id=x a.hcl", "Service deregistration requires arguments or -id, not both."],
  ["maint -enable -disable", "Only one of -enable or -disable may be provided"],
  ["maint -reason=x", "Reason may only be provided with -enable"],
  ["maint -service=web", "Service requires either -enable or -disable"],
])("%s is refused", async (args, error) => {
  const { code, stderr } = await run(args.split(" "), { cwd });
  expect([code, stderr.slice(0, error.length)]).toEqual([1, error]);
});

describe("what is asked for", () => {
  test("is what flags say, and no more", async () => {
    const flags = ["-name=web", "-id=w", "-port=80", "-tag=b", "-tag=a", "-meta=k=v", "-kind=connect-proxy"];
    expect(await registered(...flags, "-tagged-address=lan=[::1]:8")).toEqual([
      {
        Kind: "connect-proxy",
        ID: "w",
        Name: "web",
        Port: 80,
        Tags: ["b", "a"],
        Meta: { k: "v" },
        TaggedAddresses: { lan: { Address: "::1", Port: 8 } },
      },
    ]);
  });

  test("is what files say, one service after the other", async () => {
    writeFileSync(
      join(cwd, "a.hcl"),
      `service {
         name = "web" weights { passing = 3 } enable_tag_override = true
         check { http = "http://x" interval = "1m30s" header { a = ["b"] } success_before_passing = 2 }
         connect { native = true sidecar_service { port = 7 } }
       }
       services { name = "p" kind = "connect-proxy" port = 5 proxy { destination_service_name = "web" } }`,
    );
    const [proxy, web] = await registered("a.hcl");
    expect(proxy).toMatchObject({ Name: "p", Proxy: { DestinationServiceName: "web" } });
    expect(web).toEqual({
      Name: "web",
      Weights: { Passing: 3, Warning: 1 },
      EnableTagOverride: true,
      Checks: [{ HTTP: "http://x", Interval: "1m30s", Header: { a: ["b"] }, SuccessBeforePassing: 2 }],
      Connect: { Native: true, SidecarService: { Port: 7, Weights: { Passing: 1, Warning: 1 } } },
    });
  });
});
