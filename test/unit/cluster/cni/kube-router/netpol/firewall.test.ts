import { describe, expect, it } from "vitest";
import { podChain, policyChain } from "../../../../../../src/cluster/cni/kube-router/names.ts";
import { loadLabText } from "../../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../../src/plan/plan-lab.ts";
import { clusterLab } from "../../../../load/diagnose.ts";
import { pick, rules } from "../../../planned.ts";

const pod = (name: string, ports = ""): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: node1, containers: [{ name: c, image: x, ports: [${ports}] }] } }`;
const policy = (name: string, app: string, spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name} }, spec: { podSelector: { matchLabels: { app: ${app} } }, ${spec} } }`;

const CLUSTER = (cni = ""): string =>
  `    nodes: [node1]\n    dns: false\n    networkPolicy: { backend: iptables }\n    cni: { plugin: kube-router${cni} }`;

function planned(cni: string, ...objects: readonly string[]) {
  const all = planResources(loadLabText(clusterLab(CLUSTER(cni), pod("web"), ...objects), "lab.yaml").lab);
  const filter = rules(all, "node1", "ipv4", "filter");
  return {
    all,
    filter,
    /** Of one chain, without its name and comments. */
    chain: (name: string): string[] =>
      filter
        .filter((rule) => rule.startsWith(`${name} `))
        .map((rule) => rule.slice(name.length + 1).replaceAll(/-m comment --comment .*? (?=-[a-z] |--)/g, "")),
  };
}

const WEB = podChain({ namespace: "default", name: "web" });
const chainOf = (name: string): string => policyChain({ namespace: "default", name }, "ipv4");

describe("kube-router's firewall", () => {
  it("comes first in each chain, and lets through what pods' chains have marked", () => {
    const { filter, chain } = planned("");
    for (const name of ["INPUT", "FORWARD", "OUTPUT"]) {
      expect(filter.find((rule) => rule.startsWith(`${name} `))).toContain(`-j KUBE-ROUTER-${name}`);
      expect(chain(`KUBE-ROUTER-${name}`).slice(-2)).toEqual([
        "-j KUBE-NWPLCY-TAIL",
        "-m mark --mark 0x20000/0x20000 -j ACCEPT",
      ]);
    }
    expect(chain("KUBE-ROUTER-FORWARD").slice(0, 4)).toEqual([
      `-d 10.244.0.2 -j ${WEB}`,
      `-m physdev --physdev-is-bridged -d 10.244.0.2 -j ${WEB}`,
      `-s 10.244.0.2 -j ${WEB}`,
      `-m physdev --physdev-is-bridged -s 10.244.0.2 -j ${WEB}`,
    ]);
    expect(chain("KUBE-NWPLCY-TAIL")).toEqual(["-m mark --mark 0x20000/0x20000 -j ACCEPT"]);
  });

  it("asks the policies of a pod last one first, and opens a direction that none is about", () => {
    const { chain } = planned(
      "",
      policy("a", "web", "ingress: []"),
      policy("b", "web", "policyTypes: [Ingress], ingress: [{ from: [{ podSelector: {} }] }]"),
    );
    expect(chain(WEB)).toEqual([
      "-j KUBE-NWPLCY-COMMON",
      "-m addrtype --src-type LOCAL -d 10.244.0.2 -j ACCEPT",
      "-s 10.244.0.2 -j KUBE-NWPLCY-DEFAULT",
      `-d 10.244.0.2 -j ${chainOf("b")}`,
      `-d 10.244.0.2 -j ${chainOf("a")}`,
      "-m mark ! --mark 0x10000/0x10000 -j NFLOG --nflog-group 100 -m limit --limit 10/minute --limit-burst 10",
      "-m mark ! --mark 0x10000/0x10000 -j REJECT",
      "-j MARK --set-mark 0/0x10000",
      "-j MARK --set-mark 0x20000/0x20000",
    ]);
    expect(chain(chainOf("a"))).toEqual([]);
  });

  it("asks a policy of both directions without looking at them: its sets do", () => {
    const { chain } = planned("", policy("both", "web", "policyTypes: [Ingress, Egress]"));
    expect(chain(WEB)[2]).toBe(`-j ${chainOf("both")}`);
    expect(chain(WEB).join()).not.toContain("KUBE-NWPLCY-DEFAULT");
  });

  const named = (spec: string): readonly string[] => {
    const ports = "{ name: http, containerPort: 8080 }, { name: other, containerPort: 90, protocol: UDP }";
    const { chain } = planned("", pod("named", ports), policy("p", "web", spec));
    return chain(chainOf("p")).filter((rule) => rule.includes("-j MARK"));
  };

  it("takes names of ports for numbers: in egress without peers anywhere, beside a block for nothing", () => {
    const [any] = named("policyTypes: [Egress], egress: [{ ports: [{ port: http }] }]");
    expect(any).toMatch(/^-m set --match-set KUBE-SRC-\w+ src -p TCP --dport 8080 -j MARK/);
    expect(any).not.toContain("dst");
    const [peers] = named("policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }], ports: [{ port: http }] }]");
    expect(peers).toMatch(/src -m set --match-set KUBE-DST-\w+ dst -p TCP --dport 8080/);
    const block =
      "policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }], ports: [{ port: http }] }]";
    expect(named(block)).toEqual([]);
  });

  it("takes a rule whose names mean nothing for one without ports", () => {
    const [rule] = named("policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }], ports: [{ port: other }] }]");
    expect(rule).toMatch(/dst -j MARK/);
  });

  it("puts the blocks of a rule and their exceptions into one set; of the same prefix the later one counts", () => {
    const blocks =
      "[{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16] } }, { ipBlock: { cidr: 10.2.0.0/16 } }, { ipBlock: { cidr: 0.0.0.0/0 } }]";
    const { all } = planned("", policy("p", "web", `ingress: [{ from: ${blocks} }]`));
    const set = pick(all, "ipset", "node1").find(
      ({ name, type }) => name.startsWith("KUBE-SRC") && type === "hash:net",
    );
    expect(set?.entries).toEqual([
      "0.0.0.0/1 timeout 0",
      "10.0.0.0/8 timeout 0",
      "10.1.0.0/16 timeout 0 nomatch",
      "10.2.0.0/16 timeout 0",
      "128.0.0.0/1 timeout 0",
    ]);
  });

  it("rejects what no chain knows with --netpol-default-deny", () => {
    const { all, chain } = planned(", netpolDefaultDeny: true");
    expect(chain("KUBE-NWPLCY-TAIL")).toEqual([
      "-s 10.244.0.0/24 -m set ! --match-set kube-router-local-pods src -j REJECT",
      "-d 10.244.0.0/24 -m set ! --match-set kube-router-local-pods dst -j REJECT",
      "-m mark --mark 0x20000/0x20000 -j ACCEPT",
      "-s 10.244.0.0/24 -j REJECT",
      "-d 10.244.0.0/24 -j REJECT",
    ]);
    const set = pick(all, "ipset", "node1").find(({ name }) => name === "kube-router-local-pods");
    expect(set).toMatchObject({ timeout: 0, entries: ["10.244.0.2 timeout 0"] });
  });
});
