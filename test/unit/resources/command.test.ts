import { describe, expect, it } from "vitest";
import { encodeCommand } from "../../../src/resources/definitions.ts";
import { encodeIptablesRestore } from "../../../src/resources/iptables/restore.ts";
import { encodeScript } from "../../../src/plan/script.ts";
import type { Operation } from "../../../src/resources/operation.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { IptablesResource } from "../../../src/resources/iptables/definition.ts";
import type { Resource } from "../../../src/resources/resource.ts";
import { clusterFixture, labFixture } from "../plan/cluster-fixture.ts";
import { rawTopology } from "../plan/raw-fixture.ts";

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

describe("encodeScript", () => {
  it("runs nothing that a name smuggles in: what people wrote in processes, files and causes is comment", () => {
    const evil = RAW.map((operation): Operation => ({
      ...operation,
      cause: { object: "x\ntouch /tmp/owned", reason: "y\r\ntouch /tmp/owned" },
    }));
    const lines = encodeScript({ lab: "lab", operations: evil }).split("\n");
    expect(lines.filter((line) => /owned/.test(line) && !line.startsWith("#"))).toEqual([]);
  });
});

describe("encodeIptablesRestore", () => {
  const nat = RAW.map(({ resource }) => resource).find(
    (it): it is IptablesResource => it.kind === "iptables" && it.table === "nat",
  );
  if (nat === undefined) throw new Error("the fixture has a nat table");
  const masquerade = `POSTROUTING -s 10.1.0.0/24 ! -o br0 -m comment --comment "it's \\"quoted\\" $(id) \\\\" -j MASQUERADE`;

  it("declares own chains first, then appends", () => {
    expect(encodeIptablesRestore([{ action: "create", resource: nat }])).toBe(
      `*nat\n:MINE - [0:0]\n-A MINE -p tcp --dport 80 -j DNAT --to-destination 10.1.0.2:80\n-A PREROUTING -d 10.0.0.1 -j MINE\n-A ${masquerade}\nCOMMIT\n`,
    );
  });

  it("deletes jumps before the chains that they lead to", () => {
    expect(encodeIptablesRestore([{ action: "delete", resource: nat }])).toBe(
      `*nat\n-D PREROUTING -d 10.0.0.1 -j MINE\n-D ${masquerade}\n-F MINE\n-X MINE\nCOMMIT\n`,
    );
  });

  it("takes a chain away that is no longer wanted, after nothing refers to it any more", () => {
    const after = { ...nat, chains: nat.chains.filter(({ name }) => name === "POSTROUTING") };
    expect(encodeIptablesRestore([{ action: "update", resource: after, before: nat }])).toBe(
      `*nat\n:MINE - [0:0]\n-D PREROUTING -d 10.0.0.1 -j MINE\n-X MINE\nCOMMIT\n`,
    );
  });

  it("writes only the chains that differ, and those that somebody has touched", () => {
    const before = nat;
    const edited = nat.chains.map((chain) =>
      chain.name === "MINE" ? { ...chain, rules: [{ args: ["-j", "ACCEPT"], cause: nat.cause }] } : chain,
    );
    expect(encodeIptablesRestore([{ action: "update", resource: { ...nat, chains: edited }, before }])).toBe(
      "*nat\n:MINE - [0:0]\n-A MINE -j ACCEPT\nCOMMIT\n",
    );
    expect(encodeIptablesRestore([{ action: "update", resource: nat, before }])).toBe("");
    const touched = nat.chains.map((chain) => (chain.name === "POSTROUTING" ? { ...chain, touched: true } : chain));
    expect(encodeIptablesRestore([{ action: "update", resource: nat, before: { ...nat, chains: touched } }])).toBe(
      `*nat\n-D ${masquerade}\n-A ${masquerade}\nCOMMIT\n`,
    );
  });

  it("gives a policy back", () => {
    const filter = {
      ...nat,
      table: "filter" as const,
      chains: [{ name: "FORWARD", builtin: true, policy: "DROP" as const, rules: [] }],
    };
    expect(encodeIptablesRestore([{ action: "delete", resource: filter }])).toBe(
      "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n",
    );
    expect(encodeIptablesRestore([{ action: "update", resource: { ...filter, chains: [] }, before: filter }])).toBe(
      "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n",
    );
  });

  it("refuses what would start a new line", () => {
    const evil = {
      ...nat,
      chains: [
        { name: "INPUT", builtin: true, rules: [{ args: ["-m", "comment", "--comment", "x\n-F"], cause: nat.cause }] },
      ],
    };
    expect(() => encodeIptablesRestore([{ action: "create", resource: evil }])).toThrow(/line break/);
  });
});
