// What may be thrown at agents that have real sockets. They act on what they believe: they probe whoever a packet says is
// there. So everything that a packet names must be an address of the attack's own loopback network, where nobody is;
// anything else would make the agents write to strangers. (Agents without sockets are told everything: siege.ts.)

import { keyOperationOf } from "../../src/core/gossip/serf/key-queries.ts";
import { entryKind, entryOffsets } from "../../src/core/raft/entry.ts";
import type { PacketMessage } from "../../src/core/wire/gossip/messages.ts";
import { decodePacket } from "../../src/core/wire/gossip/packet.ts";
import { decodeSerf } from "../../src/core/wire/gossip/serf-messages.ts";
import { decodeStream } from "../../src/core/wire/gossip/stream-messages.ts";
import { decodeRpc } from "../../src/core/wire/rpc.ts";

/** The first three bytes of all addresses of the attack. */
export type Network = readonly [number, number, number];

const RECORDED = [127, 0, 0, 1];

/** The same bytes with an address of ours for each one that was recorded, where it stands open. */
export function moved(bytes: Uint8Array, network: Network, host: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at + RECORDED.length <= copy.length; at++)
    if (RECORDED.every((byte, offset) => copy[at + offset] === byte)) copy.set([...network, host], at);
  return copy;
}

/** Whether whoever believes this datagram is led to nobody outside of the network. */
export function isHarmlessPacket(bytes: Uint8Array, network: Network): boolean {
  return decodePacket(bytes).messages.every((message) => isHarmless(message, network));
}

/** The same of what comes over a stream. */
export function isHarmlessStream(bytes: Uint8Array, network: Network): boolean {
  const decoded = decodeStream(bytes);
  if (!decoded.ok) return true;
  const message = decoded.value;
  if (message.type === "push-pull") return message.nodes.every(({ addr }) => isWithin(addr, network));
  return message.type === "err" || isHarmless(message, network);
}

function isHarmless(message: PacketMessage, network: Network): boolean {
  switch (message.type) {
    case "alive":
      return isWithin(message.addr, network);
    case "ping":
      return isWithin(message.sourceAddr, network);
    case "indirect-ping":
      return isWithin(message.target, network) && isWithin(message.sourceAddr, network);
    case "user":
      return isHarmlessSerf(message.bytes, network);
    default:
      return true;
  }
}

function isHarmlessSerf(bytes: Uint8Array, network: Network): boolean {
  const decoded = decodeSerf(bytes);
  if (!decoded.ok) return true;
  const { value } = decoded;
  // Who has a key of the pool may change its keys: that would be no fault of the agent, and we could not speak to it after.
  if (value.type === "query")
    return keyOperationOf(value.name) === undefined && isWithin(value.addr, network);
  return value.type !== "relay" || isWithin(value.destAddr.ip, network);
}

/** No address at all is harmless too: then the answer goes to where the packet came from. */
function isWithin(addr: Uint8Array | null, network: Network): boolean {
  if (addr === null || addr.length === 0) return true;
  return addr.length === 4 && network.every((byte, at) => addr[at] === byte);
}

/** A frame that is believed may put servers into the configuration, which are dialled. */
export function isHarmlessFrame(body: Uint8Array): boolean {
  const decoded = decodeRpc(body);
  if (!decoded.ok || decoded.value.type !== "append") return true;
  const { entries } = decoded.value;
  return (entryOffsets(entries) ?? []).every((offset) => entryKind(entries, offset) !== "configuration");
}
