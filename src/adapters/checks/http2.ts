// A session of HTTP/2 with a check's target, in the clear (by prior knowledge) or over TLS. What is asked in it is others'
// business.

import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { dial } from "./dial.ts";
import { parseHostPort } from "./host-port.ts";
import { secure, type TlsSettings } from "./tls.ts";

export interface Http2Target {
  /** host:port */
  readonly address: string;
  /** Undefined for none. */
  readonly tls:
    | { readonly settings: TlsSettings; readonly serverName: string; readonly skipVerify: boolean }
    | undefined;
}

export type Opened =
  | { readonly ok: true; readonly session: ClientHttp2Session }
  | { readonly ok: false; readonly at: "dial" | "handshake"; readonly error: string };

export async function openHttp2({ address, tls }: Http2Target, signal: AbortSignal): Promise<Opened> {
  const dialled = await dial(address, signal);
  if (!dialled.ok) return { ok: false, at: "dial", error: dialled.error };
  dialled.socket.on("error", () => {});
  if (tls === undefined) return { ok: true, session: await sessionOn(dialled.socket, `http://${address}`) };
  const parsed = parseHostPort(address, "tcp");
  const serverName = tls.serverName === "" && parsed.ok ? parsed.host : tls.serverName;
  const secured = await secure(dialled.socket, { ...tls, serverName, protocols: ["h2"] }, signal);
  if (!secured.ok) return { ok: false, at: "handshake", error: secured.error };
  return { ok: true, session: await sessionOn(secured.socket, `https://${address}`) };
}

async function sessionOn(socket: Socket, authority: string): Promise<ClientHttp2Session> {
  // Most agents have no such check, and do without what Node needs for it.
  const { connect } = await import("node:http2");
  const session = connect(authority, { createConnection: () => socket });
  // Who asks in it hears of it by its stream, or by its end.
  session.on("error", () => {});
  return session;
}
