// /v1/acl/ and what else needs ACLs: there are none, and everything that may be asked of them is answered so, as Consul 1.8
// answers with ACLs switched off, before it looks at anything else of the request.

import { refuse } from "./answer.ts";
import type { Call, HttpPlan } from "./plan.ts";

export const ACL_ROUTES: readonly (readonly [methods: string, path: string])[] = [
  ["PUT", "/v1/acl/bootstrap"],
  ["PUT", "/v1/acl/create"],
  ["PUT", "/v1/acl/update"],
  ["PUT", "/v1/acl/destroy/"],
  ["GET", "/v1/acl/info/"],
  ["PUT", "/v1/acl/clone/"],
  ["GET", "/v1/acl/list"],
  ["POST", "/v1/acl/login"],
  ["POST", "/v1/acl/logout"],
  ["GET", "/v1/acl/replication"],
  ["GET", "/v1/acl/policies"],
  ["PUT", "/v1/acl/policy"],
  ["GET,PUT,DELETE", "/v1/acl/policy/"],
  ["GET", "/v1/acl/policy/name/"],
  ["GET", "/v1/acl/roles"],
  ["PUT", "/v1/acl/role"],
  ["GET,PUT,DELETE", "/v1/acl/role/"],
  ["GET", "/v1/acl/role/name/"],
  ["GET", "/v1/acl/binding-rules"],
  ["PUT", "/v1/acl/binding-rule"],
  ["GET,PUT,DELETE", "/v1/acl/binding-rule/"],
  ["GET", "/v1/acl/auth-methods"],
  ["PUT", "/v1/acl/auth-method"],
  ["GET,PUT,DELETE", "/v1/acl/auth-method/"],
  ["POST", "/v1/acl/rules/translate"],
  ["GET", "/v1/acl/rules/translate/"],
  ["GET", "/v1/acl/tokens"],
  ["PUT", "/v1/acl/token"],
  ["GET", "/v1/acl/token/self"],
  ["GET,PUT,DELETE", "/v1/acl/token/"],
  ["POST", "/v1/internal/acl/authorize"],
  ["PUT", "/v1/agent/token/"],
];

export function refuseAcl({ settings }: Call): HttpPlan {
  return refuse(settings, 401, "ACL support disabled");
}
