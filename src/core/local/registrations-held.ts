// Registrations that wait for the servers to say what configuration entries make of them. Whoever wants to change the same
// services meanwhile waits behind them, so that what was said last is what counts. Consul holds everybody else up.

import type { RequestId } from "../agent/ports.ts";
import { type ApiError, apiError } from "../api/error.ts";
import type { LocalChange } from "../api/local.ts";
import type { Response } from "../api/response.ts";
import { quoteText } from "../lib/go-quote.ts";
import { equalPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { ServiceDefinition } from "../model/local.ts";
import type { ServiceConfigQuestion } from "../model/service-config.ts";
import { sidecarId } from "../model/written-service.ts";
import { centralQuestion, follow } from "./central-config.ts";
import type { Defaults } from "./journal-format.ts";
import { type RegisterService, sidecarRegistration } from "./sidecars.ts";
import type { Local, LocalEffect } from "./state.ts";

export interface HeldRegistration {
  readonly id: RequestId;
  readonly request: RegisterService;
  /** What is still to be asked; the first is under way. */
  readonly questions: { readonly serviceId: string; readonly question: ServiceConfigQuestion }[];
  /** What was said, and at which index. */
  readonly said: { readonly defaults: Defaults; readonly index: number }[];
  flight: number;
  /** Changes of the same services that came later. */
  readonly behind: { readonly id: RequestId; readonly request: LocalChange }[];
}

/** How many callers wait. */
export function heldCount({ held }: Local): number {
  return held.reduce((count, { behind }) => count + 1 + behind.length, 0);
}

/** Puts a change behind the registration of the same service that waits, if there is one. */
export function goesBehind({ held, config }: Local, id: RequestId, request: LocalChange): boolean {
  if (held.length === 0 || (PLANTED && planted(config, "central-config-overtaken"))) return false;
  const ids = servicesOf(request);
  const first = held.find((each) => servicesOf(each.request).some((its) => ids.includes(its)));
  first?.behind.push({ id, request });
  return first !== undefined;
}

/** The services that a change is about. */
function servicesOf(request: LocalChange): readonly string[] {
  switch (request.kind) {
    case "agent.register-service":
      return [request.service.id, sidecarId(request.service.id)];
    case "agent.deregister-service":
    case "agent.maintain-service":
      return [request.serviceId, sidecarId(request.serviceId)];
    case "agent.register-check":
      return request.check.serviceId === "" ? [] : [request.check.serviceId];
    default:
      return [];
  }
}

/** Whether it must wait for what the servers say: they are asked then. */
export function holdRegistration(
  local: Local,
  id: RequestId,
  request: RegisterService,
  out: LocalEffect[],
): boolean {
  const beside = sidecarRegistration(local, request, request.sidecar);
  const questions = [request.service, beside?.service].flatMap((service) => questionsOf(local, service));
  if (questions.length === 0) return false;
  const registration = { id, request, questions, said: [], flight: 0, behind: [] };
  local.held.push(registration);
  askNext(local, registration, out);
  return true;
}

function questionsOf(local: Local, service: ServiceDefinition | undefined): HeldRegistration["questions"] {
  const question = service && centralQuestion(local, service);
  return service === undefined || question === undefined ? [] : [{ serviceId: service.id, question }];
}

function askNext({ sync }: Local, registration: HeldRegistration, out: LocalEffect[]): void {
  const [next] = registration.questions;
  if (next === undefined) return;
  registration.flight = sync.nextFlight++;
  const options = { consistency: "default", minIndex: 0, waitMs: 0 } as const;
  const request = { kind: "config.resolve", ...next.question, options } as const;
  out.push({ type: "ask", flight: registration.flight, request });
}

/** A registration that waits no longer: all that it has to know is followed, or why it can't be had. */
export interface Released extends Pick<HeldRegistration, "id" | "request" | "behind"> {
  readonly error: ApiError | undefined;
}

/**
 * The servers answered a question of a registration that waits.
 * @returns It, if it waits no longer; "held" if it does; undefined if this was no question of one.
 */
export function onHeldAnswer(
  local: Local,
  flight: number,
  response: Response,
  nowMs: number,
  out: LocalEffect[],
): Released | "held" | undefined {
  const registration = local.held.find((each) => each.flight === flight);
  const asked = registration?.questions.shift();
  if (registration === undefined || asked === undefined) return undefined;
  const said = whatIsSaid(local, asked, response);
  if (!("defaults" in said)) return release(local, registration, said);
  registration.said.push(said);
  if (registration.questions.length > 0) {
    askNext(local, registration, out);
    return "held";
  }
  for (const { defaults, index } of registration.said) follow(local, defaults, index, nowMs);
  return release(local, registration, undefined);
}

/** Where no server answers, what one said of the very same before is as good. */
function whatIsSaid(
  { central }: Local,
  { serviceId, question }: HeldRegistration["questions"][number],
  response: Response,
): HeldRegistration["said"][number] | ApiError {
  if (response.ok && response.body.kind === "service-config") {
    const index = Math.max(1, response.meta?.index ?? 1);
    return { defaults: { serviceId, question, config: response.body.config }, index };
  }
  const known = central.followed.get(serviceId);
  if (known?.config !== undefined && equalPlain(known.question, question))
    return { defaults: { serviceId, question, config: known.config }, index: 0 };
  const why = response.ok ? "unexpected answer" : response.error.detail;
  const what = `could not retrieve initial service_defaults config for service ${quoteText(serviceId)}`;
  return apiError("refused", `${what}: ${why}`);
}

function release({ held }: Local, registration: HeldRegistration, error: ApiError | undefined): Released {
  held.splice(held.indexOf(registration), 1);
  const { id, request, behind } = registration;
  return { id, request, behind, error };
}
