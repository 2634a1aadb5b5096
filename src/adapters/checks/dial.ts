// Connecting to a check's target as Go's net.Dialer does: the addresses of one family one after the other, those of the
// other a moment later beside them (RFC 8305); the first connection that stands is taken. Errors are Go's, of the first.

import { connect, type Socket } from "node:net";
import { dialError } from "../net/errors.ts";
import { joinHostPort, parseHostPort } from "./host-port.ts";
import { addressesOf, type Ip } from "./names.ts";
import { isOverdue, onAbort } from "./run.ts";

export type Dialled =
  | { readonly ok: true; readonly socket: Socket }
  /** "dial tcp 127.0.0.1:1: connect: connection refused" */
  | { readonly ok: false; readonly error: string };

/** How much later the other family is tried (Go's). */
const FALLBACK_MS = 300;

export async function dial(address: string, signal: AbortSignal): Promise<Dialled> {
  const parsed = parseHostPort(address, "tcp");
  if (!parsed.ok) return { ok: false, error: `dial tcp: ${parsed.error}` };
  const { host, port } = parsed;
  const named = await addressesOf(host, signal);
  if (!named.ok) return { ok: false, error: `dial tcp: ${named.error}` };
  const [first] = named.ips;
  const primary = named.ips.filter(({ family }) => family === first?.family);
  const others = named.ips.filter(({ family }) => family !== first?.family);
  const show = (ip: Ip): string => (host === "" ? `:${port}` : joinHostPort(ip.address, port));
  return race([primary, others], port, show, signal);
}

function race(
  [primary, others]: readonly [readonly Ip[], readonly Ip[]],
  port: number,
  show: (ip: Ip) => string,
  signal: AbortSignal,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const open = new Set<Socket>();
    let firstError: string | undefined;
    let left = others.length > 0 ? 2 : 1;
    let fallbackTimer: NodeJS.Timeout | undefined;
    let forget = (): void => {};
    const end = (dialled: Dialled): void => {
      forget();
      clearTimeout(fallbackTimer);
      for (const each of open) if (!dialled.ok || each !== dialled.socket) each.destroy();
      open.clear();
      resolve(dialled);
    };
    const attempt = (ips: readonly Ip[], at: number, isPrimary: boolean): void => {
      const ip = ips[at];
      if (ip === undefined) {
        if (--left === 0) end({ ok: false, error: firstError ?? "dial tcp: no addresses" });
        else if (isPrimary) startOthers();
        return;
      }
      const socket = connect({ host: ip.address, port, autoSelectFamily: false });
      open.add(socket);
      socket.once("connect", () => {
        socket.removeAllListeners("error");
        end({ ok: true, socket });
      });
      socket.once("error", (error) => {
        if (!open.delete(socket)) return;
        if (isPrimary) firstError ??= dialError(show(ip), error);
        attempt(ips, at + 1, isPrimary);
      });
    };
    const startOthers = (): void => {
      if (fallbackTimer === undefined) return;
      clearTimeout(fallbackTimer);
      fallbackTimer = undefined;
      attempt(others, 0, false);
    };
    forget = onAbort(signal, () => {
      const [ip] = primary;
      const late = `dial tcp ${ip === undefined ? `:${port}` : show(ip)}: i/o timeout`;
      end({ ok: false, error: isOverdue(signal) ? (firstError ?? late) : "operation was canceled" });
    });
    if (signal.aborted) return;
    if (others.length > 0) fallbackTimer = setTimeout(startOthers, FALLBACK_MS);
    attempt(primary, 0, true);
  });
}

/** @returns The socket, or what is wrong: "dial unix /x: connect: no such file or directory". */
export function dialUnix(path: string, signal: AbortSignal): Promise<Dialled> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const forget = onAbort(signal, () => {
      socket.destroy();
      resolve({ ok: false, error: `dial unix ${path}: i/o timeout` });
    });
    socket.once("connect", () => {
      forget();
      socket.removeAllListeners("error");
      resolve({ ok: true, socket });
    });
    socket.once("error", (error) => {
      forget();
      resolve({ ok: false, error: dialError(path, error).replace("dial tcp", "dial unix") });
    });
  });
}
