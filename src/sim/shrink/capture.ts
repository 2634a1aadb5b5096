// A run of the timed world written down as a schedule: looks on, and names what happened to Raft. What a fault did shows
// in what is missing (a cut link's messages are not delivered, a stopped process lets no timer ring), so faults of the
// network and of time need no steps of their own.

import type { Effect, Input } from "../../core/agent/ports.ts";
import { DOOR } from "../../core/lib/chance.ts";
import type { Listen } from "../choices.ts";
import type { SimNode } from "../node.ts";
import { RAFT_LIMITS } from "../plan.ts";
import type { Observer, World } from "../world.ts";
import { nameMessage } from "./mailbox.ts";
import type { ClientQuestion, RaftLimits, Schedule, Step } from "./schedule.ts";

export interface Capture {
  /** Stands before each source of choices: what a crash leaves of writes under way is decided there. */
  readonly listen: Listen;
  readonly observer: (world: World) => Observer;
  /** What happened so far. @returns Undefined when no world was observed. */
  schedule(): Schedule | undefined;
}

/** A run that is being written down. */
interface Notes {
  world: World | undefined;
  readonly steps: Step[];
  /** Message → who has got it. */
  readonly arrived: Map<object, Set<SimNode>>;
  /** Servers whose disk does, from here on, what the schedule says. */
  readonly held: Set<SimNode>;
  /** Where in `steps` the latest input of a turn that has not ended stands. */
  readonly turns: Map<SimNode, Step>;
  /** What the latest crash has left of writes under way. */
  keeps: number[];
  /** The role of the server before it woke. */
  role: string;
}

export function createCapture(): Capture {
  const notes: Notes = {
    world: undefined,
    steps: [],
    arrived: new Map(),
    held: new Set(),
    turns: new Map(),
    keeps: [],
    role: "",
  };
  return {
    listen: (purpose, chance) =>
      purpose !== "world"
        ? chance
        : {
            [DOOR]: true,
            choose(site, n) {
              const chosen = chance.choose(site, n);
              if (site.startsWith("disk.crash.")) notes.keeps.push(chosen);
              return chosen;
            },
          },
    observer(world) {
      notes.world = world;
      return observerOf(world, notes);
    },
    schedule: () => (notes.world === undefined ? undefined : scheduleOf(notes.world, notes)),
  };
}

function scheduleOf(world: World, { steps }: Notes): Schedule {
  const servers = world.nodes.filter((node) => isPlayed(world, node));
  const config = servers[0]?.config;
  const raft: RaftLimits =
    config === undefined ? {} : Object.fromEntries(RAFT_LIMITS.map((name) => [name, config.raft[name]]));
  return {
    servers: servers.map(({ name }) => name),
    raft,
    storage: config?.storage ?? {},
    planted: config?.planted,
    requests: true,
    calm: false,
    steps: [...steps],
  };
}

/** A schedule is of one cluster's servers: where there are two datacenters, of the first one's. */
function isPlayed({ nodes }: World, { config }: SimNode): boolean {
  return config.server && config.datacenter === nodes[0]?.config.datacenter;
}

function observerOf(world: World, notes: Notes): Observer {
  const { steps, held } = notes;
  return {
    onStart(node) {
      if (isPlayed(world, node) && node.life > 1)
        steps.push({ atMs: nowOf(world), kind: "start", node: node.name });
    },
    onCrash(node) {
      if (!isPlayed(world, node)) return;
      held.delete(node);
      notes.turns.delete(node);
      notes.keeps = [];
      steps.push({ atMs: nowOf(world), kind: "crash", node: node.name, keeps: notes.keeps });
    },
    // Before it, since the step may be the one that breaks a rule.
    beforeStep(node, input) {
      const server = node.agent?.service.server;
      if (server === undefined || !isPlayed(world, node)) return;
      if (input === undefined) notes.turns.delete(node);
      else {
        notes.role = server.raft.role;
        addInput(notes, node, stepOf(world, notes, node, input));
      }
    },
    afterStep(node, input, _nowMs, effects) {
      const server = node.agent?.service.server;
      if (server === undefined || !isPlayed(world, node)) return;
      if (input?.type === "wake") judgeWake(notes, node, server.raft.role, effects);
      // The disk was read as it should be; from now on it takes its time.
      if (server.recovered && !held.has(node)) {
        held.add(node);
        steps.push({ atMs: 0, kind: "hold", node: node.name });
      }
    },
  };
}

/** An input of a turn that an earlier one began: that one did not end it. */
function addInput({ steps, turns }: Notes, node: SimNode, step: Step | undefined): void {
  if (step === undefined) return;
  const earlier = turns.get(node);
  const at = earlier === undefined ? -1 : steps.lastIndexOf(earlier);
  if (earlier !== undefined && at >= 0) steps[at] = { ...earlier, open: true };
  turns.set(node, step);
  steps.push(step);
}

function nowOf(world: World): number {
  return world.nowUs / 1000;
}

/** Now that it is known what came of a wake-up: a campaign, something else, or nothing of account. */
function judgeWake(notes: Notes, server: SimNode, now: string, effects: readonly Effect[]): void {
  const { steps, turns, role } = notes;
  const step = steps.pop();
  if (step?.kind !== "wake") return;
  turns.delete(server);
  const { atMs, node } = step;
  const matters = effects.some(({ type }) => type === "message" || type === "disk" || type === "reply");
  if (now !== "leader" && now !== "follower") addInput(notes, server, { atMs, kind: "time-out", node });
  else if (matters || now !== role) addInput(notes, server, step);
}

function stepOf(world: World, notes: Notes, node: SimNode, input: Input): Step | undefined {
  const atMs = nowOf(world);
  switch (input.type) {
    case "wake":
      return { atMs, kind: "wake", node: node.name };
    case "message": {
      const { message } = input;
      const sender = world.byId.get(input.from);
      if (sender !== undefined && sender.config.datacenter !== node.config.datacenter) return undefined;
      const receivers = notes.arrived.get(message) ?? new Set();
      notes.arrived.set(message, receivers);
      const again = receivers.has(node);
      receivers.add(node);
      const from = sender?.name ?? "";
      return { atMs, kind: "deliver", from, to: node.name, message: nameMessage(message), again };
    }
    case "disk-done": {
      if (!notes.held.has(node)) return undefined;
      const { result } = input;
      if (!result.ok && result.error.code !== "ENOENT")
        notes.steps.push({ atMs: 0, kind: "fail-write", node: node.name, code: result.error.code });
      return { atMs, kind: "store", node: node.name };
    }
    case "peer-lost": {
      const peer = world.byId.get(input.peer);
      if (peer === undefined || !isPlayed(world, peer)) return undefined;
      return { atMs, kind: "lose", node: node.name, peer: peer.name, refused: input.refused };
    }
    case "http":
      return questionOf(atMs, node, input.request.method, input.request.target);
    default:
      return undefined;
  }
}

/** What the swarm's clients and watchers ask; other requests are not taken down. */
function questionOf(atMs: number, node: SimNode, method: string, target: string): Step | undefined {
  const [, key, asked = ""] = /^\/v1\/kv\/([^?]+)(?:\?(.*))?$/.exec(target) ?? [];
  const [, query = "", meant = node.config.datacenter] = /^(.*?)&?(?:dc=([^&]*))?$/.exec(asked) ?? [];
  if (key === undefined || meant !== node.config.datacenter) return undefined;
  if (query.includes("index=") && method === "GET") return { atMs, kind: "watch", node: node.name, key };
  const question = QUESTIONS[`${method} ${query.replace(/=\d+$/, "")}`.trim()];
  return question === undefined ? undefined : { atMs, kind: "ask", node: node.name, question, key };
}

const QUESTIONS: Readonly<Record<string, ClientQuestion>> = {
  GET: "get",
  "GET consistent": "get-consistent",
  PUT: "put",
  "PUT cas": "cas",
  DELETE: "delete",
  "DELETE cas": "delete-cas",
};
