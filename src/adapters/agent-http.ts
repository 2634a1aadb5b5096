// The agent's HTTP interface in its process: opened as the settings say, with Consul's words for what is listened on and
// for what can't be; and what of it changes when the configuration is read again.

import { maxBodyBytes, REQUEST_HEADERS } from "../core/api/http.ts";
import type { Notice } from "../core/api/notice.ts";
import { listenText } from "./config/http.ts";
import type { Reloadable } from "./config/reloadable.ts";
import type { AgentSettings, HttpListen } from "./config/settings.ts";
import type { RequestHandler } from "./http/desk.ts";
import { ListenFault } from "./http/listeners.ts";
import { createHttpServer, type HttpServer } from "./http/server.ts";
import type { SecureSettings } from "./http/tls-door.ts";
import { type LoadedCertificates, loadCertificates } from "./http/tls-files.ts";
import { SocketFault } from "./http/unix-sockets.ts";
import { listenError } from "./net/errors.ts";

export type Say = (
  level: Notice["level"],
  message: string,
  fields?: Notice["fields"],
  logger?: string,
) => void;

/** @returns undefined where nothing is to be listened on. @throws Error in Consul's words. */
export async function openAgentHttp(
  settings: AgentSettings,
  secure: SecureSettings,
  handler: RequestHandler,
  say: Say,
): Promise<HttpServer | undefined> {
  const { agent, http } = settings;
  if (http.listen.length === 0) return undefined;
  const server = await createHttpServer({
    ...handler,
    listen: http.listen,
    unixSockets: http.unixSockets,
    tls: {
      secure,
      verifiesClients: http.https.verifyIncoming,
      handshakeTimeoutMs: http.https.handshakeTimeoutMs,
    },
    requestHeaders: REQUEST_HEADERS,
    maxBodyBytes: (target) => maxBodyBytes(target, agent),
    maxConnectionsPerClient: http.maxConnectionsPerClient,
    onReplaced: (path) => say("warn", "Replacing socket", { path }),
    onError: (error) => say("error", "HTTP server", { error: error.message }, "http"),
    onHandshakeFailed: (error) => say("debug", "TLS handshake failed", { error: reasonOf(error) }, "http"),
  }).catch((error: unknown) => {
    throw error instanceof ListenFault ? new Error(faultText(error)) : error;
  });
  for (const listen of server.listen) {
    const kind = listen.secure ? "HTTPS" : "HTTP";
    say("info", `Started ${kind} server`, { address: listenText(listen), network: networkOf(listen) });
  }
  return server;
}

/** OpenSSL's reason, without where in its sources that is. */
function reasonOf(error: Error & { readonly reason?: string }): string {
  return error.reason ?? error.message;
}

export function networkOf(listen: HttpListen): "tcp" | "unix" {
  return "path" in listen ? "unix" : "tcp";
}

function faultText({ listen, cause }: ListenFault): string {
  if (cause instanceof SocketFault) return cause.message;
  return listenError(networkOf(listen), listenText(listen), cause);
}

/**
 * Makes of new settings what can be made of them while it runs.
 * @param running With what it was started.
 * @returns The certificates, or what is wrong with them.
 */
export function reloadAgentHttp(
  server: HttpServer | undefined,
  { https, httpConnectionsPerClient }: Reloadable,
  { http, sources }: AgentSettings,
): LoadedCertificates {
  const loaded = loadCertificates({ ...http.https, ...https }, sources.cwd);
  if (!loaded.ok) return loaded;
  server?.setCertificates(loaded.secure);
  server?.setMaxConnectionsPerClient(httpConnectionsPerClient);
  return loaded;
}
