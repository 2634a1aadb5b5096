// Texts as Go's standard library prints them: lists, system errors. Scripts written for Consul match on
// them, so its errors are repeated letter for letter (packages fmt, syscall). Knows nothing of configuration.

/** Go's `%v` of a list: "[a b]". */
export function goList(items: readonly string[]): string {
  return `[${items.join(" ")}]`;
}

const ERRNO_TEXT: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRNOTAVAIL: "cannot assign requested address",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  EINVAL: "invalid argument",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "file name too long",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EPIPE: "broken pipe",
  ETIMEDOUT: "connection timed out",
};

/** The code of a Node system error ("ENOENT"), or undefined for any other thrown value. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** A system error in Go's words ("no such file or directory"), or its own message where we have none. */
export function errnoText(error: unknown): string {
  const known = ERRNO_TEXT[errorCode(error) ?? ""];
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** Go's *PathError: "open x.json: no such file or directory". Reading a directory fails in `read`, not in `open`. */
export function pathErrorText(operation: string, path: string, error: unknown): string {
  const verb = errorCode(error) === "EISDIR" ? "read" : operation;
  return `${verb} ${path}: ${errnoText(error)}`;
}
