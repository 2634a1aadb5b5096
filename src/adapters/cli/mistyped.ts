// What Go says of a value of JSON that is none of the type that was wanted.

import { jsonKind, type RawValue } from "../../core/lib/raw-value.ts";

/**
 * @param wanted "value of type api.Intention", or "struct field Intention.SourceName of type string".
 * @param literal A number as it was written, where it is told.
 */
export function mistyped(value: RawValue, wanted: string, literal = ""): string {
  return `json: cannot unmarshal ${jsonKind(value)}${literal === "" ? "" : ` ${literal}`} into Go ${wanted}`;
}
