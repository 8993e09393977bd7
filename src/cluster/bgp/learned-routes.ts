/** What a speaker has learned, as routes in its kernel. */
import { because } from "../../cause.ts";
import { newRoute } from "../../fabric/specs.ts";
import type { Spec } from "../../fabric/topology.ts";
import type { BgpEntry, BgpResult, BgpSpeaker } from "./model.ts";

/** `announced by node2; learned from Mesh_192_168_50_12`, and why this path where there was a choice. */
export function learnedText({ best, others, used, why }: BgpEntry): string {
  const over = best.way.slice(1);
  return [
    `announced by ${best.origin}${best.by === undefined ? "" : `, ${best.by}`}`,
    `learned from ${best.from?.name ?? ""}`,
    ...(over.length === 0 ? [] : [`passed on by ${over.join(", ")}`]),
    ...(others.length + used.length > 1 ? [why] : []),
  ].join("; ");
}

/** `hop`: how packets get to a next hop; undefined: not at all. */
export function learnedRoutes(
  { tables }: BgpResult,
  { name, daemon }: Pick<BgpSpeaker, "name" | "daemon">,
  hop: (nextHop: string) => { readonly via: string; readonly dev: string } | undefined,
): Spec<"route">[] {
  return [...(tables.get(name) ?? [])].flatMap(([to, entry]) => {
    const { best, used } = entry;
    const [first, ...others] = used.flatMap(({ nextHop = "" }) => hop(nextHop) ?? []);
    if (first === undefined) return [];
    const cause = because(best.cause, `BGP: ${learnedText(entry)}`);
    const route = { to, family: best.family, protocol: "bird", daemon, cause };
    if (others.length === 0) return [newRoute({ ...route, ...first })];
    return [newRoute({ ...route, nexthops: [first, ...others].map((one) => ({ ...one, weight: 1 })) })];
  });
}
