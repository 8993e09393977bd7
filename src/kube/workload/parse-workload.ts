/** Texts that name a workload, in kubectl's syntax. */
import type { WorkloadNames } from "./workload-kind.ts";

export interface WorkloadText {
  readonly kind: string;
  /** The short name of its kind. */
  readonly word: string;
  /** What follows: NAME, NAMESPACE/NAME, NAME#2. */
  readonly rest: string;
}

/** What `deploy/web`, `sts/prod/db#2` or `prod/sts/db#2` says; undefined for anything else. `kinds`: the existing ones. */
export function namedWorkload(text: string, kinds: readonly WorkloadNames[]): WorkloadText | undefined {
  const of = (word: string, rest: string): WorkloadText | undefined => {
    const found = rest === "" ? undefined : kinds.find(({ words }) => words.includes(word));
    return found === undefined ? undefined : { kind: found.kind, word: found.words[0], rest };
  };
  const [head = "", second = "", ...others] = text.split("/");
  const leading = of(head, text.slice(head.length + 1));
  return leading !== undefined || others.length === 0 ? leading : of(second, [head, ...others].join("/"));
}
