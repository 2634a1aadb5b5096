// Network errors in the words that Consul's users know: Go's.

/** The system's reason as Go prints it. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
  EINVAL: "invalid argument",
  ENOENT: "no such file or directory",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

export function errorCode(error: unknown): string {
  return (error as { code?: string } | undefined)?.code ?? "";
}

/** "connection refused" */
export function reasonText(error: unknown): string {
  return REASONS[errorCode(error)] ?? (error instanceof Error ? error.message : String(error));
}

/** `dial tcp 127.0.0.1:8301: connect: connection refused` */
export function dialError(address: string, error: unknown): string {
  const timeout = errorCode(error) === "ETIMEDOUT";
  return `dial tcp ${address}: ${timeout ? "" : "connect: "}${reasonText(error)}`;
}

/** `lookup no.such.name: no such host` */
export function lookupError(name: string, error: unknown): string {
  const missing = errorCode(error) === "ENOTFOUND";
  return `lookup ${name}: ${missing ? "no such host" : "Temporary failure in name resolution"}`;
}

/** `listen tcp 127.0.0.1:8500: bind: address already in use` */
export function listenError(network: "tcp" | "udp" | "unix", address: string, error: unknown): string {
  return `listen ${network} ${address}: bind: ${reasonText(error)}`;
}
