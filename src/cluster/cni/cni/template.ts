/**
 * What differs from node to node in a list: containerd's template of a conflist (conf_template; Go's text/template with .PodCIDR and
 * .PodCIDRRanges and .Routes), as far as such lists use it: values, `index`, `range` over the ranges with `if $i` for the comma between.
 */
import { perFamily } from "../../../net/families.ts";
import type { Json } from "../../../cni/config.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";

export class TemplateError extends Error {}

const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/g;
const RANGE =
  /\{\{-?\s*range\s+(?:\$(\w+)\s*,\s*)?\$(\w+)\s*:=\s*\.(PodCIDRRanges|Routes)\s*-?\}\}([\s\S]*?(?:\{\{-?\s*if\b[\s\S]*?\{\{-?\s*end\s*-?\}\}[\s\S]*?)*?)\{\{-?\s*end\s*-?\}\}/g;

function values(text: string, ranges: readonly string[], names: ReadonlyMap<string, string>): string {
  return text.replaceAll(ACTION, (whole, action: string) => {
    const at = /^index\s+\.PodCIDRRanges\s+(\d+)$/.exec(action)?.[1];
    const found = action === ".PodCIDR" ? ranges[0] : at === undefined ? names.get(action) : ranges[Number(at)];
    if (found !== undefined) return found;
    throw new TemplateError(
      at === undefined ? `unknown template action ${whole}` : `${whole}: the node has ${ranges.length} pod ranges`,
    );
  });
}

/** Default routes, as containerd fills `.Routes`. */
const routesOf = (ranges: readonly string[]): readonly string[] =>
  ranges.map((range) => (range.includes(":") ? "::/0" : "0.0.0.0/0"));

function expand(text: string, ranges: readonly string[]): string {
  const repeated = text.replaceAll(
    RANGE,
    (_whole, index: string | undefined, value: string, list: string, body: string) =>
      (list === "Routes" ? routesOf(ranges) : ranges)
        .map((range, i) => {
          const between = new RegExp(
            String.raw`\{\{-?\s*if\s+\$${index ?? "i"}\s*-?\}\}([\s\S]*?)\{\{-?\s*end\s*-?\}\}`,
            "g",
          );
          const names = new Map([
            [`$${value}`, range],
            [`$${index ?? "i"}`, String(i)],
          ]);
          return values(body.replaceAll(between, i === 0 ? "" : "$1"), ranges, names);
        })
        .join(""),
  );
  return values(repeated, ranges, new Map());
}

function rangesOf({ podCIDR }: Pick<ClusterNode, "podCIDR">): readonly string[] {
  return perFamily(podCIDR).map(([, range]) => range);
}

/** A file's text for a node. Throws TemplateError. */
export function textForNode(text: string, node: Pick<ClusterNode, "podCIDR">): string {
  return expand(text, rangesOf(node));
}

/** A list of the lab file for a node: in all its texts. Throws TemplateError. */
export function listForNode(list: Json, node: Pick<ClusterNode, "podCIDR">): Json {
  const ranges = rangesOf(node);
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return expand(value, ranges);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]));
  };
  return walk(list) as Json;
}
