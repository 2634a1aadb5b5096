// Sessions: how they begin, are ended and listed. What ends with them is in end-sessions.ts. Consul's
// agent/consul/state/session.go, 1.8.

import type { SessionCreate, SessionDestroy } from "../api/request.ts";
import { CRITICAL } from "../model/catalog.ts";
import { checksOfSession, type Session } from "../model/session.ts";
import { uuidFault } from "../model/uuid.ts";
import { checkOf } from "./checks.ts";
import { endSession } from "./end-sessions.ts";
import { nodeByName } from "./nodes.ts";
import { putSession, sessionOf, sessionsOfNode } from "./session-tables.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** @param request Its id has been drawn by the leader. */
export function applySessionCreate(
  store: Store,
  index: number,
  request: SessionCreate,
  touched: Touched[],
): Outcome {
  const { kind: _, behavior, ...fields } = request;
  const fault = createFault(store, request);
  if (fault !== undefined) return { ok: false, error: fault };
  const row: Session = {
    behavior: behavior === "delete" ? "delete" : "release",
    createIndex: index,
    modifyIndex: index,
    ...fields,
  };
  putSession(store.sessions, row);
  store.tableIndexes.sessions = index;
  touched.push({ table: "sessions", session: row, ended: false });
  return { ok: true, applied: true, session: row.id };
}

/** Its node must be there, and every check that it rests on, none of them critical. */
function createFault(store: Store, request: SessionCreate): string | undefined {
  if (nodeByName(store, request.node) === undefined) return "Missing node registration";
  for (const id of checksOfSession(request)) {
    const check = checkOf(store, request.node, id);
    if (check === undefined) return `Missing check '${id}' registration`;
    if (check.status === CRITICAL) return `Check '${id}' is in ${CRITICAL} state`;
  }
  return undefined;
}

/** One that is not there any more is no error; an id that could be no session's is. */
export function applySessionDestroy(
  store: Store,
  index: number,
  { id }: SessionDestroy,
  touched: Touched[],
): Outcome {
  const fault = uuidFault(id);
  if (fault !== undefined) return { ok: false, error: `failed session lookup: index error: ${fault}` };
  const session = sessionOf(store.sessions, id);
  if (session !== undefined) endSession(store, index, session, touched);
  return APPLIED;
}

export interface SessionList {
  readonly sessions: readonly Session[];
  readonly index: number;
}

/** The one of this id, by id those of a node, or by id all of them. Any session's end or beginning moves their index. */
export function listSessions(
  store: Store,
  of: { readonly id: string } | { readonly node: string } | "all",
): SessionList {
  const { tableIndexes, sessions } = store;
  const index = tableIndexes.sessions;
  if (of === "all") return { sessions: sessions.rows.valuesArray(), index };
  if ("node" in of) return { sessions: sessionsOfNode(sessions, of.node), index };
  const session = sessionOf(sessions, of.id);
  return { sessions: session === undefined ? [] : [session], index };
}
