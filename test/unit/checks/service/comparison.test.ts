/** Which of the three is wrong where Kubernetes, the rules and the packets do not say the same of a Service. */
import { expect, test } from "vitest";
import type { ServiceVerdict } from "../../../../src/installed/verdict.ts";
import { disagreement } from "../../../../src/checks/service/comparison.ts";
import type { Comparison } from "../../../../src/checks/service/comparison.ts";

const to = (...endpoints: readonly string[]): ServiceVerdict => ({
  kind: "endpoints",
  masqueraded: new Map(endpoints.map((endpoint) => [endpoint, false])),
});
const service = { name: "web", namespace: "default", ports: [{ port: 80, nodePort: 30080, protocol: "TCP" }] };

function said(oracle: ServiceVerdict, rules: ServiceVerdict, packets: ServiceVerdict): string | undefined {
  const place = {
    node: { name: "node1", address: { ipv4: "192.168.50.11" } },
    input: {
      services: [{ ...service, type: "NodePort", clusterIPs: ["10.96.0.9"], externalIPs: [], loadBalancerIPs: [] }],
      family: "ipv4",
      nodeIPs: ["192.168.50.11"],
      proxy: { mode: "iptables", nodePortAddresses: ["0.0.0.0/0"] },
    },
    packet: { from: { kind: "pod", address: "10.244.0.2" }, to: "10.96.0.9", port: 80, protocol: "TCP" },
  };
  return disagreement({ oracle, rules, packets, place, text: "…" } as unknown as Comparison);
}

const WEB = to("10.244.1.2:80");

test.each<[string, ServiceVerdict, ServiceVerdict, ServiceVerdict, string | undefined]>([
  ["all agree", WEB, WEB, WEB, undefined],
  ["the rules", WEB, { kind: "drop" }, { kind: "drop" }, "the rules do not do what Kubernetes promises: …"],
  ["who answers", WEB, WEB, to("10.244.1.3:80"), "the packets do not do what Kubernetes promises: …"],
  ["the endpoint is silent", WEB, WEB, { kind: "drop" }, "the rules do what Kubernetes promises, but no endpoint answers: …"],
  ["in parts", WEB, WEB, { kind: "mixed", text: "x" }, "the rules do what Kubernetes promises, but the packets show something else: …"],
])("%s", (_, oracle, rules, packets, text) => expect(said(oracle, rules, packets)).toBe(text)); // prettier-ignore

test("an endpoint that is a node port of the node that translates", () => {
  const own = to("192.168.50.11:30080");
  expect(said(own, own, { kind: "reject" })).toContain(
    "no endpoint answers: …; 192.168.50.11:30080 is a port of a Service on node1 itself, which translates a connection only once",
  );
});
