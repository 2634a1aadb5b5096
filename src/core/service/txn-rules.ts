// What the operations of a transaction must be before it may be looked at: judged by the server that answers it, from the
// request alone, but for the locks that are held off by its clock. All that is wrong is told; what depends on the state is
// not even asked then. Consul's preCheck (agent/consul/txn_endpoint.go, 1.8).

import type { TxnFault, TxnOp } from "../api/txn.ts";
import { type ByteString, utf8 } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import { isAnyAddress } from "../model/address.ts";
import { nodeIdFault } from "../model/node-id.ts";
import { fitsKey } from "../store/catalog-keys.ts";

/** @param isHeldOff Whether nobody may take the key's lock now. */
export function txnFaults(ops: readonly TxnOp[], isHeldOff: (key: ByteString) => boolean): TxnFault[] {
  const faults: TxnFault[] = [];
  for (const [op, each] of ops.entries()) {
    const what = faultOf(each, isHeldOff);
    if (what !== undefined) faults.push({ op, what: what as ByteString });
  }
  return faults;
}

/** UTF-8. */
function faultOf(op: TxnOp, isHeldOff: (key: ByteString) => boolean): string | undefined {
  if (op.on === "kv") {
    if (op.key === "") return op.verb === "delete-tree" ? undefined : "Must provide key";
    const held = op.verb === "lock" && isHeldOff(op.key);
    return held ? `failed to lock key ${quote(op.key)} due to lock delay` : undefined;
  }
  // Who only looks at the catalog may name what can't be.
  if (op.verb === "get") return undefined;
  switch (op.on) {
    case "node": {
      if (op.node === "") return "Must provide node";
      const bad = op.id === "" ? undefined : nodeIdFault(op.id);
      if (bad !== undefined) return utf8(`Bad node ID: ${bad}`);
      return fitsKey(op.node) ? undefined : "Node names can't have NUL in them";
    }
    case "service": {
      const { id, service, address } = op.service;
      if (id !== "" && service === "") return "Must provide service name with ID";
      if (isAnyAddress(address)) return "Invalid service address";
      return [op.node, id, service].every(fitsKey)
        ? undefined
        : "Names and ids of services can't have NUL in them";
    }
    case "check": {
      const { node, checkId, serviceId } = op.check;
      return [node, checkId, serviceId].every(fitsKey)
        ? undefined
        : "Names and ids of checks can't have NUL in them";
    }
  }
}
