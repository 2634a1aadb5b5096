// Clients that read and write a few keys through all agents at once, over kept connections, as the simulator's clients do
// (src/sim/clients.ts): each asks one thing at a time and gives up after a while. Together they write one history, which
// the linearizability checker judges.

import { setTimeout as sleep } from "node:timers/promises";
import { type Chance, seededChance } from "../../src/core/lib/chance.ts";
import {
  complete,
  createHistory,
  type History,
  invoke,
  type KvOutcome,
} from "../../src/sim/checkers/history.ts";
import {
  checkHistory,
  type HistoryVerdict,
  renderViolation,
} from "../../src/sim/checkers/linearizability.ts";
import {
  createKvClient,
  type KvClient,
  type KvQuestion,
  nextQuestion,
  outcomeOf,
  remember,
} from "../../src/sim/kv-client.ts";
import { AT_REST, type Complaint, complaintOf } from "./complaints.ts";
import { HttpClient, type HttpResult, type HttpTarget } from "./http-client.ts";
import { until } from "./until.ts";

export interface LoadOptions {
  readonly clients: number;
  /** Few, so that clients meet. */
  readonly keys: number;
  /** Pause between an answer and the next question. */
  readonly thinkMs: number;
  readonly patienceMs: number;
}

export const DEFAULT_LOAD: LoadOptions = { clients: 12, keys: 3, thinkMs: 20, patienceMs: 4000 };

export class Load {
  readonly history: History = createHistory();
  /** Whatever was told instead of an answer. */
  readonly complaints: Complaint[] = [];
  /** What befell the agents, one after the other. */
  readonly #phases: string[] = [AT_REST];
  readonly #options: LoadOptions;
  readonly #targets: readonly HttpTarget[];
  readonly #chance: Chance;
  readonly #clients: readonly Promise<void>[];
  #stopping = false;
  #acknowledged = 0;

  /** Starts at once. @param seed Of what the clients do; what comes of it is up to the agents and the machine. */
  constructor(targets: readonly HttpTarget[], seed: string, options: LoadOptions = DEFAULT_LOAD) {
    this.#targets = targets;
    this.#options = options;
    this.#chance = seededChance(seed);
    this.#clients = Array.from({ length: options.clients }, (_, at) =>
      this.#run(createKvClient(`c${at + 1}`)),
    );
  }

  /** Whatever is told instead of an answer from now on is put down to this. */
  enter(phase: string): void {
    this.#phases.push(phase);
  }

  /** Waits for so many more acknowledged writes. */
  async untilAcknowledged(count: number): Promise<void> {
    const goal = this.#acknowledged + count;
    await until(`${count} more writes are acknowledged`, () => this.#acknowledged >= goal);
  }

  /** Asks nothing new, and reads every key through every agent once what was under way has come to an end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    const http = new HttpClient();
    const reader = createKvClient("reader");
    for (let key = 0; key < this.#options.keys; key++)
      for (const target of this.#targets) {
        const question = {
          action: { kind: "get" },
          method: "GET",
          target: `/v1/kv/k${key}?consistent`,
          body: undefined,
        } as const;
        const { kind } = await this.#ask(http, reader, target, `k${key}`, question);
        if (kind !== "read")
          throw new Error(`an agent at rest did not answer a read: ${target.ip}:${target.port}`);
      }
    http.close();
  }

  async #run(client: KvClient): Promise<void> {
    const http = this.#targets.map(() => new HttpClient());
    while (!this.#stopping) {
      await sleep(this.#chance.choose("client.think", 2 * this.#options.thinkMs + 1));
      const at = this.#chance.choose("client.agent", this.#targets.length);
      const key = `k${this.#chance.choose("client.key", this.#options.keys)}`;
      const question = nextQuestion(client, key, this.#chance);
      await this.#ask(http[at] as HttpClient, client, this.#targets[at] as HttpTarget, key, question);
    }
    for (const each of http) each.close();
  }

  async #ask(
    http: HttpClient,
    client: KvClient,
    target: HttpTarget,
    key: string,
    question: KvQuestion,
  ): Promise<KvOutcome> {
    const operation = invoke(this.history, client.name, key, question.action, performance.now());
    const since = this.#phases.length - 1;
    const result = await http.ask(target, { ...question, patienceMs: this.#options.patienceMs });
    const complaint = complaintOf(question, target, result, this.#troubleSince(since));
    if (complaint !== undefined) this.complaints.push(complaint);
    const outcome = outcomeOfResult(question, result);
    complete(this.history, operation, outcome, performance.now());
    if (outcome.kind === "applied") this.#acknowledged++;
    remember(client, key, outcome);
    return outcome;
  }

  /** The last that was no rest: what was asked before a trouble and answered after it had to do with it. */
  #troubleSince(at: number): string {
    return this.#phases.slice(at).findLast((phase) => phase !== AT_REST) ?? AT_REST;
  }
}

function outcomeOfResult({ action }: KvQuestion, result: HttpResult): KvOutcome {
  if (result.ok) return outcomeOf(action, result);
  return { kind: result.why === "refused" ? "failed" : "unknown" };
}

/** What operations came to, by their outcome. */
export function countOutcomes({ events }: History): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const operation of new Set(events)) {
    const kind = operation.outcome?.kind ?? "open";
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** @throws Error with the checker's report when no order explains what clients were told. */
export function demandLinearizable(history: History): HistoryVerdict {
  const verdict = checkHistory(history);
  if (verdict.verdict === "violation") throw new Error(`not linearizable:\n${renderViolation(verdict)}`);
  if (verdict.verdict === "undecided")
    throw new Error(`the checker could not decide about ${verdict.keys.join(", ")}`);
  return verdict;
}
