/** How sets of addresses get into the kernel: one `ipset restore` for all that changes in a namespace. */
import type { IpsetChange } from "./restore-input.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { NamespaceState } from "../observed.ts";
import type { Look, RuntimeApplier } from "../../apply/kind.ts";
import { toolOutput } from "../../apply/run-tool.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

/** Throws ipset's error. Sets of a namespace that is gone are gone. */
export async function applyIpsets(changes: readonly IpsetChange[], runtime: LabRuntime): Promise<void> {
  const first = changes[0]?.resource;
  if (first === undefined) return;
  const handle = runtime.find(first.ns);
  if (handle === undefined && changes.every((change) => change.action === "delete")) return;
  const { encodeIpsetRestore } = await import("./restore-input.ts");
  const input = encodeIpsetRestore(changes);
  if (input === "") return;
  await toolOutput(handle ?? runtime.netns(first.ns), ["ipset", "restore", "-exist"], input);
}

/** All sets of a namespace. Throws what ipset said. */
export async function saveIpsets(handle: NetnsHandle): Promise<NonNullable<NamespaceState["ipsets"]>> {
  const stdout = await toolOutput(handle, ["ipset", "save"]);
  const sets: Record<string, { type: string; entries: string[] }> = {};
  for (const line of stdout.split("\n")) {
    const [verb, name = "", what = "", ...more] = line.split(" ");
    if (verb === "create") sets[name] = { type: what, entries: [] };
    else if (verb === "add") sets[name]?.entries.push([what, ...more].join(" "));
  }
  return sets;
}

const LOOK: Look = {
  what: "sets",
  read: async (netns) => ({ ipsets: await saveIpsets(netns) }),
};

export const ipset: RuntimeApplier<"ipset"> = {
  create: (resource, runtime) => applyIpsets([{ action: "create", resource }], runtime),
  update: (resource, before, runtime) => applyIpsets([{ action: "update", resource, before }], runtime),
  remove: (resource, runtime) => applyIpsets([{ action: "delete", resource }], runtime),
  applyAll: applyIpsets,
  look: () => LOOK,
};
