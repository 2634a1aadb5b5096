// What a filter can ask of a row: its fields by the names that filters have for them, each with its kind and how to get it.
// One description of each type of row (in model/ and api/, which know the types) makes it filterable; the names, the
// operators that a field takes, and the errors about them follow from it.

/** Of a row of type T. */
export type Field<T> =
  | { readonly kind: "text"; readonly of: (row: T) => string }
  | { readonly kind: "number"; readonly of: (row: T) => number }
  | { readonly kind: "bool"; readonly of: (row: T) => boolean }
  | { readonly kind: "texts"; readonly of: (row: T) => readonly string[] }
  /** Texts by any keys. Null for no keys. */
  | { readonly kind: "labels"; readonly of: (row: T) => Entries<string> | null }
  /** A row of its own. */
  | { readonly kind: "row"; readonly of: (row: T) => unknown; readonly fields: Fields<never> }
  /** Rows: one is enough for a match. */
  | { readonly kind: "rows"; readonly of: (row: T) => readonly unknown[]; readonly fields: Fields<never> }
  /** Rows by any keys. */
  | {
      readonly kind: "rows-by-key";
      readonly of: (row: T) => Entries<unknown>;
      readonly fields: Fields<never>;
    };

export type Entries<V> = readonly (readonly [key: string, value: V])[];

export type Fields<T> = ReadonlyMap<string, Field<T>>;

export function fields<T>(named: Readonly<Record<string, Field<T>>>): Fields<T> {
  return new Map(Object.entries(named));
}

export function text<T>(of: (row: T) => string): Field<T> {
  return { kind: "text", of };
}

export function number<T>(of: (row: T) => number): Field<T> {
  return { kind: "number", of };
}

export function bool<T>(of: (row: T) => boolean): Field<T> {
  return { kind: "bool", of };
}

export function texts<T>(of: (row: T) => readonly string[]): Field<T> {
  return { kind: "texts", of };
}

export function labels<T>(of: (row: T) => Entries<string> | null): Field<T> {
  return { kind: "labels", of };
}

export function row<T, U>(of: (row: T) => U, inner: Fields<U>): Field<T> {
  return { kind: "row", of, fields: inner };
}

export function rows<T, U>(of: (row: T) => readonly U[], inner: Fields<U>): Field<T> {
  return { kind: "rows", of, fields: inner };
}

export function rowsByKey<T, U>(of: (row: T) => Entries<U>, inner: Fields<U>): Field<T> {
  return { kind: "rows-by-key", of, fields: inner };
}

/** The fields of a row within a row as the outer one's own, under other names. */
export function flattened<T, U>(
  of: (row: T) => U,
  inner: Fields<U>,
  rename: (name: string) => string,
): readonly (readonly [string, Field<T>])[] {
  return [...inner].map(([name, field]) => [
    rename(name),
    { ...field, of: (outer: T) => field.of(of(outer)) } as Field<T>,
  ]);
}
