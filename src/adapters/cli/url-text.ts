// URLs as Go's net/url prints them: Consul's tools show the whole URL in their errors, so its escapes matter.

/** Percent-encodes the UTF-8 of every character that `keeps` does not match. */
function escapeBut(keeps: RegExp, text: string): string {
  return [...text]
    .map((character) =>
      keeps.test(character)
        ? character
        : [...Buffer.from(character)]
            .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
            .join(""),
    )
    .join("");
}

/** A path, slashes kept. */
export function escapePath(path: string): string {
  return escapeBut(/[A-Za-z0-9\-_.~$&+,/:;=@]/, path);
}

/** A host with or without a port; a unix socket's path is escaped like a host's name. */
export function escapeHost(host: string): string {
  return escapeBut(/[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/, host);
}

function escapeQuery(text: string): string {
  return escapeBut(/[A-Za-z0-9\-_.~ ]/, text).replaceAll(" ", "+");
}

/** "a=1&b=" with the keys sorted; "" for none. */
export function encodeQuery(query: Readonly<Record<string, string | readonly string[]>>): string {
  return Object.keys(query)
    .sort()
    .flatMap((key) => [query[key] ?? ""].flat().map((value) => `${escapeQuery(key)}=${escapeQuery(value)}`))
    .join("&");
}
