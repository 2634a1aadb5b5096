// Who the clients are, by IP address, and how many connections each has open.

import type { Socket } from "node:net";
import { joinHostPort } from "../../core/model/address.ts";

/** The other side's IP address; IPv4 also where it comes in IPv6's clothes. "" when the socket is closed already. */
export function clientAddress(socket: Socket): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

export class ClientCounter {
  #limit: number;
  readonly #open = new Map<string, number>();

  /** @param limit Connections that one client may have open; 0 for no limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Those that are open stay so. */
  setLimit(limit: number): void {
    this.#limit = limit;
  }

  /** False when the client has as many connections as it may. */
  enter(address: string): boolean {
    const open = this.#open.get(address) ?? 0;
    if (this.#limit > 0 && open >= this.#limit) return false;
    this.#open.set(address, open + 1);
    return true;
  }

  leave(address: string): void {
    const open = this.#open.get(address) ?? 0;
    if (open > 1) this.#open.set(address, open - 1);
    else this.#open.delete(address);
  }
}

/** Where a client is, with its port: "127.0.0.1:46290", "[::1]:46290", or UNIX_CLIENT. */
export function clientPlace({ remotePort }: Socket, address: string): string {
  return remotePort === undefined ? address : joinHostPort(address, remotePort);
}
