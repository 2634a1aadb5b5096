// Texts as Go's standard library prints them: quoted strings, lists, system errors. Scripts written for Consul match on
// them, so its errors are repeated letter for letter (packages strconv, fmt, syscall). Knows nothing of configuration.

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Go's `%q`: double quotes, escapes for what does not print. */
export function goQuote(text: string): string {
  const escaped = text.replace(/["\\]|[^\x20-\x7e\xa1-\u{10ffff}]/gu, (found) => {
    const short = SHORT_ESCAPES[found];
    if (short !== undefined) return short;
    const code = found.codePointAt(0) as number;
    return code < 0x80
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

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
