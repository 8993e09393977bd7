/**
 * Upstream's packet flows where a process proxies: its rules and proxies on a real node, real packets, and the oracle's word
 * on each. What userspace mode never knew (policies, source ranges, SCTP, health checks) the oracle says, the tables do not.
 */
import { describe, expect, test } from "vitest";
import { startProxy } from "../../src/services/proxy/proxy.ts";
import { formatVerdict, verdictOf } from "../../src/installed/verdict.ts";
import { encodeIptablesRestore } from "../../src/resources/iptables/restore-input.ts";
import { decide } from "../../src/oracle/service/service-oracle.ts";
import type { Decision } from "../../src/oracle/service/service-frontend.ts";
import type { ProxyInput } from "../../src/kube/service/service.ts";
import { planProxyUserspace } from "../../src/cluster/kube-proxy/userspace/rules.ts";
import type { UserspacePlan } from "../../src/cluster/kube-proxy/userspace/rules.ts";
import { planIptables } from "../../src/fabric/plan-iptables.ts";
import type { IptablesResource } from "../../src/resources/iptables/definition.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { NodeDraft } from "../../src/fabric/node-draft.ts";
import { absence, withReason } from "../conformance/data.ts";
import { flowStages } from "../conformance/kube-proxy-flows.ts";
import type { Flow } from "../conformance/kube-proxy-flows.ts";
import { ServiceNet } from "./service-net.ts";

const ABSENT = absence("kube-proxy");

function restoreText({ proxy }: ProxyInput, { iptables }: UserspacePlan): string {
  const node = new NodeDraft("node", "node", proxy.cause);
  node.addRules("kube-proxy", iptables);
  const resources: Resource[] = [];
  planIptables(node.finish(), resources);
  return encodeIptablesRestore(
    resources
      .filter((it): it is IptablesResource => it.kind === "iptables")
      .map((resource) => ({ action: "create", resource })),
  );
}

/** Endpoints in their order, or how it ended. */
async function observe(net: ServiceNet, { packet }: Flow, wanted: number): Promise<string> {
  const seen = new Set<string>();
  for (let i = 0; i < Math.max(2, wanted); i++) {
    const { from, to, port, protocol } = packet;
    const arrival = await net.send(from.address, to, port, protocol);
    if (typeof arrival === "string") seen.add(arrival);
    else if (arrival.at === "nowhere" || arrival.at === "node") seen.add("left alone");
    else seen.add(`${arrival.at} from ${arrival.from === from.address ? "the client" : "the node"}`);
  }
  return [...seen].toSorted().join(" or ");
}

function expected(decision: Decision, { packet }: Flow): string {
  if (typeof decision === "object") {
    const own = packet.from.kind === "node" ? "" : " from the node";
    return decision.endpoints.map((endpoint) => `${endpoint}${own}`).join(" or ");
  }
  return { none: "left alone", drop: "silence", reject: "refused", accept: "left alone", close: "reset" }[decision];
}

describe.skipIf(ABSENT !== undefined)(withReason("upstream's packet flows through userspace proxies", ABSENT), () => {
  const stages = ABSENT === undefined ? flowStages("iptables") : [];
  test.each(stages)("$title", async ({ input: table, flows }) => {
    const input: ProxyInput = { ...table, proxy: { ...table.proxy, mode: "userspace" } };
    const plan = planProxyUserspace(input);
    const net = new ServiceNet(
      input,
      flows.map((flow) => flow.packet.from.address),
    );
    const proxies = plan.proxies.map((spec, i) =>
      startProxy({ id: `proxy:${i}`, ns: "node", node: "node", ...spec }, net.net.netns("node")),
    );
    try {
      net.load(restoreText(input, plan), "restore");
      const failures: unknown[] = [];
      for (const flow of flows) {
        const { packet } = flow;
        // Pods of this net are behind no bridge: rules for external IPs take them for other machines.
        const bridged = packet.from.kind === "pod" && decide(input, packet) === "none";
        if (bridged || packet.protocol === "SCTP") continue;
        if (packet.from.address === packet.to && packet.from.kind === "node") net.own(packet.to);
        const decision = decide(input, packet);
        const seen = await observe(net, flow, typeof decision === "object" ? decision.endpoints.length * 2 : 1);
        const want = expected(decision, flow);
        const same = packet.from.kind === "node" ? seen.replaceAll(/ from the \w+/g, "") === want : seen === want;
        if (!same) failures.push({ flow: flow.name, packet, oracle: formatVerdict(verdictOf(decision)), want, seen });
      }
      expect(failures).toEqual([]);
    } finally {
      for (const proxy of proxies) proxy.stop();
      net.remove();
    }
  });
});
