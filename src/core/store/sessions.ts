// How sessions end: with the registration of their node, with a check that they rest on, and with them the locks that
// they hold. Only a restore makes sessions yet, so they are few enough to be looked through.

import type { Check } from "../model/catalog.ts";
import type { Session } from "../model/session.ts";
import { nodeKey } from "./catalog-keys.ts";
import { endLocks } from "./kv.ts";
import type { Store, Touched } from "./store.ts";

/** The node is gone, or goes by another name. */
export function invalidateSessionsOfNode(
  store: Store,
  index: number,
  node: string,
  touched: Touched[],
): void {
  invalidateWhere(store, index, (session) => nodeKey(session.node) === nodeKey(node), touched);
}

/** The check is gone or critical. */
export function invalidateSessionsOfCheck(
  store: Store,
  index: number,
  check: Check,
  touched: Touched[],
): void {
  const is = (id: string): boolean => id === check.checkId;
  const restsOn = ({ node, nodeChecks, serviceChecks }: Session): boolean =>
    nodeKey(node) === nodeKey(check.node) && (nodeChecks.some(is) || serviceChecks.some(({ id }) => is(id)));
  invalidateWhere(store, index, restsOn, touched);
}

function invalidateWhere(
  store: Store,
  index: number,
  ends: (session: Session) => boolean,
  touched: Touched[],
): void {
  if (store.sessions.size === 0) return;
  for (const session of store.sessions.valuesArray())
    if (ends(session)) {
      store.sessions.delete(session.id);
      endLocks(store, index, session, touched);
    }
}
