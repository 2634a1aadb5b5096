// Whether an HTTP check goes by way of a proxy: HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go reads them (package
// x/net/http/httpproxy). Nothing on this machine is asked of a proxy.

import { BlockList, isIP } from "node:net";
import { type GoUrl, hostName, hostWithPort, parseUrl } from "./go-url.ts";
import type { Surroundings } from "./run.ts";

/** @returns The proxy; undefined for none. */
export function proxyFor(url: GoUrl, env: Surroundings["env"]): GoUrl | undefined {
  const named = (name: string): string => env[name] || env[name.toLowerCase()] || "";
  const proxy = named(url.scheme === "https" ? "HTTPS_PROXY" : "HTTP_PROXY");
  const { REQUEST_METHOD } = env;
  // A CGI program's HTTP_PROXY is a header of who asks it.
  if (proxy === "" || (url.scheme === "http" && (REQUEST_METHOD ?? "") !== "")) return undefined;
  if (isExcepted(hostName(url).toLowerCase(), hostWithPort(url), named("NO_PROXY"))) return undefined;
  const parsed = parseUrl(/^[a-z]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
  return parsed.ok && parsed.url.scheme === "http" ? parsed.url : undefined;
}

function isExcepted(host: string, withPort: string, except: string): boolean {
  if (host === "localhost" || host === "::1" || /^127\./.test(host)) return true;
  return except
    .split(",")
    .map((each) => each.trim().toLowerCase())
    .some((each) => each === "*" || (each !== "" && excepts(each, host, withPort)));
}

function excepts(each: string, host: string, withPort: string): boolean {
  const [range = "", bits] = each.split("/");
  if (bits !== undefined) return isInRange(range, Number(bits), host);
  const port = /:(\d+)$/.exec(each)?.[0] ?? "";
  const name = isIP(each) === 0 && port !== "" ? each.slice(0, -port.length) : each;
  if (name !== each && !withPort.endsWith(port)) return false;
  if (isIP(name) !== 0) return name === host;
  const suffix = name.replace(/^\*\./, ".");
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isInRange(network: string, bits: number, host: string): boolean {
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family || !(bits >= 0 && bits <= (family === 4 ? 32 : 128)))
    return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, bits, kind);
  return list.check(host, kind);
}
