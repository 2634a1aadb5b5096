// How what two programs printed is compared: texts that differ by intent or by the moment are made equal first.

import type { Case } from "./command-lines.ts";
import type { Outcome } from "./command-run.ts";
import { LATER_FLAGS } from "./later.ts";

/** What differs, one line each. */
export function outcomeDifferences({ args, anyOrder }: Case, consul: Outcome, ours: Outcome): string[] {
  const found: string[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    const [theirs, own] = [consul[stream], withoutLaterFlags(ours[stream], args)].map((printed) => {
      const text = normalise(printed);
      return anyOrder ? text.split("\n").sort().join("\n") : text;
    });
    if (theirs !== own)
      found.push(
        `    ${stream}  consul ${JSON.stringify(theirs)}\n    ${stream}  ours   ${JSON.stringify(own)}`,
      );
  }
  if (consul.code !== ours.code) found.push(`    exit    consul ${consul.code}, ours ${ours.code}`);
  return found;
}

/** Out of help texts, and of the list that follows a flag that does not parse. */
function withoutLaterFlags(text: string, args: readonly string[]): string {
  const named = Object.entries(LATER_FLAGS).filter(([command]) => args.join(" ").includes(command));
  const flags = named.flatMap(([, itsFlags]) => itsFlags);
  return flags.reduce(
    (left, flag) => left.replace(new RegExp(`^ {2}-${flag}(=<.*>|( .*)?\\n {4}\\t.*)?\\n`, "m"), ""),
    text,
  );
}

/** Texts that differ by intent or by the moment are made equal; everything else stays, to the byte. */
function normalise(text: string): string {
  const kept: string[] = [];
  let inHelp = false;
  for (const each of text.split("\n")) {
    if (/^Usage: (consul|quorate) /.test(each)) inHelp = true;
    // Of a help text: how it is called, which flags there are in which group. The prose is each program's own.
    const structure =
      /^Usage: |^ {2}-\S+$|^(HTTP API Options|Command Options|Subcommands:|Available commands are:)$/;
    if (!inHelp || structure.test(each)) kept.push(each);
  }
  return (
    kept
      .join("\n")
      .replace(
        /\b(quorate|consul)(?= (\[--version\]|agent\b|catalog\b|config\b|debug\b|event\b|exec\b|force-leave\b|info\b|intention\b|join\b|keygen\b|keyring\b|kv\b|leave\b|lock\b|maint\b|members\b|monitor\b|operator\b|reload\b|rtt\b|services\b|snapshot\b|validate\b|version\b|watch\b))/g,
        "PROGRAM",
      )
      .replace(/^(Consul|Quorate) v.*$/m, "VERSION")
      .replace(/^(Event ID: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/m, "$1ID")
      .replace(
        /^((?:Created remote execution session|Fired remote execution event): )[0-9a-f-]{36}$/gm,
        "$1ID",
      )
      .replace(/^(Completed in )[\d.]+(?= seconds$)/m, "$1N")
      .replace(/^( {4}\t).*?( \(default .*\))?$/gm, "$1…$2")
      .replace(/^((?:Create|Modify)Index +)\d+$/gm, "$1N")
      .replace(/("(?:Create|Modify)Index": ?)\d+/g, "$1N")
      .replace(/^(\t[a-z_]+ = ).*$/gm, "$1…")
      .replace(/\bID: +[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID: …")
      .replace(/^(Created At: +).*(?= UTC$)/m, "$1…")
      .replace(/(?<="consul-debug-)\d+(?=")/, "N")
      .replace(/(?<=snapshot to index )\d+/, "N")
      .replace(/^[A-Za-z0-9+/]{43}=$/m, "KEY")
      .replace(/(^\d{4}-\S+Z (.*\n))\1?/gm, "TIME $2")
      .replace(/(TIME .*\n)\1/g, "$1")
      // Of flags that are all of later Consuls.
      .replace(/\nCommand Options$/, "")
  );
}
