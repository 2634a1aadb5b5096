// What clients over HTTP have in common, whatever they ask: each thinks for a while, asks one thing of one agent, and is told
// what becomes of it. An answer that does not come in time, or whose agent's process ends, is told as none. Knows nothing of
// what is asked.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { isUp, type SimNode } from "./node.ts";
import { isIn, type Place, placed } from "./place.ts";
import { callAt, deliver, type World } from "./world.ts";

/** @param response Undefined: it did not come, and what was asked for may have happened or not. */
export type Answered = (response: HttpResponse | undefined) => void;

/** How clients of a kind go about it. */
export interface Manner {
  /** What their questions to chance begin with. */
  readonly site: string;
  /** Numbers of their requests begin here, far from those of other clients of the world. */
  readonly firstRequest: number;
  /** Pause between an answer and the next question. */
  readonly thinkUs: readonly [least: number, most: number];
  /** How long they wait for an answer. */
  readonly patienceUs: number;
  /** They ask nobody but agents of the datacenter that they mean. Consul writes some things wherever it is asked to. */
  readonly onlyThere?: true;
}

/** Clients that mean one place, stop together and must be at rest together. */
export interface Company {
  readonly place: Place;
  readonly companions: Companion[];
}

export interface Companion {
  /** It asks nothing new; what is under way goes on. */
  stop(): void;
  /** How many of its questions are not answered yet. */
  open(): number;
}

export interface Questions {
  readonly world: World;
  readonly manner: Manner;
  readonly place: Place;
  readonly chance: Chance;
  readonly open: Map<number, { readonly node: SimNode; readonly answered: Answered }>;
  nextRequest: number;
  stopped: boolean;
}

/** Of clients that are new in this company. */
export function createQuestions(
  world: World,
  { place, companions }: Company,
  manner: Manner,
  chance: Chance,
): Questions {
  const open: Questions["open"] = new Map();
  const nextRequest = place.firstRequest + manner.firstRequest;
  const questions: Questions = { world, manner, place, chance, open, nextRequest, stopped: false };
  world.observers.push({
    onReply(id, { response }) {
      take(questions, id)?.(response);
    },
    // The connection breaks with the process.
    onCrash(node) {
      for (const [id, asked] of [...open]) if (asked.node === node) take(questions, id)?.(undefined);
    },
  });
  companions.push({
    stop() {
      questions.stopped = true;
    },
    open: () => open.size,
  });
  return questions;
}

function take({ open }: Questions, id: number): Answered | undefined {
  const found = open.get(id);
  open.delete(id);
  return found?.answered;
}

/** Lets a client think, and then act, unless they have all stopped by then. */
export function afterThinking(questions: Questions, act: () => void): void {
  const { world, manner, chance } = questions;
  const [least, most] = manner.thinkUs;
  const pauseUs = least + chance.choose(`${manner.site}.think`, most - least + 1);
  callAt(world, world.nowUs + pauseUs, () => {
    if (!questions.stopped) act();
  });
}

/** Any agent that is up and may be asked; undefined when none is. */
export function someoneUp({ world, manner, place, chance }: Questions): SimNode | undefined {
  const up = world.nodes.filter((node) => isUp(node) && (manner.onlyThere !== true || isIn(node, place)));
  return up[chance.choose(`${manner.site}.node`, Math.max(1, up.length))];
}

/** Asks any agent of those; when there is none, that is no answer. */
export function askSomeone(questions: Questions, request: HttpRequest, answered: Answered): void {
  const node = someoneUp(questions);
  if (node === undefined) answered(undefined);
  else askNode(questions, node, request, answered);
}

/** Asks an agent that is up. */
export function askNode(questions: Questions, node: SimNode, request: HttpRequest, answered: Answered): void {
  const { world, open, manner, place } = questions;
  const id = questions.nextRequest++;
  open.set(id, { node, answered });
  callAt(world, world.nowUs + manner.patienceUs, () => {
    if (!open.has(id)) return;
    deliver(world, node, { type: "cancel", id });
    take(questions, id)?.(undefined);
  });
  const target = placed(request.target, place);
  deliver(world, node, { type: "http", id, request: { ...request, target } });
}
