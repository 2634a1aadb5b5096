// Endpoints that the original has and we have not yet. Each is asked for its OPTIONS, which do nothing: what it may be
// asked is known there and unknown here. When one is made, its line here becomes an unexpected one, and goes.

import { ask, type Case, type Group } from "./cases.ts";

/** Paths of Consul 1.8, sorted. docs/compatibility.md names each of them, and no other as absent. */
export const ABSENT: readonly string[] = `
/v1/acl/auth-method
/v1/acl/auth-method/NAME
/v1/acl/auth-methods
/v1/acl/binding-rule
/v1/acl/binding-rule/ID
/v1/acl/binding-rules
/v1/acl/bootstrap
/v1/acl/clone/ID
/v1/acl/create
/v1/acl/destroy/ID
/v1/acl/info/ID
/v1/acl/list
/v1/acl/login
/v1/acl/logout
/v1/acl/policies
/v1/acl/policy
/v1/acl/policy/ID
/v1/acl/policy/name/NAME
/v1/acl/replication
/v1/acl/role
/v1/acl/role/ID
/v1/acl/role/name/NAME
/v1/acl/roles
/v1/acl/rules/translate
/v1/acl/rules/translate/ID
/v1/acl/token
/v1/acl/token/ID
/v1/acl/token/self
/v1/acl/tokens
/v1/acl/update
/v1/agent/connect/authorize
/v1/agent/connect/ca/leaf/NAME
/v1/agent/connect/ca/roots
/v1/agent/token/TYPE
/v1/catalog/gateway-services/NAME
/v1/config
/v1/config/KIND/NAME
/v1/connect/ca/configuration
/v1/connect/ca/roots
/v1/connect/intentions
/v1/connect/intentions/ID
/v1/connect/intentions/check
/v1/connect/intentions/match
/v1/discovery-chain/NAME
/v1/health/ingress/NAME
/v1/internal/acl/authorize
/v1/internal/federation-state/DC
/v1/internal/federation-states
/v1/internal/federation-states/mesh-gateways
/v1/internal/ui/gateway-services-nodes/NAME
/v1/internal/ui/node/NODE
/v1/internal/ui/nodes
/v1/internal/ui/services
`
  .trim()
  .split("\n");

export const ABSENT_ENDPOINTS: Group = {
  title: "endpoints that are not there yet",
  kinds: ["server"],
  cases: ABSENT.map((path): Case => ask(`OPTIONS ${path}`, path)),
};
