// The addresses of a name, for checks. The system's resolver is asked, which takes one of the few threads that disks are
// written with as well: so only two names are looked up at a time, whatever becomes of the DNS.

import { getServers } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { errorCode } from "../net/errors.ts";
import { onAbort } from "./run.ts";

export interface Ip {
  readonly address: string;
  readonly family: number;
}

export type Named =
  | { readonly ok: true; readonly ips: readonly Ip[] }
  /** In Go's words: "lookup web: no such host". */
  | { readonly ok: false; readonly error: string };

const MOST_AT_ONCE = 2;
let underWay = 0;
const waiting: (() => void)[] = [];

/** @param host "" is this machine. */
export async function addressesOf(host: string, signal: AbortSignal): Promise<Named> {
  const family = isIP(host.split("%")[0] ?? "");
  if (family !== 0) return { ok: true, ips: [{ address: host, family }] };
  if (host === "" || host === "localhost")
    return {
      ok: true,
      ips: [
        { address: "127.0.0.1", family: 4 },
        { address: "::1", family: 6 },
      ],
    };
  const late: Named = { ok: false, error: `lookup ${host}: i/o timeout` };
  return new Promise((resolve) => {
    const forget = onAbort(signal, () => resolve(late));
    void inTurn(() => (signal.aborted ? Promise.resolve(late) : ask(host))).then((named) => {
      forget();
      resolve(named);
    });
  });
}

async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (underWay >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else underWay++;
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next === undefined) underWay--;
    else next();
  }
}

async function ask(host: string): Promise<Named> {
  try {
    return { ok: true, ips: await lookup(host, { all: true }) };
  } catch (error) {
    const missing = errorCode(error) === "ENOTFOUND";
    const reason = missing ? "no such host" : "Temporary failure in name resolution";
    return { ok: false, error: `lookup ${host}${onServer()}: ${reason}` };
  }
}

/** Go names the server that it asks. */
function onServer(): string {
  const [server] = getServers();
  if (server === undefined) return "";
  return ` on ${/^[\d.]+$/.test(server) ? `${server}:53` : server}`;
}
