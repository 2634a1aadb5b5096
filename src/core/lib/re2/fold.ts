// Characters that differ in case only: Unicode's simple case folding, as Go's unicode.SimpleFold walks it. Found through
// JavaScript's own tables, since Node carries them anyway.

/** Beyond this no script has cases (U+1E943 is the last of Adlam, which is the last of them). */
const LAST_CASED = 0x1e943;
/** The dotless i: its capital is I, but folding (other than Turkish) leaves it alone. */
const DOTLESS_I = 0x131;

/** Characters by what they fold to, where there is more than one. Filled when it is first asked. */
let orbits: ReadonlyMap<number, readonly number[]> | undefined;

/** Those that differ from `code` in case only, itself included. */
export function orbitOf(code: number): readonly number[] {
  if (code > LAST_CASED) return [code];
  orbits ??= findOrbits();
  return orbits.get(folded(code)) ?? [code];
}

function findOrbits(): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let code = 0; code <= LAST_CASED; code++) {
    const to = folded(code);
    if (to === code) continue;
    const members = found.get(to);
    if (members === undefined) found.set(to, [to, code]);
    else members.push(code);
  }
  return found;
}

/** One of all that differ in case only. */
function folded(code: number): number {
  return code === DOTLESS_I ? code : single(single(code, "toUpperCase"), "toLowerCase");
}

/** The character in the other case; itself when that is more than one character. */
function single(code: number, to: "toUpperCase" | "toLowerCase"): number {
  const text = String.fromCodePoint(code)[to]();
  const other = text.codePointAt(0) ?? code;
  return text.length === (other > 0xffff ? 2 : 1) ? other : code;
}
