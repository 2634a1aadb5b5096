// What is asked of an agent about its own services and checks, and what it answers. The door (core/http) judges what can be
// judged from the request and the configuration alone; what depends on what is registered is judged by core/local.

import type { Check } from "../model/catalog.ts";
import type { CheckRegistration, ServiceDefinition, ServiceRegistration } from "../model/local.ts";
import type { WrittenService } from "../model/written-service.ts";

export type LocalRequest = LocalChange | LocalQuestion;

/** Answered with "done" once it is durable and the servers were told, or could not be: an error of theirs is none here. */
export type LocalChange =
  | (ServiceRegistration & {
      readonly kind: "agent.register-service";
      /** Checks that the service had and that are not among these go. */
      readonly replacesChecks: boolean;
      /** A proxy that is to be registered beside it. */
      readonly sidecar?: WrittenService | undefined;
    })
  /** One that is not there is no error, as in Consul 1.8 without ACLs. */
  | { readonly kind: "agent.deregister-service"; readonly serviceId: string }
  /** "refused" with Consul's words when its service is not there. */
  | { readonly kind: "agent.register-check"; readonly check: CheckRegistration }
  | { readonly kind: "agent.deregister-check"; readonly checkId: string }
  /** What a TTL check is told: its time begins anew. "refused" where there is no such check, or one of another kind. */
  | {
      readonly kind: "agent.update-check";
      readonly checkId: string;
      readonly status: string;
      readonly output: string;
    }
  | { readonly kind: "agent.maintain-node"; readonly enable: boolean; readonly reason: string }
  /** "not-found", in Consul's words, where there is no such service. */
  | {
      readonly kind: "agent.maintain-service";
      readonly serviceId: string;
      readonly enable: boolean;
      readonly reason: string;
    };

export type LocalQuestion =
  | { readonly kind: "agent.services" }
  | {
      readonly kind: "agent.service";
      readonly serviceId: string;
      /** Waits while this is what the service's definition hashes to; "" answers at once. */
      readonly hash: string;
      readonly waitMs: number;
    }
  | { readonly kind: "agent.checks" }
  /** Instances with the checks that say how they are: by their id (one or none), or by the service's name. */
  | {
      readonly kind: "agent.service-health";
      readonly by: "id" | "name";
      readonly of: string;
    };

/** An instance, and the checks of its node and its own. */
export interface LocalHealth {
  readonly service: ServiceDefinition;
  readonly checks: readonly Check[];
}

export type LocalBody =
  /** In bytewise order of the ids. */
  | { readonly kind: "local-services"; readonly services: readonly ServiceDefinition[] }
  /** Undefined for one that is not there. `hash`: sixteen digits. */
  | { readonly kind: "local-service"; readonly service: ServiceDefinition | undefined; readonly hash: string }
  /** In bytewise order of the ids. As the catalog would have them, without indexes. */
  | { readonly kind: "local-checks"; readonly checks: readonly Check[] }
  | { readonly kind: "local-health"; readonly instances: readonly LocalHealth[] };
