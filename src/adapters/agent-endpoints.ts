// What an agent listens on for its clients, as its log tells of it when it ends.

import type { Notice } from "../core/api/notice.ts";
import { joinHostPort } from "../core/model/address.ts";
import { networkOf } from "./agent-http.ts";
import { listenText } from "./config/http.ts";
import type { AgentSettings } from "./config/settings.ts";
import type { HttpServer } from "./http/server.ts";
import type { DnsServer } from "./net/dns-server.ts";

/** Of what was opened. */
export function endpointsOf(
  { dnsIps, ports }: AgentSettings,
  dns: DnsServer | undefined,
  http: HttpServer | undefined,
): readonly NonNullable<Notice["fields"]>[] {
  const names = (dns === undefined ? [] : dnsIps).map((ip) => joinHostPort(ip, ports.dns));
  return [
    ...names.flatMap((address) => ["tcp", "udp"].map((network) => ({ protocol: "DNS", address, network }))),
    ...(http?.listen ?? []).map((listen) => ({
      protocol: listen.secure ? "HTTPS" : "HTTP",
      address: listenText(listen),
      network: networkOf(listen),
    })),
  ];
}
