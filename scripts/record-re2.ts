// Records what the original's regular expressions mean, into test/vectors/re2.json: the judge of test/core/lib/re2. For
// each expression it asks a real Consul what is wrong with it (as an event's node filter), or which of a number of texts
// it matches (as a filter on services, whose metadata they are).
//
//   tsx scripts/record-re2.ts [PATH-OF-CONSUL]

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededChance } from "../src/core/lib/chance.ts";
import { putJson, startConsul } from "./record/consul.ts";

const RANDOM_EXPRESSIONS = 1200;
const OUT = join(import.meta.dirname, "../test/vectors/re2.json");

/** What is looked through. Values of metadata: 512 bytes at most. */
const TEXTS: readonly string[] = [
  "", "a", "b", "c", "aa", "ab", "ba", "abc", "aab", "aabb", "abab", "abcabc", "aaaaaaaaaa", "A", "AB", "aB", "K", "k",
  "\u212a", "s", "\u017f", "ß", "\u1e9e", "ss", "i", "I", "\u0130", "\u0131", "σ", "ς", "Σ", "é", "É", "日本", "😀", "a\nb",
  "\n", "b\na", "a b", " ", "\t", "\v", "0", "9", "42", "a1_", "-", "]", "[", "^", "$", "\\", ".", "*", "a-c", "{", "x{2}",
  "web-1.eu", "node-17", "foo bar", "\u00a0", "\u2028", "\u0000", "(", ")", "|", "\u01c4", "\u01c5", "Ω", "\u2126", "ω",
]; // biome-ignore format: a list of odds and ends

/** Expressions in which each rule of the syntax is met, or just not. */
const EXPRESSIONS: readonly string[] = String.raw`
  a
  ^a
  a$
  ^a$
  ^$
  a|b
  a|
  |
  ()
  (|a)*b
  a*
  a+
  a?
  a*?
  a+?b
  a??
  a**
  a*+
  a+*
  a?*
  a???
  a*(?i)*
  a{2}
  a{2,}
  a{2,3}
  a{0}
  a{0,0}b
  a{,3}
  a{3,2}
  a{1000}
  a{1001}
  a{1,1001}
  a{999999999999}
  a{01}
  a{1,02}
  a{
  a{1
  a{1,
  a{1,2
  a{}
  a{2}{3}
  a{2}?{3}
  (a{2}){3}
  (a{100}){10}
  (a{100}){11}
  ((a{10}){10}){10}
  ((a{10}){10}){11}
  (a{1000}){0}
  ((a{1000}){0}){1000}
  (a*){1000}
  (a{0,500}){3}
  (a{2,}){501}
  *
  +a
  ?
  {2}
  a|*
  (*)
  (?i)*
  ^*
  $+
  \b+
  (
  )
  (a
  a)
  (a))
  ((a)
  (?
  (?i
  (?i)
  (?i)a
  (?i)k
  (?i)S
  (?i)ß
  (?i)ı
  (?i)İ
  (?i)i
  (?i)σ
  (?i)ω
  (?i)ǆ
  (?i)é
  (?i:a)b
  (?i:a)B
  (a(?i)b)c
  (a(?i)b)C
  a(?i)b
  (?-i)a
  (?i-)a
  (?-)a
  (?i-s)a.b
  (?s)a.b
  (?s:a.)b
  (?s-:a)
  (?m)^b$
  (?m)^a
  (?ms)^a.b$
  (?U)a*
  (?P<x>a)
  (?P<x>a)(?P<y>b)
  (?P<1x>a)
  (?P<x_1>a)
  (?P<>a)
  (?P<x
  (?P<x-y>a)
  (?P<
  (?P=x)
  (?Px)
  (?<x>a)
  (?=a)
  (?!a)
  (?<=a)
  (?#c)
  (?:a)
  (?:
  (?x)
  (?i--s)
  (?--i)
  [a]
  [ab]
  [^a]
  [a-c]
  [c-a]
  [a-]
  [-a]
  [a-c-e]
  []a]
  [^]a]
  []
  [^]
  [
  [a
  [^
  [a-
  [[]
  [a[]
  [[:alpha:]]
  [[:^alpha:]]
  [^[:alpha:]]
  [[:alnum:][:punct:]]
  [[:space:]]
  [[:word:]]
  [[:xdigit:]]
  [[:blank:]]
  [[:cntrl:]]
  [[:ascii:]]
  [[:graph:]]
  [[:print:]]
  [[:lower:]]
  [[:upper:]]
  [[:digit:]]
  [[:foo:]]
  [[:alpha]
  [[:alpha:]
  [:alpha:]
  [\d]
  [\D]
  [^\d]
  [^\D]
  [\w-]
  [\d-z]
  [a-\d]
  [\s\S]
  [^\s\S]
  [\b]
  [\n]
  [\]]
  [\x41-\x43]
  [\pL]
  [\PL]
  [^\pL]
  [\p{Greek}]
  [^\x00-\x{10FFFF}]
  (?i)[a-b]
  (?i)[^a]
  (?i)[k]
  (?i)[\x{212a}]
  (?i)[[:lower:]]
  (?i)[[:^lower:]]
  (?i)[\W]
  (?i)\W
  (?i)\w
  (?i)[^\w]
  (?i)\p{Lu}
  (?i)\P{Lu}
  (?i)\p{Ll}
  (?i)\p{Greek}
  \d
  \D
  \s
  \S
  \w
  \W
  ^\w+$
  ^\W+$
  \bfoo\b
  \Bo
  \b
  \B
  \A
  \Aa
  a\z
  \Z
  \z
  \G
  \pL
  \pN
  \pC
  \pZ
  \pS
  \pM
  \PL
  \p
  \p{
  \p{L
  \p{L}
  \p{Lu}
  \p{Lt}
  \p{^Lu}
  \P{^Lu}
  \p{}
  \p{^}
  \p{Foo}
  \pX
  \p{Greek}
  \p{Han}
  \p{Latin}
  \p{Any}
  \p{any}
  \p{Co}
  \p{Cn}
  \p{LC}
  \p{greek}
  \p{Common}
  \p{Inherited}
  \p{Nandinagari}
  \p{Vithkuqi}
  \n
  \t
  \v
  \a
  \f
  \r
  \e
  \-
  \_
  \/
  \.
  \é
  \ 
  \q
  \8
  \1
  \12
  \0
  \01
  \012
  \0123
  \101
  \400
  \777
  \x
  \x4
  \x41
  \xg
  \x4g
  \x{41}
  \x{0041}
  \x{110000}
  \x{10FFFF}
  \x{}
  \x{g}
  \x{4
  \x{4,
  \u0041
  \c
  \C
  \Qa*\E
  \Q.*
  \Q\E
  \Qa\E*
  \Qab\E*
  \E
  \k<x>
  \
  a\
  .
  ..
  ^.$
  ^..$
  a.b
  .*
  ^(a|b)*$
  ^(ab|a)(bc|c)?$
  (a*)*
  (a*)+
  (a|a)*b
  ((a?)*)*$
  ^(?:a?){10}a{10}$
  web-\d+\.eu
  ^node-[0-9]+$
  (?i)^WEB
  日
  ^.本$
  [日本]+
  😀
  ^.$
  a||b
  (a||b)c
  $^
  a$b
  a^b
  (^a)
  (a$)
  ^^a
  a$$
`.split("\n").slice(1, -1).map((line) => line.slice(2)); // biome-ignore format: a list

/** Characters in which most of what they make is an expression, or nearly one. */
const SYLLABLES = String.raw`a b c A k é \d \w \s \W \b \B \pL \p{Lu} [ab] [^a] [a-c] [[:alpha:]] [ ] ^ $ . * + ? | ( ) (?: (?i) (?i: (?s) (?m)
  (?P<n> {2} {1,2} {0,1} {2,} { } *? +? ?? \. \x41 \Q \E \ - , 1 9 Z`.split(/\s+/); // biome-ignore format: a list

function randomExpressions(): string[] {
  const chance = seededChance("re2");
  return Array.from({ length: RANDOM_EXPRESSIONS }, () => {
    const length = 1 + chance.choose("length", 9);
    const parts = Array.from({ length }, () => SYLLABLES[chance.choose("syllable", SYLLABLES.length)] ?? "");
    const closing = Math.max(
      0,
      parts.filter((each) => each.startsWith("(")).length - parts.filter((each) => each === ")").length,
    );
    // Half of them are closed, or most would be wrong for that alone.
    return parts.join("") + (chance.choose("close", 2) === 0 ? ")".repeat(closing) : "");
  });
}

/** What is wrong with the expression, or undefined. */
async function faultOf(url: string, expression: string): Promise<string | undefined> {
  const target = `${url}/v1/event/fire/x?node=${encodeURIComponent(expression)}`;
  const answer = await fetch(target, { method: "PUT" });
  const text = await answer.text();
  return answer.ok ? undefined : /^Invalid node filter: (.*)$/s.exec(text)?.[1];
}

/** The texts that it matches, by number. */
async function matchesOf(url: string, expression: string): Promise<number[]> {
  const filter = `Meta.t matches \`${expression}\``;
  const answer = await fetch(`${url}/v1/agent/services?filter=${encodeURIComponent(filter)}`);
  if (!answer.ok) throw new Error(`${expression}: ${await answer.text()}`);
  const services = Object.keys((await answer.json()) as Record<string, unknown>);
  return services.map((id) => Number(id.slice(1))).sort((a, b) => a - b);
}

const directory = mkdtempSync(join(tmpdir(), "record-re2-"));
try {
  const url = await startConsul(process.argv[2] ?? "consul", directory);
  for (const [at, t] of TEXTS.entries())
    await putJson(`${url}/v1/agent/service/register`, { ID: `t${at}`, Name: `t${at}`, Meta: { t } });
  const cases: (readonly [string, string | number[]])[] = [];
  const all = new Set(
    [...EXPRESSIONS, ...randomExpressions()].filter((each) => each !== "" && !each.includes("`")),
  );
  for (const each of all) cases.push([each, (await faultOf(url, each)) ?? (await matchesOf(url, each))]);
  const lines = cases.map((each) => JSON.stringify(each));
  writeFileSync(OUT, `{"texts":${JSON.stringify(TEXTS)},\n"cases":[\n${lines.join(",\n")}\n]}\n`);
  const wrong = cases.filter(([, result]) => typeof result === "string").length;
  process.stdout.write(`${cases.length} expressions, ${wrong} of them wrong\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
