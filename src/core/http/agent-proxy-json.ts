// A proxy's settings as its agent prints them: what an upstream does not say is left out, where the catalog prints it empty.

import { expose, meshGateway, type ServiceProxy, serviceProxy, type Upstream } from "../model/proxy.ts";
import { int, jsonObject, list, type Shape, struct, text, zero } from "../model/shape.ts";
import { jsonShaped } from "./shape-json.ts";

const upstream = struct<Upstream>({
  destinationType: ["DestinationType", text, "omit"],
  destinationNamespace: ["DestinationNamespace", text, "omit"],
  destinationName: ["DestinationName", text],
  datacenter: ["Datacenter", text, "omit"],
  localBindAddress: ["LocalBindAddress", text, "omit"],
  localBindPort: ["LocalBindPort", int, "omit"],
  config: ["Config", jsonObject, "omit"],
  meshGateway: ["MeshGateway", meshGateway],
});

const agentProxy: Shape<ServiceProxy> = struct<ServiceProxy>({
  destinationServiceName: ["DestinationServiceName", text, "omit"],
  destinationServiceId: ["DestinationServiceID", text, "omit"],
  localServiceAddress: ["LocalServiceAddress", text, "omit"],
  localServicePort: ["LocalServicePort", int, "omit"],
  config: ["Config", jsonObject, "omit"],
  upstreams: ["Upstreams", list(upstream), "omit"],
  meshGateway: ["MeshGateway", meshGateway],
  expose: ["Expose", expose],
});
const NOTHING: ServiceProxy = zero(serviceProxy);

export function jsonAgentProxy(proxy: ServiceProxy | null): string {
  return jsonShaped(agentProxy, proxy ?? NOTHING);
}
