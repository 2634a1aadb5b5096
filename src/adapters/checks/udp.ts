// UDP checks of later Consuls: an empty datagram is sent; who answers is well, and so is who says nothing until time is up,
// since most services do not answer nothing. Who can't be sent to, or whose machine says that nobody is there, is not.

import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { reasonText } from "../net/errors.ts";
import { joinHostPort, parseHostPort } from "./host-port.ts";
import { addressesOf } from "./names.ts";
import { critical, type MakeCheck, onAbort, passing, type Result } from "./run.ts";

export const makeUdp: MakeCheck = async ({ spec: { udp }, signal }) => {
  const parsed = parseHostPort(udp, "udp");
  if (!parsed.ok) return critical(`dial udp: ${parsed.error}`);
  const named = await addressesOf(parsed.host, signal);
  if (!named.ok) return critical(`dial udp: ${named.error}`);
  const address = named.ips[0]?.address ?? "127.0.0.1";
  return await exchange(address, parsed.port, udp, signal);
};

function exchange(address: string, port: number, target: string, signal: AbortSignal): Promise<Result> {
  const well = passing(`UDP connect ${target}: Success`);
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    let forget = (): void => {};
    const end = (result: Result): void => {
      forget();
      socket.removeAllListeners();
      socket.close();
      resolve(result);
    };
    forget = onAbort(signal, () => end(well));
    if (signal.aborted) return;
    socket.on("message", () => end(well));
    socket.on("error", (error) =>
      end(critical(`read udp ${joinHostPort(address, port)}: read: ${reasonText(error)}`)),
    );
    // Connected, so that the system tells of a port that nobody listens on.
    socket.connect(port, address, () => socket.send(""));
  });
}
