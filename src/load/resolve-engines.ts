/** `spec.engines`: every engine once, every node that one names there once and in the cluster. */
import type { EnginesDocument } from "./engines-schema.ts";
import { formatAddress, parseAddress } from "../net/address.ts";
import type { EngineSpec } from "../lab/engines.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";

/** `nodes`: the cluster's, by name. */
export function resolveEngines(doc: EnginesDocument, nodes: readonly string[], scope: Scope): readonly EngineSpec[] {
  const lines = new Map<string, number>();
  const homes = new Map<string, string>();
  return doc.flatMap((entry, i): readonly EngineSpec[] => {
    const place = scope.at(i);
    const fields = typeof entry === "string" ? { name: entry } : entry;
    const namePlace = typeof entry === "string" ? place : place.at("name");
    const first = lines.get(fields.name);
    if (first !== undefined) {
      namePlace.error(`duplicate engine ${JSON.stringify(fields.name)}`, `first defined on line ${first}`);
      return [];
    }
    lines.set(fields.name, namePlace.source("value").line);
    for (const [k, node] of (fields.nodes ?? []).entries()) {
      const at = place.at("nodes", k);
      const home = homes.get(node);
      if (!nodes.includes(node))
        at.dangling(
          `there is no node ${JSON.stringify(node)} in the cluster`,
          didYouMean(node, nodes, "nodes") ?? "only nodes of a cluster are placed on engines",
        );
      else if (home !== undefined)
        at.error(`node ${JSON.stringify(node)} is placed twice`, `it is on the engine ${JSON.stringify(home)} already`);
      else homes.set(node, fields.name);
    }
    return [
      {
        name: fields.name,
        context: fields.context ?? fields.name,
        nodes: fields.nodes ?? [],
        ...readAddress(fields.address, place.at("address")),
        source: (fields.context === undefined ? namePlace : place.at("context")).source("value"),
      },
    ];
  });
}

function readAddress(text: string | undefined, place: Scope): { address?: string } {
  if (text === undefined) return {};
  const address = parseAddress(text);
  if (address?.family === "ipv4") return { address: formatAddress(address) };
  place.error(
    `${JSON.stringify(text)} is not an IPv4 address`,
    "give the address at which other machines reach the engine's machine",
  );
  return {};
}
