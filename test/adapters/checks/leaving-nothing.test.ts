// What a check opens it closes, whatever comes of it: when it ends, when its time is up, and when nobody wants it any more.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckSpec } from "../../../src/core/model/local.ts";
import { startTargets, type Targets } from "../../support/check-targets.ts";
import { until } from "../../support/until.ts";
import { layDesk, make, NOWHERE } from "./support.ts";

let targets: Targets;
beforeAll(async () => {
  targets = await startTargets();
});
afterAll(() => targets.close());

function every(): Partial<CheckSpec>[] {
  const { http, https, silent, greeting, grpc, grpcTls, closing } = targets;
  return [
    ...["/slow", "/slow-body", "/loop", "/no-http", "/no-gzip"].map((path) => ({
      http: `http://${http}${path}`,
    })),
    ...[silent, greeting, closing, https].map((address) => ({ http: `https://${address}/slow` })),
    { http: `https://${https}/slow`, tlsSkipVerify: true },
    ...[silent, https, greeting].map((tcp) => ({ tcp, tcpUseTls: true })),
    { tcp: silent },
    { udp: silent },
    ...[`${grpc}/slow`, `${grpc}/leaving`, silent, greeting, closing].map((each) => ({ grpc: each })),
    ...[silent, grpcTls, greeting].map((each) => ({ grpc: each, grpcUseTls: true })),
    ...[silent, grpcTls, http].map((h2ping) => ({ h2ping })),
    ...[silent, closing].map((h2ping) => ({ h2ping, h2pingUseTls: false })),
    { dockerContainerId: "slow", scriptArgs: ["x"] },
  ];
}

async function untilNothingIsOpen(): Promise<void> {
  await until("no connection is left", () => targets.openConnections() === 0);
}

test("when its time is up, or it has ended before", async () => {
  const env = { DOCKER_HOST: `unix://${targets.docker}` };
  await Promise.all(every().map((spec) => make({ ...spec, timeoutNs: 3e8 }, { env })));
  await untilNothingIsOpen();
});

test("when nobody wants to know any more, wherever it is by then", async () => {
  for (const afterMs of [0, 5, 50]) {
    const desk = layDesk({ ...NOWHERE, env: { DOCKER_HOST: `unix://${targets.docker}` } });
    for (const [at, spec] of every().entries()) desk.begin(at, spec);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const heard = desk.heard.length;
    desk.checks.close();
    await untilNothingIsOpen();
    expect(desk.heard).toHaveLength(heard);
  }
});
