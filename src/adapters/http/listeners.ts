// Where HTTP comes in: TCP addresses and unix sockets, in the clear and over TLS. Accepts connections, turns away those of
// clients that have too many, and hands on what is left as sockets of bytes in the clear. Knows nothing of what they say.

import { createServer, type Server, type Socket } from "node:net";
import { UNIX_CLIENT } from "../../core/api/http.ts";
import type { HttpListen, UnixSocketSettings } from "../config/settings.ts";
import { type ClientCounter, clientAddress } from "./clients.ts";
import type { TakeConnection, TlsDoor } from "./tls-door.ts";
import { clearSocketPath, setSocketOwner } from "./unix-sockets.ts";

export interface ListenerOptions {
  readonly listen: readonly HttpListen[];
  readonly unixSockets: UnixSocketSettings;
  /** For what is secure. */
  readonly tls: TlsDoor | undefined;
  readonly clients: ClientCounter;
  /** `remote` is the client's IP address, or UNIX_CLIENT. */
  readonly onClient: (socket: Socket, remote: string) => void;
  /** Something was in the way of a unix socket, and was removed. */
  readonly onReplaced: (path: string) => void;
  readonly onError: (error: Error) => void;
}

export interface Listeners {
  /** Where they listen, in the order that was asked for; ports that were 0 are known now. */
  readonly listen: readonly HttpListen[];
  /** No more connections are accepted. Resolves when those that were have ended. */
  close(): Promise<void>;
}

/** What a listener could not do, for which address. */
export class ListenFault extends Error {
  readonly listen: HttpListen;
  override readonly cause: unknown;
  constructor(listen: HttpListen, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.listen = listen;
    this.cause = cause;
  }
}

/** As Go's server: no waiting for more to send, and dead peers are found out by probes. */
const TCP = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 };

/** Resolves when all of them listen. @throws ListenFault. */
export async function openListeners(options: ListenerOptions): Promise<Listeners> {
  const servers: Server[] = [];
  const found: HttpListen[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  };
  for (const listen of options.listen) {
    const server = createServer(TCP, doorTo(listen, options));
    try {
      if ("path" in listen && (await clearSocketPath(listen.path))) options.onReplaced(listen.path);
      await listening(server, listen);
      if ("path" in listen) setSocketOwner(listen.path, options.unixSockets);
    } catch (error) {
      server.close();
      await close();
      throw new ListenFault(listen, error);
    }
    server.on("error", options.onError);
    servers.push(server);
    found.push(withPort(listen, server));
  }
  return { listen: found, close };
}

function listening(server: Server, listen: HttpListen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen("path" in listen ? { path: listen.path } : { port: listen.port, host: listen.host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function withPort(listen: HttpListen, server: Server): HttpListen {
  const address = server.address();
  if ("path" in listen || address === null || typeof address === "string") return listen;
  return { secure: listen.secure, host: address.address, port: address.port };
}

/** What becomes of the connections of one listener. */
function doorTo(listen: HttpListen, { clients, tls, onClient }: ListenerOptions): TakeConnection {
  const remoteOf = (socket: Socket): string => ("path" in listen ? UNIX_CLIENT : clientAddress(socket));
  const secured = listen.secure ? tls?.open((socket) => onClient(socket, remoteOf(socket))) : undefined;
  return (socket) => {
    const remote = remoteOf(socket);
    if (remote === "" || (listen.secure && secured === undefined)) return void socket.destroy();
    if (!clients.enter(remote)) return turnAway(socket, listen.secure);
    socket.once("close", () => clients.leave(remote));
    if (secured === undefined) onClient(socket, remote);
    else secured(socket);
  };
}

const TOO_MANY = "Your IP is issuing too many concurrent connections, please rate limit your calls\n";
const TURNED_AWAY = `HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: ${TOO_MANY.length}\r\nConnection: close\r\n\r\n${TOO_MANY}`;
/** What a client gets to read it before a reset may destroy it. */
const TURN_AWAY_MS = 500;

/** As Consul does from 1.9 on; over TLS, where saying so would cost a handshake, the connection just ends. */
function turnAway(socket: Socket, secure: boolean): void {
  if (secure) return void socket.destroy();
  socket.on("error", () => {});
  socket.setTimeout(TURN_AWAY_MS, () => socket.destroy());
  socket.resume();
  socket.end(TURNED_AWAY);
}
