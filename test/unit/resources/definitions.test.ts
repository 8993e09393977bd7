import { describe, expect, it } from "vitest";
import { encodeCommand } from "../../../src/resources/definitions.ts";
import type { Operation } from "../../../src/resources/operation.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Resource } from "../../../src/resources/resource.ts";
import { clusterFixture, labFixture } from "../cluster/cluster-fixture.ts";
import { rawTopology } from "../fabric/raw-fixture.ts";

const RAW = planOperations("lab", planResources(labFixture("lab", undefined, rawTopology()))).operations;
const OVERLAY = planOperations("lab", planResources(labFixture("lab", clusterFixture()))).operations;

function command(operations: readonly Operation[], id: string, action: Operation["action"] = "create"): string {
  const operation = operations.find((it) => it.resource.id === id);
  if (operation === undefined) expect.fail(`no ${id}`);
  return encodeCommand("lab", { ...operation, action });
}

describe("encodeCommand", () => {
  it.each([
    [
      "veth:default/web-0-0:eth0",
      "ip -n lab.node1.default.web-0-0 link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth00000000 mtu 1450 netns lab.node1\nip -n lab.node1.default.web-0-0 link set eth0 up\nip -n lab.node1 link set veth00000000 master cni0 up\nbridge -n lab.node1 link set dev veth00000000 hairpin on",
    ],
    ["route:node1:10.244.1.0/24", "ip -n lab.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink"],
    ["netns:node1", "ip netns add lab.node1\nip -n lab.node1 link set lo up"],
    [
      "sysctl:node1:net/ipv6/conf/flannel.1/accept_ra",
      "ip netns exec lab.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0",
    ],
  ])("%s", (id, text) => expect(command(OVERLAY, id)).toBe(text));

  it.each([
    [
      "route:red:10.9.0.0/16:table 100:metric 50",
      "create",
      "ip -n lab.red route add 10.9.0.0/16 via 10.77.0.1 dev eth0 onlink src 10.0.0.3 table 100 metric 50 mtu 1300",
    ],
    ["route:red:fd00:8::/64:table 100", "delete", "ip -6 -n lab.red route del blackhole fd00:8::/64 table 100"],
    [
      "rule:red:ipv4:1000:from 10.0.0.0/24 fwmark 0x80/0x80 table 100",
      "create",
      "ip -n lab.red rule add from 10.0.0.0/24 fwmark 0x80/0x80 lookup 100 priority 1000",
    ],
    [
      "fdb:red:vxlan1:00:00:00:00:00:00:10.0.0.9",
      "create",
      "bridge -n lab.red fdb append 00:00:00:00:00:00 dev vxlan1 dst 10.0.0.9 self permanent",
    ],
    [
      "qdisc:red:eth0",
      "update",
      "tc -n lab.red qdisc replace dev eth0 root tbf rate 10000000bit burst 32768 latency 50ms",
    ],
    [
      "process:red:web",
      "create",
      "ip netns exec lab.red env --chdir /tmp 'A=$(touch /tmp/owned)' sh -c 'echo '\\''a\nb'\\''; sleep 1' &",
    ],
  ] as const)("%s %s", (id, action, text) => expect(command(RAW, id, action)).toBe(text));

  it("has words for every operation, whatever its action", () => {
    for (const operation of [...RAW, ...OVERLAY])
      for (const action of ["create", "update", "delete"] as const)
        expect(encodeCommand("lab", { ...operation, action, before: untold(operation.resource) })).not.toBe("");
  });
});

/** As it is when nothing of its content is known. */
function untold(resource: Resource): Resource {
  if (resource.kind !== "iptables") return resource;
  return { ...resource, chains: resource.chains.map((chain) => ({ ...chain, touched: true })) };
}
