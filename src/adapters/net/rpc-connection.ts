// One connection of our RPC, whichever side opened it: frames in and out, and bounds on what may wait in either
// direction. What the frames say, and which peer has which connections, is rpc.ts's.

import type { Socket } from "node:net";
import type { Address } from "../../core/model/address.ts";
import { RPC_MAX_FRAME_BYTES, RPC_MAX_HELLO_BYTES } from "../../core/wire/rpc.ts";
import { createFrameReader } from "./frames.ts";

/** Bytes waiting for a peer that does not read, past which it is cut off: the longest frame, and as much again. */
const MAX_UNSENT_BYTES = 2 * RPC_MAX_FRAME_BYTES;
/** Bytes of unfinished frames, of all peers together, past which whoever adds to them is cut off. */
const MAX_UNFINISHED_BYTES = 4 * RPC_MAX_FRAME_BYTES;
/** Silence after which the system asks a peer whether it is still there (it then tries for ten seconds). */
const KEEP_ALIVE_MS = 15_000;

export interface RpcConnection {
  readonly socket: Socket;
  /** Known from the start on connections that we dialled; from the hello on others. */
  peer: string | undefined;
  /** Where we dialled; undefined for a connection that was opened to us. */
  readonly dialled: Address | undefined;
  /** The hello was exchanged. */
  ready: boolean;
  /** Waits for the hello of the other side. */
  readonly queued: Buffer[];
  queuedBytes: number;
}

/** What all connections together hold of frames that are not whole yet. */
export interface UnfinishedFrames {
  bytes: number;
}

export function createConnection(
  socket: Socket,
  peer: string | undefined,
  dialled: Address | undefined,
): RpcConnection {
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return { socket, peer, dialled, ready: false, queued: [], queuedBytes: 0 };
}

/** Sends a frame, or keeps it until the hello was exchanged. @param corked Gets the sockets that must be uncorked. */
export function sendFrame(connection: RpcConnection, bytes: Buffer, corked: Set<Socket>): void {
  const { socket } = connection;
  if (connection.ready) {
    if (!corked.has(socket)) {
      socket.cork();
      corked.add(socket);
    }
    socket.write(bytes);
  } else {
    connection.queued.push(bytes);
    connection.queuedBytes += bytes.length;
  }
  if (socket.writableLength + connection.queuedBytes > MAX_UNSENT_BYTES) socket.destroy();
}

/** The hello was exchanged: what waited for that goes out, in order. */
export function becomeReady(connection: RpcConnection, corked: Set<Socket>): void {
  connection.ready = true;
  connection.queuedBytes = 0;
  for (const bytes of connection.queued.splice(0)) sendFrame(connection, bytes, corked);
}

/**
 * Hands over every whole frame, until the socket is destroyed.
 * @param onBroken Called once, for a peer that claims or sends too much. The stream cannot be read any further.
 */
export function readFrames(
  connection: RpcConnection,
  unfinished: UnfinishedFrames,
  onFrame: (body: Buffer) => void,
  onBroken: (reason: string) => void,
): void {
  const { socket } = connection;
  const reader = createFrameReader();
  let counted = 0;
  const count = (held: number): void => {
    unfinished.bytes += held - counted;
    counted = held;
  };
  socket.on("data", (chunk: Buffer) => {
    reader.push(chunk);
    while (!socket.destroyed) {
      const body = reader.next(connection.ready ? RPC_MAX_FRAME_BYTES : RPC_MAX_HELLO_BYTES);
      if (body === undefined) break;
      onFrame(body);
    }
    if (socket.destroyed) return;
    count(reader.held);
    if (reader.broken) onBroken("frame too long");
    else if (unfinished.bytes > MAX_UNFINISHED_BYTES) onBroken("too many unfinished frames");
  });
  socket.on("close", () => count(0));
}
