import { describe, expect, test } from "vitest";
import { encodeIptablesRestore } from "../../src/resources/iptables/restore-input.ts";
import { nftLines } from "../../src/resources/nft/lines.ts";
import { planIptables } from "../../src/fabric/plan-iptables.ts";
import { planProxyIptables } from "../../src/cluster/kube-proxy/iptables/rules.ts";
import { planProxyNftables } from "../../src/cluster/kube-proxy/nftables/rules.ts";
import type { IptablesResource } from "../../src/resources/iptables/definition.ts";
import type { NftResource } from "../../src/resources/nft/definition.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { NodeDraft } from "../../src/fabric/node-draft.ts";
import { absence, withReason } from "../conformance/data.ts";
import { flowStages } from "../conformance/kube-proxy-flows.ts";
import type { Flow, FlowStage } from "../conformance/kube-proxy-flows.ts";
import { ServiceNet } from "./service-net.ts";

const ABSENT = absence("kube-proxy");

function restoreText({ input }: FlowStage): string {
  const node = new NodeDraft("node", "node", input.proxy.cause);
  node.addRules("kube-proxy", planProxyIptables(input));
  const resources: Resource[] = [];
  planIptables(node.finish(), resources);
  return encodeIptablesRestore(
    resources
      .filter((it): it is IptablesResource => it.kind === "iptables")
      .map((resource) => ({ action: "create", resource })),
  );
}

/** `10.180.0.1:80 masqueraded`, `REJECT`, …: what was seen, in the words of the table. */
async function observe(net: ServiceNet, { packet, output, masq }: Flow): Promise<string[]> {
  const wanted = output.map((one) => (one.includes(":") ? `${one}${masq ? " masqueraded" : ""}` : one));
  const seen = new Set<string>();
  for (let i = 0; i < (output.length > 1 ? 60 : 2); i++) {
    const { from, to, port, protocol } = packet;
    const arrival = await net.send(from.address, to, port, protocol);
    if (arrival === "refused") seen.add("REJECT");
    else if (arrival === "silence") seen.add("DROP");
    else if (typeof arrival === "string") seen.add(arrival);
    else if (arrival.at === "nowhere" || arrival.at === "node") seen.add("left alone");
    else seen.add(`${arrival.at}${arrival.from === from.address ? "" : " masqueraded"}`);
    if (wanted.length > 1 && wanted.every((one) => seen.has(one))) break;
  }
  return [...seen].toSorted();
}

function expected({ output, masq }: Flow, closed: boolean): string[] {
  if (output.length === 0) return [closed ? "DROP" : "left alone"];
  return output
    .map((one) => (one === "ACCEPT" ? "left alone" : one.includes(":") ? `${one}${masq ? " masqueraded" : ""}` : one))
    .toSorted();
}

function nftText({ input }: FlowStage): string {
  const { family, proxy } = input;
  const base = { id: "nft:node", ns: "node", node: "node", cause: proxy.cause } as const;
  const resource: NftResource = {
    kind: "nft",
    ...base,
    family,
    table: "kube-proxy",
    objects: planProxyNftables(input),
  };
  return `${nftLines("create", resource).join("\n")}\n`;
}

const MODES = { iptables: { text: restoreText, tool: "restore" }, nftables: { text: nftText, tool: "nft" } } as const;

describe.skipIf(ABSENT !== undefined)(withReason("upstream's packet flows on real rules", ABSENT), () => {
  for (const mode of ["iptables", "nftables"] as const) {
    const { text, tool } = MODES[mode];
    const stages = ABSENT === undefined ? flowStages(mode) : [];
    test.each(stages)(`${mode} $title`, async (stage) => {
      const net = new ServiceNet(
        stage.input,
        stage.flows.map((flow) => flow.packet.from.address),
      );
      try {
        net.load(text(stage), tool);
        // What kube-proxy accepts outright is seen only where all else is dropped.
        const closed = stage.title.includes("healthCheckNodePort");
        if (closed) net.net.iptables("node", "-P", "INPUT", "DROP");
        const failures: unknown[] = [];
        for (const flow of stage.flows) {
          if (flow.packet.from.address === flow.packet.to && flow.packet.from.kind === "node") net.own(flow.packet.to);
          const seen = await observe(net, flow);
          const want = expected(flow, closed);
          if (JSON.stringify(seen) !== JSON.stringify(want))
            failures.push({ flow: flow.name, packet: flow.packet, want, seen });
        }
        expect(failures).toEqual([]);
      } finally {
        net.remove();
      }
    });
  }
});
