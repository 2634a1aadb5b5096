// A service that a gateway serves, as its configuration entry says or a wildcard there: Consul's table "gateway-services".

import { bool, int, list, type Shape, struct, text } from "./shape.ts";

export interface GatewayService {
  readonly gateway: string;
  readonly service: string;
  /** The kind of the gateway's entry. */
  readonly gatewayKind: string;
  /** Of an ingress gateway's listener; 0 for a terminating one. */
  readonly port: number;
  readonly protocol: string;
  readonly hosts: readonly string[] | null;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly sni: string;
  /** Whether the entry does not name it, but means all services. */
  readonly fromWildcard: boolean;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export const gatewayService: Shape<GatewayService> = struct<GatewayService>({
  gateway: ["Gateway", text],
  service: ["Service", text],
  gatewayKind: ["GatewayKind", text],
  port: ["Port", int, "omit"],
  protocol: ["Protocol", text, "omit"],
  hosts: ["Hosts", list(text), "omit"],
  caFile: ["CAFile", text, "omit"],
  certFile: ["CertFile", text, "omit"],
  keyFile: ["KeyFile", text, "omit"],
  sni: ["SNI", text, "omit"],
  fromWildcard: ["FromWildcard", bool, "omit"],
  createIndex: ["CreateIndex", int],
  modifyIndex: ["ModifyIndex", int],
});
