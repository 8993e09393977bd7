/** Labs that are built, asked, broken and restored in a virtual machine, because this kernel may lack what they need (K8SNET_VM, else ../shared/tools/vmrun). */
import { expect, test } from "vitest";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { encodeScript } from "../../src/plan/script.ts";
import { PATIENCE, runGuest } from "./guest.ts";
import type { LinksCase, LinksTold } from "./links-guest.ts";
import { isVmThere } from "./machine.ts";

/** A pod with the label `app: NAME`. */
export const pod = (name: string, node: string, container = "{ name: c }"): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ ${container} ] } }`;

/** What a lab answers; `scripted`: what the script of its plan built answers, where that differs: a server is the agent's, and not in it. */
interface Expected {
  readonly answers: readonly string[];
  /** The operation that undoes the harm. */
  readonly restored: string;
  readonly scripted?: readonly string[];
}

export interface GuestCase extends LinksCase {
  readonly expected: Expected;
}

/** `spec`: of the lab file. */
export function guestCase(
  name: string,
  spec: string,
  manifests: readonly string[],
  asked: Pick<GuestCase, "ask" | "harm" | "expected">,
): GuestCase {
  const head = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { ${spec} } }`;
  // Who watches the nodes is the agent, which is not there.
  const resources = planResources(loadLabText([head, ...manifests].join("\n---\n"), `${name}.yaml`).lab).filter(
    ({ kind }) => kind !== "watch",
  );
  const { operations } = planOperations(name, resources);
  return { resources, ...asked, script: encodeScript({ lab: name, operations }) };
}

/** `open` or `closed`. */
export const ping = (ns: string, to: string) =>
  [ns, "sh", "-c", `ping -q -c 1 -W 5 ${to} >&2 && echo open || echo closed`] as const;
/** ` dev eth0`: the device by which an address is reached. */
export const way = (ns: string, to: string) =>
  [ns, "sh", "-c", `ip route get ${to} | grep -o ' dev [a-z0-9-]*' | tr -d '\\n'`] as const;

export interface GuestGroup {
  readonly what: string;
  readonly cases: Readonly<Record<string, GuestCase>>;
  /** Of the kernel, besides veth and bridge. */
  readonly modules: readonly string[];
}

/** A test for each group, which is one run of the machine: together they may take longer than one has on a busy machine. */
export function testInGuest(groups: readonly GuestGroup[]): void {
  test.for(groups)("$what", { timeout: PATIENCE }, async ({ cases, modules }, context) => {
    if (!isVmThere()) return context.skip("needs a virtual machine");
    const all = ["veth", "bridge", ...modules];
    const told = await runGuest<Record<string, LinksTold>>("links-guest.ts", cases, all);
    if (told === undefined) return context.skip("needs a virtual machine");
    for (const [name, one] of Object.entries(told)) {
      const { answers, restored, scripted = answers } = cases[name]?.expected ?? { answers: [], restored: "" };
      expect([name, one.built.failures, one.built.left]).toEqual([name, [], []]);
      expect([name, ...one.answers]).toEqual([name, ...answers]);
      expect([name, ...one.restored.done]).toEqual([name, restored]);
      expect([name, ...one.after]).toEqual([name, ...answers]);
      expect([name, one.down.failures, one.down.left]).toEqual([name, [], []]);
      expect([name, one.script, ...one.scripted]).toEqual([name, "", ...scripted]);
    }
  });
}
