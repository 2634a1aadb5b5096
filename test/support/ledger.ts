// Many clients that write as fast as they can, each under keys of its own that nobody writes twice; and a book of what
// was asked and what was acknowledged, to compare the store with when the trouble is over.

import { type Cluster, untilSettled } from "./cluster.ts";
import { getJson, HttpClient, type HttpTarget } from "./http-client.ts";
import { until } from "./until.ts";

const PREFIX = "ledger/";

export class Ledger {
  /** Key → value of every write that was sent. */
  readonly asked = new Map<string, string>();
  readonly acknowledged = new Set<string>();
  readonly #clients: readonly Promise<void>[];
  #stopping = false;

  /** Starts at once; each client has one agent that it asks. */
  constructor(targets: readonly HttpTarget[], clients: number) {
    this.#clients = Array.from({ length: clients }, (_, at) =>
      this.#run(`${PREFIX}${at}`, targets[at % targets.length] as HttpTarget),
    );
  }

  async untilAcknowledged(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    await until(`${count} more writes are acknowledged`, () => this.acknowledged.size >= goal);
  }

  /** Sends nothing new and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }

  async #run(folder: string, target: HttpTarget): Promise<void> {
    const http = new HttpClient();
    for (let count = 1; !this.#stopping; count++) {
      const key = `${folder}/${count}`;
      // Sizes from a byte to a few kilobytes, so that writes end anywhere in a sector.
      const value = `${key}.`.repeat(1 + ((count * 37) % 100));
      this.asked.set(key, value);
      const result = await http.ask(target, {
        method: "PUT",
        target: `/v1/kv/${key}`,
        body: value,
        patienceMs: 10_000,
      });
      if (result.ok && result.body === "true") this.acknowledged.add(key);
      else if (!result.ok && result.why === "refused")
        await until("the agent is back or the test over", () => this.#stopping || isThere(target));
    }
    http.close();
  }
}

async function isThere(target: HttpTarget): Promise<boolean> {
  await getJson(target, "/v1/status/leader");
  return true;
}

/** What is wrong with what an agent shows: empty when all that was acknowledged is there, and nothing nobody wrote. */
async function auditLedger({ asked, acknowledged }: Ledger, target: HttpTarget): Promise<string[]> {
  const rows = await getJson<readonly Row[]>(target, `/v1/kv/${PREFIX}?recurse&consistent`);
  const found = new Map(rows.map(({ Key, Value }) => [Key, Buffer.from(Value ?? "", "base64").toString()]));
  const lost = [...acknowledged].filter((key) => !found.has(key));
  const wrong = [...found].filter(([key, value]) => asked.get(key) !== value);
  return [
    ...lost.map((key) => `${key} is lost`),
    ...wrong.map(([key]) => `${key} has a value nobody gave it`),
  ];
}

interface Row {
  readonly Key: string;
  readonly Value: string | null;
}

/** Writers of a crash under writes. */
const WRITERS = 64;
/** Writes between a start and the next crash: a few seconds' worth, so that crashes fall anywhere. */
const LEAST_WRITES = 300;

/**
 * Kills all servers again and again while many clients write, and compares the book with what every agent shows then.
 * @returns How many writes were acknowledged and asked for.
 * @throws Error that names what is lost or was never written.
 */
export async function crashUnderWrites(
  cluster: Cluster,
  times: number,
): Promise<{ readonly acknowledged: number; readonly asked: number }> {
  const ledger = new Ledger(
    cluster.agents.map(({ http }) => http),
    WRITERS,
  );
  for (let count = 1; count <= times; count++) {
    await ledger.untilAcknowledged(LEAST_WRITES * count);
    for (const server of cluster.servers) server.signal("SIGKILL");
    for (const server of cluster.servers) await server.ended();
    for (const server of cluster.servers) server.start();
  }
  await ledger.untilAcknowledged(LEAST_WRITES);
  await ledger.stop();
  await untilSettled(cluster, cluster.servers);
  for (const { name, http } of cluster.agents) {
    const faults = await auditLedger(ledger, http);
    if (faults.length > 0) throw new Error(`${name}: ${faults.length} faults, such as ${faults[0]}`);
  }
  return { acknowledged: ledger.acknowledged.size, asked: ledger.asked.size };
}
