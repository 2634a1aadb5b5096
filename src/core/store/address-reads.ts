// Whose an address is: what DNS turns around. Tables are not kept by address; who asks again remembers the answer.

import { ipBytes, ipText } from "../model/address.ts";
import type { Store } from "./store.ts";

/** "" for nobody's. */
export interface AddressOwner {
  /** The first node with this address. */
  readonly node: string;
  /** Where there is none, the name of the first service that has it for its own. */
  readonly service: string;
}

/** @param address An IP, in whatever way it is written. */
export function ownerOfAddress(store: Store, address: string): AddressOwner {
  const wanted = canonical(address);
  for (const { address: its, node } of store.nodes.values())
    if (its === address || canonical(its) === wanted) return { node, service: "" };
  for (const { address: its, service } of store.services.byName.values())
    if (its !== "" && (its === address || canonical(its) === wanted)) return { node: "", service };
  return { node: "", service: "" };
}

/** One text for all ways to write an IP; what is none stays as it is. */
function canonical(address: string): string {
  const bytes = ipBytes(address);
  return (bytes && ipText(bytes)) ?? address;
}
