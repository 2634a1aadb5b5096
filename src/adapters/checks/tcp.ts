// TCP checks: whoever can be connected to is well; nothing is said, but for TLS' handshake where that is asked for. Consul's
// CheckTCP, 1.8; `tcp_use_tls` is later ones'.

import { dial } from "./dial.ts";
import { parseHostPort } from "./host-port.ts";
import { critical, type MakeCheck, passing } from "./run.ts";
import { secure } from "./tls.ts";

export const makeTcp: MakeCheck = async ({ checkId, spec, signal }, { tls, log }) => {
  const { tcp, tcpUseTls, tlsServerName, tlsSkipVerify: skipVerify } = spec;
  const failed = (error: string): ReturnType<typeof critical> => {
    if (!signal.aborted) log("warn", "Check socket connection failed", { check: checkId, error });
    return critical(error);
  };
  const dialled = await dial(tcp, signal);
  if (!dialled.ok) return failed(dialled.error);
  const { socket } = dialled;
  socket.on("error", () => {});
  try {
    if (!tcpUseTls) return passing(`TCP connect ${tcp}: Success`);
    const parsed = parseHostPort(tcp, "tcp");
    const serverName = tlsServerName === "" && parsed.ok ? parsed.host : tlsServerName;
    const secured = await secure(socket, { serverName, skipVerify, settings: tls(), protocols: [] }, signal);
    return secured.ok ? passing(`TCP+TLS connect ${tcp}: Success`) : failed(secured.error);
  } finally {
    socket.destroy();
  }
};
