// Questions of clients over HTTP, each with what becomes of its answer: one that does not come in time, or whose agent's
// process ends, is an answer as well, and is told as none. Knows nothing of what is asked.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { SimNode } from "./node.ts";
import { callAt, deliver, type World } from "./world.ts";

/** @param response Undefined: it did not come, and what was asked for may have happened or not. */
export type Answered = (response: HttpResponse | undefined) => void;

export interface Questions {
  readonly world: World;
  readonly open: Map<number, { readonly node: SimNode; readonly answered: Answered }>;
  readonly patienceUs: number;
  nextRequest: number;
}

/** @param firstRequest Numbers of requests begin here, far from those of other clients of the world. */
export function createQuestions(world: World, firstRequest: number, patienceUs: number): Questions {
  const questions: Questions = { world, open: new Map(), patienceUs, nextRequest: firstRequest };
  const { open } = questions;
  world.observers.push({
    onReply(id, { response }) {
      take(questions, id)?.(response);
    },
    // The connection breaks with the process.
    onCrash(node) {
      for (const [id, asked] of [...open]) if (asked.node === node) take(questions, id)?.(undefined);
    },
  });
  return questions;
}

function take({ open }: Questions, id: number): Answered | undefined {
  const found = open.get(id);
  open.delete(id);
  return found?.answered;
}

/** Asks an agent that is up. */
export function askNode(questions: Questions, node: SimNode, request: HttpRequest, answered: Answered): void {
  const { world, open, patienceUs } = questions;
  const id = questions.nextRequest++;
  open.set(id, { node, answered });
  callAt(world, world.nowUs + patienceUs, () => {
    if (!open.has(id)) return;
    deliver(world, node, { type: "cancel", id });
    take(questions, id)?.(undefined);
  });
  deliver(world, node, { type: "http", id, request });
}
