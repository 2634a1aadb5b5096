// The endpoints: a table of paths. One that ends in "/" has all paths below it, the others are exact; the longest wins
// (Go's http.ServeMux).

import type { ByteString } from "../lib/bytes.ts";
import { ACL_ROUTES, refuseAcl } from "./acl.ts";
import {
  readAgentForceLeave,
  readAgentJoin,
  readAgentLeave,
  readAgentMembers,
  readAgentReload,
  readAgentSelf,
  readAgentVersion,
} from "./agent.ts";
import {
  readAgentChecks,
  readCheckDeregister,
  readCheckRegister,
  readCheckStatus,
  readCheckUpdate,
} from "./agent-checks.ts";
import { readHealthById, readHealthByName } from "./agent-health.ts";
import {
  readAgentService,
  readAgentServices,
  readNodeMaintenance,
  readServiceDeregister,
  readServiceMaintenance,
  readServiceRegister,
} from "./agent-services.ts";
import { readAutopilotConfiguration } from "./autopilot.ts";
import {
  readCatalogConnect,
  readCatalogDatacenters,
  readCatalogNode,
  readCatalogNodeServices,
  readCatalogNodes,
  readCatalogService,
  readCatalogServices,
} from "./catalog.ts";
import { readConfigApply, readConfigEntry, readSharedServices } from "./config.ts";
import {
  readAgentCaLeaf,
  readAgentCaRoots,
  readCaConfiguration,
  readCaRoots,
  readDiscoveryChain,
} from "./connect.ts";
import {
  readCoordinateDatacenters,
  readCoordinateNode,
  readCoordinateNodes,
  readCoordinateUpdate,
} from "./coordinate.ts";
import { readEventFire, readEventList } from "./event.ts";
import { readFederationState, readFederationStates, readMeshGateways } from "./federation.ts";
import { readGatewayServices } from "./gateways.ts";
import {
  readHealthChecks,
  readHealthConnect,
  readHealthIngress,
  readHealthNode,
  readHealthService,
  readHealthState,
} from "./health.ts";
import {
  readAuthorize,
  readIntention,
  readIntentionCheck,
  readIntentionExact,
  readIntentionMatch,
  readIntentions,
} from "./intention.ts";
import { readKeyring } from "./keyring.ts";
import { readKv } from "./kv.ts";
import { readAutopilotHealth, readAutopilotState, readRemovePeer, readTransferLeader } from "./operator.ts";
import type { Call, HttpPlan } from "./plan.ts";
import { readQueries, readQueryById } from "./prepared-query.ts";
import { readDeregister, readRegister } from "./registration.ts";
import {
  readSessionCreate,
  readSessionDestroy,
  readSessionInfo,
  readSessionList,
  readSessionRenew,
  readSessionsOfNode,
} from "./session.ts";
import { readSnapshot } from "./snapshot.ts";
import { readRaftConfiguration, readStatusLeader, readStatusPeers } from "./status.ts";
import { readAgentHost, readAgentMetrics, readAgentMonitor, readMetricsStream } from "./telemetry.ts";
import { readTxn } from "./txn.ts";
import { readUiGateway, readUiNode, readUiNodes, readUiOverview, readUiServices } from "./ui.ts";
import { readUsage } from "./usage.ts";

export interface Route {
  readonly path: string;
  readonly methods: readonly string[];
  /** The Allow header. */
  readonly allow: string;
  readonly read: (call: Call) => HttpPlan;
  /** Whatever the method, the endpoint is asked: which there are depends on more than where it begins. */
  readonly judgesMethods?: true;
}

function route(methods: string, path: string, read: (call: Call) => HttpPlan): readonly [string, Route] {
  return [path, { path, methods: methods.split(","), allow: `OPTIONS,${methods}`, read }];
}

const KV: Route = route("GET,PUT,DELETE", "/v1/kv/", readKv)[1];

const ROUTES: ReadonlyMap<string, Route> = new Map([
  [KV.path, KV],
  route("PUT", "/v1/txn", readTxn),
  route("GET", "/v1/status/leader", readStatusLeader),
  route("GET", "/v1/status/peers", readStatusPeers),
  route("PUT", "/v1/catalog/register", readRegister),
  route("PUT", "/v1/catalog/deregister", readDeregister),
  route("GET", "/v1/catalog/datacenters", readCatalogDatacenters),
  route("GET", "/v1/catalog/nodes", readCatalogNodes),
  route("GET", "/v1/catalog/services", readCatalogServices),
  route("GET", "/v1/catalog/service/", readCatalogService),
  route("GET", "/v1/catalog/connect/", readCatalogConnect),
  route("GET", "/v1/catalog/node/", readCatalogNode),
  route("GET", "/v1/catalog/node-services/", readCatalogNodeServices),
  route("GET", "/v1/health/node/", readHealthNode),
  route("GET", "/v1/health/checks/", readHealthChecks),
  route("GET", "/v1/health/state/", readHealthState),
  route("GET", "/v1/health/service/", readHealthService),
  route("GET", "/v1/health/connect/", readHealthConnect),
  route("GET", "/v1/coordinate/datacenters", readCoordinateDatacenters),
  route("GET", "/v1/coordinate/nodes", readCoordinateNodes),
  route("GET", "/v1/coordinate/node/", readCoordinateNode),
  route("PUT", "/v1/coordinate/update", readCoordinateUpdate),
  route("GET", "/v1/catalog/gateway-services/", readGatewayServices),
  route("GET", "/v1/health/ingress/", readHealthIngress),
  route("GET", "/v1/internal/ui/nodes", readUiNodes),
  route("GET", "/v1/internal/ui/node/", readUiNode),
  route("GET", "/v1/internal/ui/services", readUiServices),
  route("GET", "/v1/internal/ui/catalog-overview", readUiOverview),
  route("GET", "/v1/internal/ui/gateway-services-nodes/", readUiGateway),
  route("GET", "/v1/internal/federation-states", readFederationStates),
  route("GET", "/v1/internal/federation-states/mesh-gateways", readMeshGateways),
  route("GET", "/v1/internal/federation-state/", readFederationState),
  route("GET", "/v1/connect/ca/roots", readCaRoots),
  route("GET,PUT", "/v1/connect/ca/configuration", readCaConfiguration),
  route("GET,POST", "/v1/connect/intentions", readIntentions),
  route("GET", "/v1/connect/intentions/match", readIntentionMatch),
  route("GET", "/v1/connect/intentions/check", readIntentionCheck),
  route("GET,PUT,DELETE", "/v1/connect/intentions/exact", readIntentionExact),
  route("GET,PUT,DELETE", "/v1/connect/intentions/", readIntention),
  route("POST", "/v1/agent/connect/authorize", readAuthorize),
  route("GET", "/v1/agent/connect/ca/roots", readAgentCaRoots),
  route("GET", "/v1/agent/connect/ca/leaf/", readAgentCaLeaf),
  route("GET,POST", "/v1/discovery-chain/", readDiscoveryChain),
  ...ACL_ROUTES.map(([methods, path]) => route(methods, path, refuseAcl)),
  route("PUT", "/v1/config", readConfigApply),
  route("GET,DELETE", "/v1/config/", readConfigEntry),
  route("GET", "/v1/exported-services", readSharedServices),
  route("GET", "/v1/imported-services", readSharedServices),
  route("GET", "/v1/agent/self", readAgentSelf),
  route("GET", "/v1/agent/version", readAgentVersion),
  route("GET", "/v1/agent/members", readAgentMembers),
  route("GET", "/v1/agent/host", readAgentHost),
  route("GET", "/v1/agent/metrics", readAgentMetrics),
  route("GET", "/v1/agent/metrics/stream", readMetricsStream),
  route("GET", "/v1/agent/monitor", readAgentMonitor),
  route("PUT", "/v1/agent/join/", readAgentJoin),
  route("PUT", "/v1/agent/leave", readAgentLeave),
  route("PUT", "/v1/agent/reload", readAgentReload),
  route("PUT", "/v1/agent/force-leave/", readAgentForceLeave),
  route("GET", "/v1/agent/services", readAgentServices),
  route("GET", "/v1/agent/service/", readAgentService),
  route("PUT", "/v1/agent/service/register", readServiceRegister),
  route("PUT", "/v1/agent/service/deregister/", readServiceDeregister),
  route("PUT", "/v1/agent/service/maintenance/", readServiceMaintenance),
  route("PUT", "/v1/agent/maintenance", readNodeMaintenance),
  route("GET", "/v1/agent/checks", readAgentChecks),
  route("PUT", "/v1/agent/check/register", readCheckRegister),
  route("PUT", "/v1/agent/check/deregister/", readCheckDeregister),
  route("PUT", "/v1/agent/check/pass/", readCheckStatus("passing")),
  route("PUT", "/v1/agent/check/warn/", readCheckStatus("warning")),
  route("PUT", "/v1/agent/check/fail/", readCheckStatus("critical")),
  route("PUT", "/v1/agent/check/update/", readCheckUpdate),
  route("GET", "/v1/agent/health/service/id/", readHealthById),
  route("GET", "/v1/agent/health/service/name/", readHealthByName),
  route("PUT", "/v1/event/fire/", readEventFire),
  route("GET", "/v1/event/list", readEventList),
  route("PUT", "/v1/session/create", readSessionCreate),
  route("PUT", "/v1/session/destroy/", readSessionDestroy),
  route("PUT", "/v1/session/renew/", readSessionRenew),
  route("GET", "/v1/session/info/", readSessionInfo),
  route("GET", "/v1/session/node/", readSessionsOfNode),
  route("GET", "/v1/session/list", readSessionList),
  route("GET,POST", "/v1/query", readQueries),
  ["/v1/query/", { ...route("GET,PUT,DELETE", "/v1/query/", readQueryById)[1], judgesMethods: true }],
  route("GET", "/v1/operator/raft/configuration", readRaftConfiguration),
  route("DELETE", "/v1/operator/raft/peer", readRemovePeer),
  route("POST,PUT", "/v1/operator/raft/transfer-leader", readTransferLeader),
  route("GET,PUT", "/v1/operator/autopilot/configuration", readAutopilotConfiguration),
  route("GET,POST,PUT,DELETE", "/v1/operator/keyring", readKeyring),
  route("GET", "/v1/operator/autopilot/health", readAutopilotHealth),
  route("GET", "/v1/operator/autopilot/state", readAutopilotState),
  route("GET", "/v1/operator/usage", readUsage),
  route("GET,PUT", "/v1/snapshot", readSnapshot),
]);

/** A path that names something is mostly longer, and then it is not looked for as a whole: that costs reading all of it. */
const LONGEST: number = Math.max(...[...ROUTES.keys()].map(({ length }) => length));

/** The endpoint of a clean path. */
export function findRoute(path: ByteString): Route | undefined {
  // By far the most requests are for keys.
  if (path.startsWith(KV.path)) return KV;
  const exact = path.length <= LONGEST ? ROUTES.get(path) : undefined;
  if (exact !== undefined) return exact;
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    const below = ROUTES.get(path.slice(0, slash + 1));
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Whether the path is an endpoint but for the slash at its end: it is redirected, even where a shorter endpoint would take it. */
export function lacksSlash(path: ByteString): boolean {
  if (path.length >= LONGEST || path.startsWith(KV.path)) return false;
  return !ROUTES.has(path) && ROUTES.has(`${path}/`);
}
