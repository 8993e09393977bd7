/** How a kind of resource is written as shell commands: `encode` of its definition. */
import type { Action } from "./operation.ts";
import { netnsName } from "../net/netns-name.ts";
import { shellLine } from "../net/shell-word.ts";

export interface KindEncoder<R> {
  /** Each entry is one line of shell. */
  create(resource: R, shell: Shell): readonly string[];
  update(resource: R, before: R | undefined, shell: Shell): readonly string[];
  remove(resource: R, shell: Shell): readonly string[];
  /** Brings it back on a running lab, whatever is left of it; `reason`: what differs. Absent: `create` or `update` does. */
  restore?(resource: R, shell: Shell, reason: string): readonly string[];
  /** Operations of one namespace with the same `together` by one command; `causes`: of all that it makes. Absent: one by one. */
  all?(
    changes: readonly EncodedChange<R>[],
    shell: Shell,
  ): { readonly causes: readonly string[]; readonly lines: readonly string[] };
}

export interface EncodedChange<R> {
  readonly action: Action;
  readonly resource: R;
  readonly before?: R | undefined;
}

type Word = string | number | undefined;

/** Writes commands that act in a namespace of the lab, by the names that the host shows. */
export class Shell {
  readonly lab: string;
  constructor(lab: string) {
    this.lab = lab;
  }

  name(place: { readonly ns: string; readonly node: string }): string {
    return netnsName(this.lab, place);
  }

  ip(place: { readonly ns: string; readonly node: string }, ...words: readonly Word[]): string {
    return shellLine("ip", "-n", this.name(place), ...words);
  }

  /** `ip`, with -6 where the arguments alone do not determine the family. */
  ipFamily(place: { readonly ns: string; readonly node: string }, family: string, ...words: readonly Word[]): string {
    return shellLine("ip", family === "ipv6" ? "-6" : undefined, "-n", this.name(place), ...words);
  }

  bridge(place: { readonly ns: string; readonly node: string }, ...words: readonly Word[]): string {
    return shellLine("bridge", "-n", this.name(place), ...words);
  }

  tc(place: { readonly ns: string; readonly node: string }, ...words: readonly Word[]): string {
    return shellLine("tc", "-n", this.name(place), ...words);
  }

  exec(place: { readonly ns: string; readonly node: string }, ...words: readonly Word[]): string {
    return shellLine("ip", "netns", "exec", this.name(place), ...words);
  }
}
