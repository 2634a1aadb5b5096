// Keeps two agents of a LAN from each other: an address that an agent advertises, and where only the datagrams of one
// other agent get through to it. TCP is refused there, as nobody listens.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface OneWayStreet {
  /** Datagrams of all others, which went no further. */
  readonly turnedAway: () => number;
  readonly close: () => void;
}

/**
 * @param at What is advertised; the port is that of `to`.
 * @param from Only who sends from here gets through.
 */
export async function openOneWayStreet(at: string, to: string, from: string): Promise<OneWayStreet> {
  const [host = "", port = ""] = to.split(":");
  const socket: Socket = createSocket("udp4");
  let turnedAway = 0;
  socket.on("message", (bytes, sender) => {
    if (`${sender.address}:${sender.port}` === from) socket.send(bytes, Number(port), host, () => undefined);
    else turnedAway++;
  });
  socket.bind(Number(port), at);
  await once(socket, "listening");
  return { turnedAway: () => turnedAway, close: () => socket.close() };
}
