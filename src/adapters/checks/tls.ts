// TLS to a check's target, as Go's client does it: with the system's authorities or the agent's, and its words for what is
// wrong with a certificate, in its order: the time, the name, who signed.

import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import {
  connect,
  createSecureContext,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import { errorCode } from "../net/errors.ts";
import { isOverdue, onAbort } from "./run.ts";

/** Certificates that checks speak TLS with; each absent: none of its own, and the system's authorities. */
export type TlsSettings = Pick<SecureContextOptions, "ca" | "cert" | "key">;

export interface Handshake {
  /** Asked for, and looked for in the certificate. */
  readonly serverName: string;
  readonly skipVerify: boolean;
  readonly settings: TlsSettings;
  /** The protocols to choose from (ALPN); none for the server's only one. */
  readonly protocols: readonly string[];
}

export type Secured =
  | { readonly ok: true; readonly socket: TLSSocket }
  | { readonly ok: false; readonly error: string };

/** What answers in the clear. */
export const NOT_TLS = "tls: first record does not look like a TLS handshake";

export function secure(socket: Socket, handshake: Handshake, signal: AbortSignal): Promise<Secured> {
  const { serverName, protocols } = handshake;
  return new Promise((resolve) => {
    const secured = connect({
      socket,
      secureContext: contextOf(handshake.settings),
      // Judged below, in Go's words.
      rejectUnauthorized: false,
      ...(isIP(serverName) === 0 && serverName !== "" ? { servername: serverName } : {}),
      ...(protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {}),
    });
    let forget = (): void => {};
    const end = (result: Secured): void => {
      forget();
      if (!result.ok) {
        secured.destroy();
        // Which does not close what it was to be spoken over, as long as there was no handshake.
        socket.destroy();
      }
      resolve(result);
    };
    forget = onAbort(signal, () =>
      end({ ok: false, error: isOverdue(signal) ? "context deadline exceeded" : "context canceled" }),
    );
    secured.on("error", (error) => end({ ok: false, error: handshakeError(error) }));
    secured.once("close", () => end({ ok: false, error: "EOF" }));
    secured.once("secureConnect", () => {
      const fault = handshake.skipVerify ? undefined : certificateFault(secured, serverName);
      end(fault === undefined ? { ok: true, socket: secured } : { ok: false, error: fault });
    });
  });
}

function handshakeError(error: Error): string {
  switch (errorCode(error)) {
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_UNEXPECTED_MESSAGE":
      return NOT_TLS;
    case "ECONNRESET":
      return "EOF";
    default:
      return `remote error: ${error.message}`;
  }
}

function certificateFault(socket: TLSSocket, serverName: string): string | undefined {
  const certificate = socket.getPeerCertificate(true);
  const now = new Date();
  if (now > new Date(certificate.valid_to)) return expired(now, "after", certificate.valid_to);
  if (now < new Date(certificate.valid_from)) return expired(now, "before", certificate.valid_from);
  const name = nameFault(certificate, serverName);
  if (name !== undefined) return name;
  if (socket.authorized) return undefined;
  const code = String(socket.authorizationError);
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return "x509: certificate has expired or is not yet valid";
  return "x509: certificate signed by unknown authority";
}

function expired(now: Date, side: "after" | "before", limit: string): string {
  const show = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");
  return `x509: certificate has expired or is not yet valid: current time ${show(now)} is ${side} ${show(new Date(limit))}`;
}

function nameFault(
  certificate: PeerCertificate | DetailedPeerCertificate,
  serverName: string,
): string | undefined {
  const alternatives = (certificate.subjectaltname ?? "").split(", ");
  const of = (kind: string): string[] =>
    alternatives.filter((each) => each.startsWith(kind)).map((each) => each.slice(kind.length));
  if (isIP(serverName) !== 0) {
    const ips = of("IP Address:");
    if (ips.some((ip) => sameIp(ip, serverName))) return undefined;
    return ips.length === 0
      ? `x509: cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`
      : `x509: certificate is valid for ${ips.join(", ")}, not ${serverName}`;
  }
  const names = of("DNS:");
  const common = certificate.subject?.CN;
  // Certificates from before there were alternative names.
  if (certificate.subjectaltname === undefined && typeof common === "string") names.push(common);
  if (names.some((name) => matches(name, serverName))) return undefined;
  return names.length === 0
    ? `x509: certificate is not valid for any names, but wanted to match ${serverName}`
    : `x509: certificate is valid for ${names.join(", ")}, not ${serverName}`;
}

function sameIp(a: string, b: string): boolean {
  const canonical = (ip: string): string => (isIP(ip) === 6 ? new URL(`http://[${ip}]`).hostname : ip);
  return canonical(a) === canonical(b);
}

/** A star stands for one whole label, the first. */
function matches(pattern: string, name: string): boolean {
  const ours = name.toLowerCase().replace(/\.$/, "").split(".");
  const theirs = pattern.toLowerCase().replace(/\.$/, "").split(".");
  return (
    ours.length === theirs.length &&
    theirs.every((label, at) => label === ours[at] || (at === 0 && label === "*"))
  );
}

/** Made once for each set of certificates: the system's authorities are many. */
const contexts = new WeakMap<TlsSettings, SecureContext>();

function contextOf(settings: TlsSettings): SecureContext {
  const known = contexts.get(settings);
  if (known !== undefined) return known;
  const { ca, cert, key } = settings;
  const authorities = ca ?? systemAuthorities();
  const context = createSecureContext({
    minVersion: "TLSv1.2",
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  contexts.set(settings, context);
  return context;
}

/** Where systems keep them (Go's list). */
const AUTHORITY_FILES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** @returns undefined where there are none: Node's own are taken then. */
function systemAuthorities(): string | undefined {
  const { SSL_CERT_FILE: named } = process.env;
  for (const file of named === undefined || named === "" ? AUTHORITY_FILES : [named])
    try {
      return readFileSync(file, "utf8");
    } catch {
      // The next one.
    }
  return undefined;
}
