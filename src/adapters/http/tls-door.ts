// The TLS in front of HTTPS: from an accepted connection to a socket that reads and writes in the clear. The certificates
// can be changed while it runs; connections that are up keep what they began with.

import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server } from "node:tls";

/** Certificates and versions. */
export type SecureSettings = SecureContextOptions;

export interface TlsDoorOptions {
  readonly secure: SecureSettings;
  /** Clients must show a certificate of one of the authorities. */
  readonly verifiesClients: boolean;
  /** What a client gets for its handshake. */
  readonly handshakeTimeoutMs: number;
  /** A handshake failed: mostly the client's business. */
  readonly onFailed: (error: Error) => void;
}

/** Takes an accepted connection, which it closes if it comes to nothing. */
export type TakeConnection = (socket: Socket) => void;

/** What Go's server says to a request in the clear. */
const IN_THE_CLEAR = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

export class TlsDoor {
  readonly #options: TlsDoorOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #secure: SecureSettings;

  constructor(options: TlsDoorOptions) {
    this.#options = options;
    this.#secure = options.secure;
  }

  /** A way in for connections of one listener. `done` gets them once their handshake is done. */
  open(done: (secured: Socket) => void): TakeConnection {
    const { verifiesClients, handshakeTimeoutMs, onFailed } = this.#options;
    const server = createServer({
      ...this.#secure,
      requestCert: verifiesClients,
      rejectUnauthorized: verifiesClients,
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: handshakeTimeoutMs,
    });
    server.on("secureConnection", done);
    server.on("tlsClientError", onFailed);
    this.#servers.push(server);
    return (socket) => this.#greet(socket, server);
  }

  /** Waits for the first bytes, which tell a handshake from a request in the clear. */
  #greet(socket: Socket, server: Server): void {
    const { handshakeTimeoutMs } = this.#options;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    const onEnd = (): void => void socket.destroy();
    socket.once("end", onEnd);
    socket.setTimeout(handshakeTimeoutMs, () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      socket.setTimeout(0);
      socket.off("end", onEnd);
      if (isHttp(first)) {
        socket.end(IN_THE_CLEAR, () => socket.destroy());
        return;
      }
      socket.pause();
      socket.unshift(first);
      server.emit("connection", socket);
    });
  }

  /** New connections get these certificates. */
  setCertificates(secure: SecureSettings): void {
    this.#secure = secure;
    for (const server of this.#servers) server.setSecureContext(secure);
  }

  /** Ends all connections, at once. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A request begins with a letter; a record of TLS with its type, which is 22 for a handshake. */
function isHttp(first: Buffer): boolean {
  return /^[A-Z]/.test(first.toString("latin1", 0, 1));
}
