// Why a request did not come through, in the words of Go's net and net/http packages, from the errors of Node's: users of
// Consul's tools, and scripts that wait for an agent, know those.

import { errnoText, errorCode } from "../config/go-text.ts";

/** The part after `Get "http://…": `. @param host As dialled: "127.0.0.1:8500". */
export function transportErrorText(error: unknown, host: string, socketPath: string | undefined): string {
  const cause = firstCause(error);
  const code = errorCode(cause) ?? "";
  if (code === "ABORT_ERR") return "context canceled";
  if (code.startsWith("HPE_"))
    return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
  const tls = tlsErrorText(cause, code);
  if (tls !== undefined) return tls;
  const dialled = cause as { readonly syscall?: string; readonly address?: string; readonly port?: number };
  if (dialled.syscall === "connect") {
    if (socketPath !== undefined) return `dial unix ${socketPath}: connect: ${errnoText(cause)}`;
    return `dial tcp ${dialledAddress(host, dialled.address, dialled.port)}: connect: ${errnoText(cause)}`;
  }
  if (dialled.syscall === "getaddrinfo") {
    const reason = code === "ENOTFOUND" ? "no such host" : "Temporary failure in name resolution";
    return `dial tcp: lookup ${hostName(host)}: ${reason}`;
  }
  // The peer closed the connection without an answer.
  if (code === "ECONNRESET" && dialled.syscall === undefined) return "EOF";
  if (code === "ECONNRESET") return `read tcp ${host}: read: ${errnoText(cause)}`;
  return errnoText(cause);
}

/** Several addresses were tried: Go tells of the first. */
function firstCause(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}

function dialledAddress(host: string, address: string | undefined, port: number | undefined): string {
  if (host.startsWith(":") || address === undefined || port === undefined) return host;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function hostName(host: string): string {
  return host.replace(/:\d*$/, "");
}

function tlsErrorText(error: unknown, code: string): string | undefined {
  switch (code) {
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "http: server gave HTTP response to HTTPS client";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "x509: certificate signed by unknown authority";
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "x509: certificate has expired or is not yet valid";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `x509: ${error instanceof Error ? error.message : "certificate is not valid for the name"}`;
    default:
      return undefined;
  }
}
