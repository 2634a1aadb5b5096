// Several errors as one text, as HashiCorp's go-multierror prints them: a count, one tab-indented bullet each, an empty
// line.

export function errorList(errors: readonly string[]): string {
  const head = errors.length === 1 ? "1 error occurred:" : `${errors.length} errors occurred:`;
  return `${head}\n${errors.map((error) => `\t* ${error}\n`).join("")}\n`;
}
