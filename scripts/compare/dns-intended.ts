// The differences of DNS that are there by intent: each with its number, by which docs/compatibility.md tells users of it.

import type { DnsQuestion } from "./dns-questions.ts";

export interface IntendedDns {
  readonly number: string;
  /** Whether this is all that makes them differ. */
  readonly seen: (question: DnsQuestion, consul: string, ours: string) => boolean;
}

export const INTENDED_DNS: readonly IntendedDns[] = [
  {
    number: "D1",
    seen: ({ name }, consul, ours) =>
      /arpa /i.test(name) &&
      consul.startsWith("SERVFAIL qr rd ra\n") &&
      ours.startsWith("NXDOMAIN qr aa rd\n"),
  },
  {
    number: "D2",
    seen: ({ name }, consul, ours) => name.includes(" . ") && sections(consul) === sections(ours),
  },
];

/** All but the bytes. */
function sections(text: string): string {
  return text.replace(/^\d+ bytes\n[0-9a-f]+$/m, "");
}
