// HTTP/2 pings of later Consuls: who acknowledges a PING frame is well. Over TLS unless it is said otherwise.

import { openHttp2 } from "./http2.ts";
import { critical, isOverdue, type MakeCheck, onAbort, passing } from "./run.ts";

export const makeH2ping: MakeCheck = async ({ spec, signal }, { tls }) => {
  const { h2ping: address, h2pingUseTls, tlsServerName: serverName, tlsSkipVerify: skipVerify } = spec;
  const secured = h2pingUseTls ? { settings: tls(), serverName, skipVerify } : undefined;
  const opened = await openHttp2({ address, tls: secured }, signal);
  if (!opened.ok) return critical(`Failed to dial to ${address}: ${opened.error}`);
  const { session } = opened;
  const forget = onAbort(signal, () => session.destroy());
  try {
    const fault = await ping(session);
    if (fault === undefined) return passing("HTTP2 ping was successful");
    return critical(`HTTP2 ping failed: ${isOverdue(signal) ? "context deadline exceeded" : fault}`);
  } finally {
    forget();
    session.destroy();
  }
};

function ping(
  session: Extract<Awaited<ReturnType<typeof openHttp2>>, { ok: true }>["session"],
): Promise<string | undefined> {
  return new Promise((resolve) => {
    session.once("close", () => resolve("http2: client connection lost"));
    const begin = (): void => {
      if (session.destroyed || session.closed) return resolve("http2: client conn is closed");
      session.ping((error) => resolve(error === null ? undefined : "http2: client connection lost"));
    };
    if (session.connecting) session.once("connect", begin);
    else begin();
  });
}
