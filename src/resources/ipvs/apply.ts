/** How virtual servers get into the kernel: one `ipvsadm --restore` per change. */
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Action } from "../operation.ts";
import type { NamespaceState } from "../observed.ts";
import type { IpvsResource } from "./definition.ts";
import type { Look, RuntimeApplier } from "../../apply/kind.ts";
import { toolOutput } from "../../apply/run-tool.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

async function apply(
  action: Action,
  resource: IpvsResource,
  before: IpvsResource | undefined,
  runtime: LabRuntime,
): Promise<void> {
  const handle = runtime.find(resource.ns);
  if (handle === undefined && action === "delete") return; // gone with the namespace
  const { ipvsLines } = await import("./lines.ts");
  const netns = handle ?? runtime.netns(resource.ns);
  const there = action === "create" ? (await saveIpvs(netns))[resource.family] : [];
  // Foreign leftovers do not make it fail: they are changed to the desired state.
  const left = { ...resource, lines: there.map((text) => ({ text, cause: resource.cause })) };
  const lines = action === "create" ? ipvsLines("update", resource, left) : ipvsLines(action, resource, before);
  if (lines.length > 0) await toolOutput(netns, ["ipvsadm", "--restore"], `${lines.join("\n")}\n`);
}

/** All virtual servers of a namespace, by the family of their addresses. Throws what ipvsadm said. */
export async function saveIpvs(netns: NetnsHandle): Promise<NonNullable<NamespaceState["ipvs"]>> {
  const text = await toolOutput(netns, ["ipvsadm", "--save", "-n"]);
  const lines = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  const six = (line: string): boolean => /^-[aA] (?:-f \d+ -6|\S+ \[)/.test(line);
  return { ipv4: lines.filter((line) => !six(line)), ipv6: lines.filter(six) };
}

const LOOK: Look = {
  what: "ipvs",
  read: async (netns) => ({ ipvs: await saveIpvs(netns) }),
};

export const ipvs: RuntimeApplier<"ipvs"> = {
  create: (resource, runtime) => apply("create", resource, undefined, runtime),
  update: (resource, before, runtime) => apply("update", resource, before, runtime),
  remove: (resource, runtime) => apply("delete", resource, undefined, runtime),
  look: () => LOOK,
};
