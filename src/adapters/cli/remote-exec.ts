// A command on many agents at once, from the side of who asks (Consul 1.8's command/exec): a session; the job under a key
// that it holds; an event that tells the agents; then their acknowledgements, output and exit codes are read from below
// that key as they come, until nobody has said anything for long enough. At the end the session takes all of it along.

import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../driver.ts";
import { type ApiAnswer, type ApiClient, answerJson, callApi, expectOk, type Fetched } from "./client.ts";
import { complain, say } from "./command.ts";
import type { Io } from "./io.ts";

export interface ExecOrder {
  /** Without what is empty. A script is in base64. */
  readonly work: {
    readonly Command?: string;
    readonly Args?: readonly string[];
    readonly Script?: string;
  };
  /** By the names of the event's parameters. */
  readonly filters: Readonly<Record<string, string>>;
  readonly prefix: string;
  readonly verbose: boolean;
  readonly waitNs: number;
  readonly replicationNs: number;
}

const TTL = "15s";
const RENEW_MS = 5000;
/** How much longer than it is told a server may wait: a sixteenth. */
const JITTER = 16 / 17;

/** @returns The exit code: 2 when a node failed or did not end, 1 when it could not be asked for. */
export async function runRemotely(client: ApiClient, io: Io, order: ExecOrder): Promise<number> {
  const self = answerJson(expectOk(await callApi(client, { method: "GET", path: "/v1/agent/self" })));
  if (!self.ok) return complain(io, `Error querying Consul agent: ${self.error}`);
  const tell = (text: string): void => {
    if (order.verbose) say(io, text);
  };
  const session = await createSession(client, self.value as AgentSelf, tell);
  if (!session.ok) return complain(io, `Failed to create session: ${session.error}`);
  const id = session.value;
  tell(`Created remote execution session: ${id}`);
  const renewing = setInterval(
    () => void callApi(client, { method: "PUT", path: `/v1/session/renew/${id}` }),
    RENEW_MS,
  );
  const interrupt = interruption();
  const prefix = `${[order.prefix, id].filter((part) => part !== "").join("/")}/`;
  const job = new RemoteJob(client, io, order, id, prefix);
  try {
    return await Promise.race([job.run(tell), interrupt.came]);
  } finally {
    interrupt.forget();
    clearInterval(renewing);
    job.over = true;
    // The session first: whoever would still write is refused then, and nothing comes after the keys are gone.
    await callApi(client, { method: "PUT", path: `/v1/session/destroy/${id}` });
    await callApi(client, {
      method: "DELETE",
      path: `/v1/kv/${prefix.slice(0, -1)}`,
      query: { recurse: "" },
    });
  }
}

/** Whoever interrupts us gets 1, and leaves nothing behind. */
function interruption(): { readonly came: Promise<number>; readonly forget: () => void } {
  let forget = (): void => undefined;
  const came = new Promise<number>((done) => {
    const on = (): void => done(1);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, on);
    forget = () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, on);
    };
  });
  return { came, forget };
}

interface AgentSelf {
  readonly Config: { readonly Datacenter: string; readonly NodeName: string };
}

/** In another datacenter it is a server's, without checks: nobody there knows our node. */
async function createSession(
  client: ApiClient,
  { Config: { Datacenter: local, NodeName: node } }: AgentSelf,
  tell: (text: string) => void,
): Promise<Fetched<string>> {
  const { datacenter } = client.target;
  const terms = { Behavior: "delete", TTL };
  if (datacenter === "" || datacenter === local)
    return await putSession(client, { Name: "Remote Exec", ...terms });
  tell("Remote exec in foreign datacenter, using Session TTL");
  const path = "/v1/health/service/consul";
  const found = answerJson(expectOk(await callApi(client, { method: "GET", path, query: { passing: "1" } })));
  if (!found.ok)
    return { ok: false, error: `Failed to find Consul server in remote datacenter: ${found.error}` };
  const [server] = found.value as readonly { readonly Node: { readonly Node: string } }[];
  if (server === undefined) return { ok: false, error: "Failed to find Consul server in remote datacenter" };
  const Name = `Remote Exec via ${node}@${local}`;
  return await putSession(client, { Node: server.Node.Node, Name, ...terms, Checks: [] });
}

async function putSession(client: ApiClient, session: object): Promise<Fetched<string>> {
  const body = Buffer.from(JSON.stringify(session));
  const made = answerJson(
    expectOk(await callApi(client, { method: "PUT", path: "/v1/session/create", body })),
  );
  return made.ok ? { ok: true, value: (made.value as { readonly ID: string }).ID } : made;
}

/** A job that is under way. */
class RemoteJob {
  readonly #client: ApiClient;
  readonly #io: Io;
  readonly #order: ExecOrder;
  readonly #session: string;
  /** What its keys begin with. */
  readonly #prefix: string;
  readonly #seen = new Set<string>();
  #acknowledged = 0;
  #ended = 0;
  #failed = 0;
  /** Nobody wants its output any more. */
  over = false;

  constructor(client: ApiClient, io: Io, order: ExecOrder, session: string, prefix: string) {
    this.#client = client;
    this.#io = io;
    this.#order = order;
    this.#session = session;
    this.#prefix = prefix;
  }

  async run(tell: (text: string) => void): Promise<number> {
    const { work, filters, waitNs, replicationNs } = this.#order;
    const uploaded = await this.#upload({ ...work, Wait: waitNs });
    if (uploaded !== undefined) return complain(this.#io, `Failed to create job file: ${uploaded}`);
    tell("Uploaded remote execution spec");
    // So that most agents find the job at whichever server they ask; one that does not asks the leader.
    if (replicationNs > 0) await sleep(replicationNs / 1e6);
    const body = Buffer.from(JSON.stringify({ Prefix: this.#order.prefix, Session: this.#session }));
    const path = "/v1/event/fire/_rexec";
    const call = { method: "PUT", path, query: filters, body } as const;
    const fired = answerJson(expectOk(await callApi(this.#client, call)));
    if (!fired.ok) return complain(this.#io, `Failed to fire event: ${fired.error}`);
    tell(`Fired remote execution event: ${(fired.value as { readonly ID: string }).ID}`);
    return await this.#follow(tell);
  }

  /** @returns What is wrong, if it is not there. */
  async #upload(job: object): Promise<string | undefined> {
    const path = `/v1/kv/${this.#prefix}job`;
    const call = {
      method: "PUT",
      path,
      query: { acquire: this.#session },
      body: Buffer.from(JSON.stringify(job)),
    } as const;
    const taken = answerJson(expectOk(await callApi(this.#client, call)));
    if (!taken.ok) return taken.error;
    return taken.value === true ? undefined : `failed to acquire key ${JSON.stringify(path.slice(7))}`;
  }

  /** Prints what comes, until nothing has come for long enough. */
  async #follow(tell: (text: string) => void): Promise<number> {
    const beganMs = monotonicMs();
    let newsMs = beganMs;
    let index = "0";
    for (;;) {
      const patienceMs = (this.#order.waitNs / 1e6) * (this.#acknowledged > this.#ended ? 2 : 1);
      const leftMs = newsMs + patienceMs - monotonicMs();
      if (this.over) return 1;
      if (leftMs <= 0) break;
      const listed = await this.#list(index, leftMs);
      if (!listed.ok) return complain(this.#io, `Error reading results: ${listed.error}`);
      index = listed.value.index;
      if (await this.#print(listed.value.keys)) newsMs = monotonicMs();
    }
    say(this.#io, `${this.#ended} / ${this.#acknowledged} node(s) completed / acknowledged`);
    tell(`Completed in ${((monotonicMs() - beganMs) / 1000).toFixed(2)} seconds`);
    return this.#failed > 0 || this.#ended < this.#acknowledged ? 2 : 0;
  }

  async #list(
    index: string,
    leftMs: number,
  ): Promise<Fetched<{ readonly index: string; readonly keys: readonly string[] }>> {
    const wait = `${Math.max(1, Math.floor(leftMs * JITTER))}ms`;
    const path = `/v1/kv/${this.#prefix}`;
    const query = { keys: "", ...(index === "0" ? {} : { index, wait }) };
    const answer = await callApi(this.#client, { method: "GET", path, query });
    const missing = answer.ok && answer.status === 404;
    const keys = missing ? ({ ok: true, value: [] } as const) : answerJson(expectOk(answer));
    if (!keys.ok) return keys;
    return { ok: true, value: { index: indexOf(answer), keys: keys.value as readonly string[] } };
  }

  /** Of what came at once: first who took it up, then what they said, then how it ended. @returns Whether there was any. */
  async #print(keys: readonly string[]): Promise<boolean> {
    const news = keys
      .filter((key) => !this.#seen.has(key))
      .map((key) => ({
        key,
        what: /^(.+)\/(ack|out|exit)(?:\/[0-9a-f]+)?$/.exec(key.slice(this.#prefix.length)),
      }));
    let any = false;
    for (const kind of ["ack", "out", "exit"]) {
      for (const { key, what } of news) {
        if (what?.[2] !== kind || this.over) continue;
        this.#seen.add(key);
        any = true;
        await this.#printKey(key, what[1] ?? "", kind);
      }
    }
    return any;
  }

  async #printKey(key: string, node: string, kind: string): Promise<void> {
    const inform = (text: string): void => say(this.#io, `==> ${node}: ${text}`);
    const value = kind === "ack" ? Buffer.alloc(0) : await this.#value(key);
    if (kind === "ack") {
      this.#acknowledged++;
      if (this.#order.verbose) inform("acknowledged");
    } else if (kind === "exit") {
      const code = Number(value.toString());
      this.#ended++;
      if (code !== 0) this.#failed++;
      inform(`finished with exit code ${code}`);
    } else if (value.length > 0) {
      for (const line of value.toString().split("\n"))
        say(this.#io, `    ${node}:${line === "" ? "" : ` ${line}`}`);
    } else if (this.#order.verbose) inform("heartbeat received");
  }

  async #value(key: string): Promise<Buffer> {
    const answer = await callApi(this.#client, { method: "GET", path: `/v1/kv/${key}`, query: { raw: "" } });
    return answer.ok && answer.status === 200 ? answer.body : Buffer.alloc(0);
  }
}

function indexOf(answer: ApiAnswer): string {
  return (answer.ok ? answer.index : undefined) ?? "0";
}
