// A service as the API takes it, from what a configuration file says of it.

import { printDuration } from "../../core/lib/duration.ts";
import type { CheckRegistration } from "../../core/model/local.ts";
import { type ServiceProxy, serviceProxy } from "../../core/model/proxy.ts";
import type { JsonObject, JsonTree, ShapeNode } from "../../core/model/shape.ts";
import type { WrittenService } from "../../core/model/written-service.ts";

/** Of /v1/agent/service/register. */
export function serviceBody(service: WrittenService): Buffer {
  return Buffer.from(JSON.stringify(bodyOf(service)));
}

function bodyOf(service: WrittenService): object {
  const { connectNative, sidecar, proxy } = service;
  return said({
    Kind: service.kind,
    ID: service.id,
    Name: service.name,
    Tags: service.tags,
    Port: service.port,
    Address: service.address,
    TaggedAddresses: Object.fromEntries(
      service.taggedAddresses.map(([name, { address, port }]) => [name, { Address: address, Port: port }]),
    ),
    Meta: Object.fromEntries(service.meta ?? []),
    Weights: service.weights && { Passing: service.weights.passing, Warning: service.weights.warning },
    EnableTagOverride: service.enableTagOverride,
    Checks: service.checks.map(checkBody),
    Proxy: proxy === null ? undefined : proxyBody(proxy),
    Connect:
      connectNative || sidecar !== undefined
        ? said({ Native: connectNative, SidecarService: sidecar && bodyOf(sidecar) })
        : undefined,
  });
}

function checkBody({ checkId, name, notes, status, spec }: CheckRegistration): object {
  return said({
    CheckID: checkId,
    Name: name,
    Notes: notes,
    Status: status,
    ScriptArgs: spec.scriptArgs,
    DockerContainerID: spec.dockerContainerId,
    Shell: spec.shell,
    Interval: time(spec.intervalNs),
    Timeout: time(spec.timeoutNs),
    TTL: time(spec.ttlNs),
    HTTP: spec.http,
    Header: Object.fromEntries(spec.header),
    Method: spec.method,
    Body: spec.body,
    TCP: spec.tcp,
    GRPC: spec.grpc,
    GRPCUseTLS: spec.grpcUseTls,
    TLSSkipVerify: spec.tlsSkipVerify,
    AliasNode: spec.aliasNode,
    AliasService: spec.aliasService,
    SuccessBeforePassing: spec.successBeforePassing,
    FailuresBeforeCritical: spec.failuresBeforeCritical,
    OutputMaxSize: spec.outputMaxSize,
    DeregisterCriticalServiceAfter: time(spec.deregisterCriticalServiceAfterNs),
  });
}

function time(ns: number): string | undefined {
  return ns === 0 ? undefined : printDuration(ns);
}

function proxyBody(proxy: ServiceProxy): unknown {
  return shaped(serviceProxy.node, proxy);
}

/** A described value (core/model/shape.ts) by Go's names. */
function shaped(node: ShapeNode, value: unknown): unknown {
  if (value === null) return null;
  if (node.is === "json-object") return plain(value as JsonObject);
  if (node.is === "list") return (value as readonly unknown[]).map((item) => shaped(node.item, item));
  if (node.is !== "struct") return value;
  const its = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    node.fields.map((field) => [field.name, shaped(field.node, its[field.property])]),
  );
}

function plain(value: JsonTree): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, its]) => [name, plain(its)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** Without what says nothing. */
function said(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => {
      if (Array.isArray(value)) return value.length > 0;
      if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
      return value !== undefined && value !== "" && value !== 0 && value !== false;
    }),
  );
}
