/** Felix' table of nftables as a lab has it; how its rules are written: nft-text.test.ts. */
import { describe, expect, it } from "vitest";
import { nftablesTables } from "../../../../../../src/cluster/cni/calico/felix/nftables.ts";
import { caliDevice } from "../../../../../../src/cluster/cni/calico/names.ts";
import { NodeDraft } from "../../../../../../src/fabric/node-draft.ts";
import { loadLabText } from "../../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../../src/plan/plan-lab.ts";
import type { NftResource } from "../../../../../../src/resources/nft/definition.ts";
import { clusterLab, diagnose, pod } from "../../../../load/diagnose.ts";
import { pick } from "../../../planned.ts";

const NODES = "    nodes: [node1, node2]\n    dns: false\n    kubeProxy: nftables\n";
const PODS = ["a", "b"].map((name) => pod(name, ", nodeName: node1"));

function table(cni: string, ...manifests: readonly string[]): NftResource {
  const text = clusterLab(`${NODES}    cni: { plugin: calico, linuxDataplane: Nftables${cni} }`, ...PODS, ...manifests);
  const all = planResources(loadLabText(text, "lab.yaml").lab);
  expect(pick(all, "ipset", "node1")).toEqual([]);
  expect(
    pick(all, "iptables", "node1").flatMap(({ chains }) => chains.filter(({ name }) => /cali/.test(name))),
  ).toEqual([]);
  const [found, more] = pick(all, "nft", "node1").filter((one) => one.table === "calico");
  if (found === undefined || more !== undefined) throw new Error("not one table");
  return found;
}

function object({ objects }: NftResource, name: string): readonly string[] {
  const one = objects.find((each) => each.name === name);
  return (one?.kind === "chain" ? one.rules : (one?.elements ?? [])).map(({ text }) =>
    text.replace(/ comment "cali:[\w-]{16};"$/, "").replace(/ comment "cali:[\w-]{16}; /, ' comment "'),
  );
}

const netpol = (name: string, spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name} }\nspec: ${spec}`;
const [a, b] = ["a", "b"].map((name) => caliDevice("default", name));

describe("the table calico", () => {
  it("base chains with the original's priorities, behind or before kube-proxy's", () => {
    const hooks = table("").objects.flatMap((one) =>
      one.kind === "chain" && one.hook !== undefined ? [`${one.name}: ${one.hook}`] : [],
    );
    expect(hooks).toEqual([
      "raw-PREROUTING: type filter hook prerouting priority -300",
      "raw-OUTPUT: type filter hook output priority -300",
      "mangle-PREROUTING: type filter hook prerouting priority -150",
      "mangle-INPUT: type filter hook input priority -150",
      "mangle-FORWARD: type filter hook forward priority -150",
      "mangle-OUTPUT: type route hook output priority -150",
      "mangle-POSTROUTING: type filter hook postrouting priority -150",
      "nat-PREROUTING: type nat hook prerouting priority -100",
      "nat-INPUT: type nat hook input priority -100",
      "nat-OUTPUT: type nat hook output priority 110",
      "nat-POSTROUTING: type nat hook postrouting priority 110",
      "filter-INPUT: type filter hook input priority 0",
      "filter-FORWARD: type filter hook forward priority 0",
      "filter-OUTPUT: type filter hook output priority 0",
    ]);
    expect(object(table(""), "filter-FORWARD")).toEqual([
      "counter jump filter-cali-FORWARD",
      'meta mark & 0x10000 == 0x10000 counter accept comment "Policy explicitly accepted packet."',
      "counter meta mark set mark or 0x10000",
    ]);
  });

  it("verdict maps lead to pods' chains, before 3.30 a tree of rules; each element has the pod's cause", () => {
    const now = table("");
    expect(object(now, "filter-cali-to-wl-dispatch")).toEqual(
      [a, b].map((device) => `${device} : goto filter-cali-tw-${device}`),
    );
    const rules = now.objects.filter(({ kind, name }) => kind === "chain" && name === "filter-cali-to-wl-dispatch");
    expect(
      rules.flatMap((one) => (one.kind === "chain" ? one.rules : [])).map(({ text }) => text.replace(/ comment.*/, "")),
    ).toEqual(["oifname vmap @filter-cali-to-wl-dispatch", "counter drop"]);
    const map = now.objects.find(({ kind, name }) => kind === "map" && name === "filter-cali-from-wl-dispatch");
    expect(map?.kind === "map" ? map.elements.map(({ cause }) => cause.object) : []).toEqual([
      "Pod default/a",
      "Pod default/b",
    ]);
    const old = table(", version: '3.29'");
    expect(old.objects.some(({ kind }) => kind === "map")).toBe(false);
    expect(object(old, "filter-cali-to-wl-dispatch").toSorted()).toEqual(
      [
        ...[a, b].map((device) => `oifname ${device} counter goto filter-cali-tw-${device}`),
        'counter drop comment "Unknown interface"',
      ].toSorted(),
    );
  });

  it("policies' chains have their whole names; sets of networks have no element within another", () => {
    const long = "a-policy-whose-name-is-hashed-in-iptables";
    const made = table(
      "",
      netpol(
        long,
        "{ podSelector: {}, ingress: [ { from: [ { podSelector: {} } ], ports: [ { port: 80 }, { port: 8080, endPort: 8090 } ] } ] }",
      ),
    );
    expect(object(made, `filter-cali-pi-knp/default/${long}`)).toEqual([
      expect.stringMatching(
        /^meta l4proto tcp ip saddr @cali40s-[\w-]+ tcp dport \{ 80, 8080-8090 \} counter meta mark set mark or 0x10000 comment "KubernetesNetworkPolicy default\/a-policy-/,
      ),
    ]);
    expect(object(made, "cali40this-host")).toEqual(["10.244.0.0", "127.0.0.1", "192.168.50.11"]);
  });

  it("of networks that contain each other a set of intervals has the widest", () => {
    const cause = { object: "x", reason: "test" };
    const draft = new NodeDraft("node1", "node", cause);
    const tables = nftablesTables("ipv4", draft, false);
    const entries = ["10.0.0.0/24", "10.0.0.7", "10.0.0.0/8", "11.0.0.0/8", "192.0.2.1"];
    tables.addSet({ name: "cali40s:x", type: "hash:net", entries, cause });
    tables.finish(cause);
    const [made] = draft.of("nft").flatMap(({ objects }) => objects.filter(({ name }) => name === "cali40s-x"));
    expect(made?.kind === "set" ? made.elements.map(({ text }) => text) : []).toEqual([
      "10.0.0.0/8",
      "11.0.0.0/8",
      "192.0.2.1",
    ]);
  });
});

describe("what it needs", () => {
  const said = (cluster: string): string => diagnose(clusterLab(cluster)).join("\n");

  it("kube-proxy in nftables mode, of every node", () => {
    expect(said("    nodes: [node1]\n    cni: { plugin: calico, linuxDataplane: Nftables }")).toMatch(
      /7:44 warning: Calico in nftables mode requires kube-proxy in nftables mode, and it is in mode iptables/,
    );
    expect(said(`${NODES}    cni: { plugin: calico, linuxDataplane: Nftables }`)).toBe("");
    expect(
      said(
        "    nodes: [node1, { name: node2, kubeProxy: ipvs }]\n    kubeProxy: nftables\n    cni: { plugin: calico, linuxDataplane: Nftables }",
      ),
    ).toMatch(/it is in mode ipvs/);
  });

  it("a version that has it", () => {
    expect(said(`${NODES}    cni: { plugin: calico, linuxDataplane: Nftables, version: '3.28' }`)).toMatch(
      /Calico 3\.28 has no nftables data plane/,
    );
    expect(said(`${NODES}    cni: { plugin: calico, linuxDataplane: BPF }`)).toMatch(/linuxDataplane/);
  });
});
