// What a registration must be before it may enter the log: judged by the leader, from the request alone. What depends on
// the catalog is judged where it is applied (store/register.ts).

import type { CatalogRegister, CheckFields, ServiceFields } from "../api/request.ts";
import { isAnyAddress } from "../model/address.ts";
import { metadataFault } from "../model/metadata.ts";
import { nodeIdFault } from "../model/node-id.ts";
import { proxyFault } from "../model/proxy-rules.ts";
import { fitsKey } from "../store/catalog-keys.ts";

/** The first thing that is wrong, in Consul's words and order. */
export function registrationFault(request: CatalogRegister): string | undefined {
  const { node, address, id, skipNodeUpdate, service, checks } = request;
  if (node === "") return "Must provide node";
  if (address === "" && !skipNodeUpdate) return "Must provide address if SkipNodeUpdate is not set";
  const bad = id === "" ? undefined : nodeIdFault(id);
  if (bad !== undefined) return `Bad node ID: ${bad}`;
  if (!fitsKey(node)) return "Node names can't have NUL in them";
  return (service && serviceFault(node, service)) ?? checksFault(checks);
}

function serviceFault(node: string, fields: ServiceFields): string | undefined {
  const { id, service, address, meta } = fields;
  const wrong = proxyFault(fields);
  if (wrong !== undefined) return wrong;
  if (id !== "" && service === "") return "Must provide service name with ID";
  if (isAnyAddress(address)) return "Invalid service address";
  const bad = metadataFault(meta ?? []);
  if (bad !== undefined)
    return `failed inserting service: Invalid Service Meta for node ${node} and serviceID ${id}: ${bad}`;
  if (id === "") return "failed inserting service: failed inserting service: object missing primary index";
  return fitsKey(id) && fitsKey(service) ? undefined : "Service names and ids can't have NUL in them";
}

function checksFault(checks: readonly CheckFields[]): string | undefined {
  const fits = checks.every(({ checkId, serviceId, serviceName }) =>
    [checkId, serviceId, serviceName].every(fitsKey),
  );
  return fits ? undefined : "Names and ids of checks can't have NUL in them";
}
