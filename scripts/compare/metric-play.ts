// What the agents do while they are measured: a bit of everything that is measured anywhere. Nothing is compared but what is
// measured, so that errors are as welcome as answers.

import { setTimeout as sleep } from "node:timers/promises";
import { askTcp, askUdp, questionBytes } from "../../test/support/dns.ts";
import { type MeasuredAgent, until } from "./metric-agents.ts";

const SESSION = /"ID": ?"([^"]+)"/;

async function ask(agent: MeasuredAgent, method: string, path: string, body?: unknown): Promise<string> {
  const answer = await fetch(`${agent.url}/${path}`, {
    method,
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    headers: { Connection: "close" },
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined);
  return answer === undefined ? "" : await answer.text();
}

/** Everything once, at one agent. `tag` tells apart what several agents write. */
export async function playEverything(agent: MeasuredAgent, tag: string): Promise<void> {
  const put = (path: string, body?: unknown): Promise<string> => ask(agent, "PUT", path, body);
  const get = (path: string): Promise<string> => ask(agent, "GET", path);
  const remove = (path: string): Promise<string> => ask(agent, "DELETE", path);

  for (let at = 0; at < 50; at++) await put(`kv/${tag}/${at}`, "x");
  await Promise.all([get(`kv/${tag}/1`), get(`kv/${tag}/?keys`), get(`kv/${tag}/?recurse&stale`)]);
  await Promise.all([
    get(`kv/${tag}/1?consistent`),
    put(`kv/${tag}/1?cas=1`, "y"),
    remove(`kv/${tag}/?recurse`),
  ]);

  await put("catalog/register", {
    Node: `ext-${tag}`,
    Address: "10.0.0.1",
    Service: { Service: "db", Tags: ["a"], Port: 1 },
    Check: { Name: "db", ServiceID: "db", Status: "passing" },
  });
  for (const path of [
    "nodes",
    "services",
    "datacenters",
    `node/ext-${tag}`,
    "service/db",
    "service/db?tag=a",
  ])
    await get(`catalog/${path}`);
  for (const path of ["service/none", "connect/db", `node-services/ext-${tag}`, "gateway-services/db"])
    await get(`catalog/${path}`);
  for (const path of [
    "service/db?cached",
    "service/db?cached",
    "service/db?tag=a",
    "service/none",
    "connect/db",
  ])
    await get(`health/${path}`);
  for (const path of [`node/ext-${tag}`, "checks/db", "state/any", "ingress/db"]) await get(`health/${path}`);
  await put("catalog/register", "{}");

  const session = SESSION.exec(await put("session/create", { Name: tag }))?.[1] ?? "";
  await put(`kv/${tag}/lock?acquire=${session}`, "x");
  await put(`session/renew/${session}`);
  await get("session/list");
  await put(`kv/${tag}/lock?release=${session}`, "x");
  await put(`session/destroy/${session}`);
  await put("session/create", { Name: `${tag}-short`, TTL: "1s", Behavior: "delete" });

  await put("txn", [{ KV: { Verb: "set", Key: `${tag}/t`, Value: "eA==" } }]);
  await put("txn", [{ KV: { Verb: "get", Key: `${tag}/t` } }]);

  const query = SESSION.exec(
    await ask(agent, "POST", "query", { Name: `q-${tag}`, Service: { Service: "db" } }),
  )?.[1];
  await get("query");
  await get(`query/${query}`);
  await get(`query/${query}/explain`);
  await get(`query/${query}/execute`);
  await remove(`query/${query}`);

  await put("config", { Kind: "service-defaults", Name: `d-${tag}`, Protocol: "http" });
  await get("config/service-defaults");
  await get(`config/service-defaults/d-${tag}`);
  await remove(`config/service-defaults/d-${tag}`);

  const intention = SESSION.exec(
    await ask(agent, "POST", "connect/intentions", {
      SourceName: tag,
      DestinationName: "db",
      Action: "allow",
    }),
  )?.[1];
  await get("connect/intentions");
  await get(`connect/intentions/check?source=${tag}&destination=db`);
  await get("connect/intentions/match?by=source&name=db");
  await remove(`connect/intentions/${intention}`);

  await put(`event/fire/deploy?node=${agent.name}`, "x");
  await get("event/list");
  await put("agent/service/register", {
    Name: `web-${tag}`,
    Port: 80,
    Checks: [{ TTL: "1s" }, { HTTP: agent.url, Interval: "1s" }, { TCP: "127.0.0.1:1", Interval: "1s" }],
  });
  await put("agent/check/register", { Name: `script-${tag}`, Args: ["true"], Interval: "1s" });
  await put(`agent/check/pass/service:web-${tag}:1`);
  for (const path of ["services", "checks", "members", "self", `health/service/name/web-${tag}`])
    await get(`agent/${path}`);
  await put("agent/maintenance?enable=true");
  await put("agent/maintenance?enable=false");
  await sleep(2_500);
  await put(`agent/service/deregister/web-${tag}`);
  await put(`agent/check/deregister/script-${tag}`);

  for (const path of ["coordinate/nodes", "coordinate/datacenters", `coordinate/node/${agent.name}`])
    await get(path);
  for (const path of ["status/leader", "status/peers", "operator/raft/configuration", "operator/keyring"])
    await get(path);
  for (const path of ["operator/autopilot/health", "operator/autopilot/configuration"]) await get(path);
  await put("operator/autopilot/configuration", { CleanupDeadServers: true });
  for (const path of ["internal/ui/nodes", "internal/ui/services", `internal/ui/node/ext-${tag}`, "nothing"])
    await get(path);
  await get("kv/nothing?dc=dc9");

  await Promise.all([
    get(`kv/${tag}/wait?index=1000000&wait=1s`),
    get("catalog/services?index=1000000&wait=1s"),
  ]);
  await playDns(agent);
  await playArchive(agent);
  await put("catalog/deregister", { Node: `ext-${tag}` });
}

async function playDns({ ip, dns: port, name }: MeasuredAgent): Promise<void> {
  const names = [
    "db.service.consul",
    "none.service.consul",
    `${name}.node.consul`,
    "1.0.0.10.in-addr.arpa",
    "a.b",
  ];
  for (const each of names) await askUdp({ ip, port }, questionBytes({ name: each }), 500);
  await askTcp({ ip, port }, [questionBytes({ name: "db.service.consul" })], 500);
}

/** The state is saved, and the same restored. */
async function playArchive({ url }: MeasuredAgent): Promise<void> {
  const saved = await fetch(`${url}/snapshot`, { headers: { Connection: "close" } });
  const body = await saved.arrayBuffer();
  if (saved.status === 200) await fetch(`${url}/snapshot`, { method: "PUT", body });
}

/**
 * When servers have surely cut their logs short: they look every five to ten seconds (raft_snapshot_interval, and up to as
 * much again by chance). Who was away for so long is sent a snapshot.
 */
const LOG_CUT_MS = 11_000;

/** The leader dies, another one leads, the first comes back; then the client leaves. */
export async function playTrouble(servers: readonly MeasuredAgent[], client: MeasuredAgent): Promise<void> {
  const leader = await leaderOf(servers);
  const others = servers.filter((each) => each !== leader);
  const [one] = others;
  if (one === undefined) throw new Error("there are three servers");
  await leader.kill();
  await until(
    `${one.url}/status/leader`,
    (address: string) => address !== "" && !address.includes(leader.ip),
  );
  for (let at = 0; at < 60; at++) await ask(client, "PUT", `kv/after/${at}`, "x");
  await until(`${one.url}/health/node/${leader.name}`, (checks: readonly { Status: string }[]) =>
    checks.some(({ Status }) => Status === "critical"),
  );
  await sleep(LOG_CUT_MS);
  leader.restart();
  await until(`${one.url}/health/node/${leader.name}`, (checks: readonly { Status: string }[]) =>
    checks.every(({ Status }) => Status === "passing"),
  );
  await sleep(11_000);
  await ask(client, "PUT", "agent/leave");
  await sleep(3_000);
}

async function leaderOf(servers: readonly MeasuredAgent[]): Promise<MeasuredAgent> {
  const [one] = servers;
  const address = one === undefined ? "" : await ask(one, "GET", "status/leader");
  const found = servers.find(({ ip }) => address.includes(`${ip}:`));
  if (found === undefined) throw new Error(`nobody leads: ${address}`);
  return found;
}
