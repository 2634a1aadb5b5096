// Truth as Go's strconv spells it, in flags and in parameters of requests.

/** Go's strconv.ParseBool: these twelve spellings and no others; undefined for any other text. */
export function parseGoBool(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}
