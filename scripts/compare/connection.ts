// One raw connection to an agent: what is written leaves as it is, what comes back is kept as it came. Nothing here asserts
// on time: waiting for something that must come is generous, and waiting to see that nothing comes errs on no side that
// a comparison would notice.

import { connect, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export class Connection {
  readonly #socket: Socket;
  /** One character a byte. */
  received = "";
  /** The server has closed the connection, or reset it. */
  ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      this.received += chunk;
      this.#wake();
    });
    const onEnd = (): void => {
      this.ended = true;
      this.#wake();
    };
    socket.on("end", onEnd);
    socket.on("close", onEnd);
    socket.on("error", onEnd);
  }

  /** @param from The address to come from, if it matters. */
  static open({ host, port }: Address, from?: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host,
        port,
        allowHalfOpen: true,
        ...(from === undefined ? {} : { localAddress: from }),
      });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends bytes, one a character. */
  write(bytes: string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes, "latin1");
  }

  /** Says that nothing more will be sent. */
  finish(): void {
    this.#socket.end();
  }

  /** Waits until `holds`, which is asked whenever something came. @returns whether it came to hold. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (held: boolean): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(held);
      };
      const timer = setTimeout(() => settle(holds()), timeoutMs);
      this.#wake = () => {
        if (holds()) settle(true);
      };
      this.#wake();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
