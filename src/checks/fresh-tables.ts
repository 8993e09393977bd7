/** Kernel state that must not affect checks: neighbours where they look for ARP, and flows that broken rules left. */
import type { AgentClient } from "../agent/client.ts";
import { formatNamespace } from "../net/place.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import { kindOf } from "./registry.ts";

const TIMEOUT = 5000;

/** Rules have been changed by hand, broken or repaired: their earlier effect on packets must not matter now. */
export async function forgetFlows(client: AgentClient, note: (text: string) => void): Promise<void> {
  const { forgotten } = await client.call("forgetLeftovers", {});
  for (const { ns, flows } of forgotten)
    note(
      `${formatNamespace(ns)}: rules were changed by hand; ${flows === 1 ? "one flow" : `${flows} flows`} that got no answer before ${flows === 1 ? "is" : "are"} forgotten`,
    );
}

/**
 * Checks that look for ARP or neighbour discovery need an empty neighbour cache: a second run would send none.
 * Removes learnt entries (permanent ones stay) where the checks' packets begin and end.
 */
export async function forgetNeighbours(lab: Lab, client: AgentClient, checks: readonly Check[]): Promise<void> {
  if (!checks.some((check) => kindOf(check).needsEmptyNeighbourCache?.(check))) return;
  const namespaces = new Set(checks.flatMap(namespacesOf));
  for (const capture of lab.captures) for (const { ns } of capture.at) namespaces.add(ns);
  await Promise.all(
    [...namespaces].map((ns) => client.call("run", { ns, argv: ["ip", "neigh", "flush", "all"], timeout: TIMEOUT })),
  );
}

function namespacesOf(check: Check): string[] {
  const pairs = kindOf(check).pairs?.(check) ?? [];
  return [...(check.from ?? []), ...pairs.flat()].map(({ ns }) => ns);
}
