// About how many bytes a message takes on the wire: only links of limited bandwidth ask. It is reckoned from the fields,
// so that it is the same whether messages travel by reference or through the codec.

import type { RpcMessage } from "../core/wire/rpc.ts";

/** TCP's and the frame's headers, and the numbers of a small message. */
const HEADER_BYTES = 60;

export function messageBytes(message: RpcMessage): number {
  return HEADER_BYTES + plainBytes(message);
}

/** A byte for each record and list, five for a number, the length of all else: MessagePack within a third. */
function plainBytes(value: unknown): number {
  switch (typeof value) {
    case "string":
      return 1 + value.length;
    case "number":
      return 5;
    case "object":
      return value === null ? 1 : 1 + insideBytes(value);
    default:
      return value === undefined ? 0 : 1;
  }
}

function insideBytes(value: object): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let bytes = 0;
  for (const each of value instanceof Map ? [...value].flat() : Object.values(value))
    bytes += plainBytes(each);
  return bytes;
}
