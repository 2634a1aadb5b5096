// The catalog's operations of transactions. Each finds whatever is wrong before it changes anything.

import type { TxnCheckOp, TxnNodeOp, TxnServiceOp } from "../api/txn.ts";
import { must } from "../lib/assert.ts";
import { utf8 } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import { metadataFault } from "../model/metadata.ts";
import { nodeIdFault } from "../model/node-id.ts";
import { applyCheckRegister, checkOf } from "./checks.ts";
import { applyNodeDeregister, applyNodeRegister, nodeById, nodeByName, nodeConflict } from "./nodes.ts";
import { applyDeregister } from "./register.ts";
import { applyServiceRegister, serviceOf } from "./services.ts";
import type { Store, Touched } from "./store.ts";
import { faulty, NO_RESULT, type OpOutcome, shown, type TxnConfig } from "./txn-op.ts";

const MISSING_NODE: OpOutcome = faulty("Missing node registration");

function quoted(text: string): string {
  return quote(utf8(text));
}

/** Whether the row is in the version that a conditional verb names, 0 for one that is not there. */
function isStale(row: { readonly modifyIndex: number } | undefined, { index }: { index: unknown }): boolean {
  return (row?.modifyIndex ?? 0) !== index;
}

export function runNodeOp(
  store: Store,
  index: number,
  op: TxnNodeOp,
  { datacenter = "" }: TxnConfig,
  touched: Touched[],
): OpOutcome {
  const { verb, node } = op;
  const known = nodeByName(store, node);
  switch (verb) {
    case "get": {
      const bad = op.id === "" ? undefined : nodeIdFault(op.id);
      if (bad !== undefined)
        return faulty(utf8(`node lookup by ID failed, wrong UUID: ${bad} for '${op.id}'`));
      const found = nodeAsked(store, op);
      return found === undefined
        ? faulty(`node ${quoted(node)} doesn't exist`)
        : shown({ on: "node", node: found });
    }
    case "cas":
      if (isStale(known, op)) return faulty(`failed to set node ${quoted(node)}, index is stale`);
      return setNode(store, index, op, datacenter, touched);
    case "set":
      return setNode(store, index, op, datacenter, touched);
    case "delete":
      applyNodeDeregister(store, index, op, touched);
      return NO_RESULT;
    case "delete-cas":
      if (known === undefined || isStale(known, op))
        return faulty(`failed to delete node ${quoted(node)}, index is stale`);
      applyNodeDeregister(store, index, op, touched);
      return NO_RESULT;
    default:
      return faulty(`unknown Node verb ${quoted(verb)}`);
  }
}

function nodeAsked(store: Store, { id, node }: TxnNodeOp): Node | undefined {
  return id === "" ? nodeByName(store, node) : nodeById(store, id);
}

/** In Consul 1.8 a conditional one that has a conflict does nothing, and the transaction goes on without it. */
function setNode(
  store: Store,
  index: number,
  op: TxnNodeOp,
  datacenter: string,
  touched: Touched[],
): OpOutcome {
  const conflict = nodeConflict(store, op);
  if (conflict !== undefined) return faulty(utf8(conflict));
  applyNodeRegister(store, index, op, datacenter, touched);
  return shown({ on: "node", node: must(nodeAsked(store, op), "it has just been set") });
}

export function runServiceOp(store: Store, index: number, op: TxnServiceOp, touched: Touched[]): OpOutcome {
  const { verb, node, service } = op;
  const known = serviceOf(store, node, service.id);
  const where = `service ${quoted(service.id)} on node ${quoted(node)}`;
  switch (verb) {
    case "get":
      return known === undefined ? faulty(`${where} doesn't exist`) : shownService(known);
    case "cas":
      if (isStale(known, op)) return faulty(`failed to set ${where}, index is stale`);
      return setService(store, index, op, touched);
    case "set":
      return setService(store, index, op, touched);
    case "delete":
      if (known !== undefined) removeService(store, index, known, touched);
      return NO_RESULT;
    case "delete-cas":
      if (known === undefined || isStale(known, op))
        return faulty(`failed to delete ${where}, index is stale`);
      removeService(store, index, known, touched);
      return NO_RESULT;
    default:
      return faulty(`unknown Service verb ${quoted(verb)}`);
  }
}

function setService(
  store: Store,
  index: number,
  { node, service }: TxnServiceOp,
  touched: Touched[],
): OpOutcome {
  const bad = metadataFault(service.meta ?? []);
  if (bad !== undefined)
    return faulty(utf8(`Invalid Service Meta for node ${node} and serviceID ${service.id}: ${bad}`));
  const on = nodeByName(store, node);
  if (on === undefined) return MISSING_NODE;
  if (service.id === "") return faulty("failed inserting service: object missing primary index");
  applyServiceRegister(store, index, on.node, service, touched);
  return shownService(must(serviceOf(store, on.node, service.id), "it has just been set"));
}

function shownService(service: CatalogService): OpOutcome {
  return shown({ on: "service", service });
}

function removeService(store: Store, index: number, { node, id }: CatalogService, touched: Touched[]): void {
  applyDeregister(store, index, { kind: "catalog.deregister", node, serviceId: id, checkId: "" }, touched);
}

export function runCheckOp(store: Store, index: number, op: TxnCheckOp, touched: Touched[]): OpOutcome {
  const { verb, check } = op;
  const known = checkOf(store, check.node, check.checkId);
  const where = `check ${quoted(check.checkId)} on node ${quoted(check.node)}`;
  switch (verb) {
    case "get":
      return known === undefined ? faulty(`${where} doesn't exist`) : shown({ on: "check", check: known });
    case "cas":
      if (isStale(known, op)) return faulty(`failed to set ${where}, index is stale`);
      return setCheck(store, index, op, touched);
    case "set":
      return setCheck(store, index, op, touched);
    case "delete":
      if (known !== undefined) dropCheck(store, index, known, touched);
      return NO_RESULT;
    case "delete-cas":
      if (known === undefined || isStale(known, op))
        return faulty(`failed to delete ${where}, index is stale`);
      dropCheck(store, index, known, touched);
      return NO_RESULT;
    default:
      return faulty(`unknown Check verb ${quoted(verb)}`);
  }
}

/** As for nodes, Consul 1.8 goes on without a conditional one that can't be done. */
function setCheck(store: Store, index: number, { check }: TxnCheckOp, touched: Touched[]): OpOutcome {
  const on = nodeByName(store, check.node);
  if (on === undefined) return MISSING_NODE;
  if (check.serviceId !== "" && serviceOf(store, on.node, check.serviceId) === undefined)
    return faulty("Missing service registration");
  if (check.checkId === "") return faulty("failed inserting check: object missing primary index");
  applyCheckRegister(store, index, { ...check, node: on.node }, touched);
  return shown({ on: "check", check: must(checkOf(store, on.node, check.checkId), "it has just been set") });
}

function dropCheck(store: Store, index: number, { node, checkId }: Check, touched: Touched[]): void {
  applyDeregister(store, index, { kind: "catalog.deregister", node, serviceId: "", checkId }, touched);
}
