// The original, as those ask it who record what it says: one agent in development mode, on ports of its own, that ends with us.

import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs } from "../../test/support/children.ts";
import { freePort } from "../../test/support/loopback.ts";

const IP = "127.0.0.1";

/** @returns Its URL, when it leads. */
export async function startConsul(binary: string, directory: string): Promise<string> {
  const [http, server, lan, wan] = await Promise.all([
    freePort(IP),
    freePort(IP),
    freePort(IP),
    freePort(IP),
  ]);
  const ports = `ports { http = ${http} server = ${server} serf_lan = ${lan} serf_wan = ${wan} dns = -1 grpc = -1 }`;
  const args = ["agent", "-dev", `-bind=${IP}`, "-log-level=err", `-hcl=${ports}`];
  endsWithUs(spawn(binary, args, { cwd: directory, stdio: "ignore" }));
  const url = `http://${IP}:${http}`;
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${url}/v1/status/leader`).then(
      (it) => it.text(),
      () => "",
    );
    if (answer.includes(":")) return url;
    await sleep(100);
  }
  throw new Error("consul does not come up");
}

export async function putJson(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}
