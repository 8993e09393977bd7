/** What a check of kind state means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target } from "../../net/target.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { stateSchema } from "./schema.ts";

/** Something exists (or not) in a namespace, in the syntax of `ip`, `bridge` and iptables-save. */
export interface StateCheck extends Check {
  readonly kind: "state";
  readonly from: readonly Target[];
  readonly what: "route" | "neigh" | "fdb" | "rule" | "iptables" | "sysctl" | "link" | "addr";
  /** All words must be in one entry: `10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink`. For sysctl: `key=value`. */
  readonly match: string;
  readonly present: boolean;
}

export const resolveState: CheckResolver<typeof stateSchema, StateCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const entries = Object.entries(doc.state).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const [entry, second] = entries;
  if (entry === undefined || second !== undefined) {
    scope
      .at("state")
      .error(
        entry === undefined
          ? "nothing to look for"
          : `one check looks for one thing, not ${entries.map(([k]) => k).join(" and ")}`,
        "set exactly one of route, neigh, fdb, rule, iptables, sysctl, link, addr",
      );
    return undefined;
  }
  const [what, match] = entry;
  if (what === "sysctl" && !/^\S+\s*=\s*\S/.test(match))
    scope.at("state", "sysctl").error(`"${match}" is not key=value`, "write net.ipv4.ip_forward=1");
  return {
    ...common(fields, from),
    kind: "state",
    from,
    what: what as keyof typeof doc.state,
    match: match.trim(),
    present: doc.expect !== "absent",
  };
};
