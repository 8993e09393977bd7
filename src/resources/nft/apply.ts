/** How nftables tables get into the kernel: nft-load.ts. What the kernel has then is read back later. */
import type { Action } from "../operation.ts";
import type { NftResource } from "./definition.ts";
import type { JournalEntry } from "../../apply/journal-entry.ts";
import type { Look, RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

async function apply(
  action: Action,
  resource: NftResource,
  before: NftResource | undefined,
  runtime: LabRuntime,
): Promise<void> {
  const handle = runtime.find(resource.ns);
  if (handle === undefined && action === "delete") return; // gone with the namespace
  const [{ nftSteps }, { loadNftSteps }, { Written }] = await Promise.all([
    import("./steps.ts"),
    import("../../apply/nft-load.ts"),
    import("../../kernel/nftables/transaction.ts"),
  ]);
  const steps = nftSteps(action, resource, before);
  const netns = handle ?? runtime.netns(resource.ns);
  runtime.readBacks.changing(resource.id, [resource.id]);
  const written = (runtime.nftWritten ??= new Written());
  if (steps.length > 0) await loadNftSteps(netns, resource, steps, action === "create", written);
  if (action !== "delete") runtime.readBacks.changed(resource.id, [resource.id], () => readBack(runtime, resource.id));
}

/** One that is gone in the meantime has none. */
async function readBack(runtime: LabRuntime, id: string): Promise<readonly JournalEntry[]> {
  const { record } = runtime.journal;
  const resource = record.applied.get(id);
  const netns = resource === undefined ? undefined : runtime.find(resource.ns);
  if (resource?.kind !== "nft" || netns === undefined) return [];
  const { nft } = await runtime.knownRules.read(resource.ns, netns, lookAtTable(resource));
  const there = nft?.[resource.family]?.[resource.table] ?? {};
  const ours = resource.objects.flatMap(({ kind, name }): [string, readonly string[]][] => {
    const digest = there[`${kind} ${name}`];
    return digest === undefined ? [] : [[`${kind} ${name}`, digest]];
  });
  return [record.fingerprintEntry(id, Object.fromEntries(ours))];
}

function lookAtTable(resource: NftResource): Look {
  return {
    what: resource.id,
    inRuleset: true,
    async read(netns) {
      const { readTableDigest } = await import("../../kernel/nftables/table-digest.ts");
      const digest = await readTableDigest(netns, resource);
      return digest === undefined ? {} : { nft: { [resource.family]: { [resource.table]: digest } } };
    },
  };
}

export const nft: RuntimeApplier<"nft"> = {
  create: (resource, runtime) => apply("create", resource, undefined, runtime),
  update: (resource, before, runtime) => apply("update", resource, before, runtime),
  remove: (resource, runtime) => apply("delete", resource, undefined, runtime),
  look: lookAtTable,
};
