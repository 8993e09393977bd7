import { describe, expect, it } from "vitest";
import { findRequirements } from "../../../../../../src/apply/required-features.ts";
import { loadLabText } from "../../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../../src/resources/definitions.ts";
import type { Resource } from "../../../../../../src/resources/resource.ts";
import { clusterLab, diagnose } from "../../../../load/diagnose.ts";
import { pick, rules } from "../../../planned.ts";

const pod = (name: string, node: string): string =>
  `\n{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: web } }, spec: { nodeName: ${node}, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] } }`;

const service = (annotations: string, spec: string, port = "port: 80"): string =>
  `\n{ apiVersion: v1, kind: Service, metadata: { name: web, annotations: { ${annotations} } }, spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [{ ${port} }], ${spec} } }`;

const text = (cni: string, ...manifests: string[]): string =>
  clusterLab(
    `    nodes: [n1, n2]\n    dns: false\n    cni: { plugin: kube-router, runServiceProxy: true${cni} }\n`,
    pod("web-1", "n1"),
    pod("web-2", "n2"),
    ...manifests,
  );

const plan = (cni: string, ...manifests: string[]): readonly Resource[] =>
  planResources(loadLabText(text(cni, ...manifests), "lab.yaml").lab);

const servers = (all: readonly Resource[], ns = "n1"): string[] =>
  pick(all, "ipvs", ns).flatMap(({ lines }) =>
    lines.map((line) => line.text).filter((line) => !line.includes("10.96.0.1:")),
  );

describe("kube-router's service proxy", () => {
  it("gives the node Services' addresses, with its own as the source, and no kube-proxy", () => {
    const all = plan("", service("", "type: NodePort", "port: 80, nodePort: 30080"));
    expect(
      pick(all, "addr", "n1")
        .filter(({ dev }) => dev === "kube-dummy-if")
        .map(({ address, scope }) => `${address} ${scope}`),
    ).toEqual(["10.96.0.1/32 link", "10.96.0.80/32 link"]);
    expect(pick(all, "route", "n1").find(({ to, table }) => table === 255 && to === "10.96.0.80/32")).toMatchObject({
      type: "local",
      dev: "kube-dummy-if",
      src: "192.168.50.11",
      scope: "host",
      protocol: "kernel",
    });
    expect(servers(all)).toEqual([
      "-A -t 10.96.0.80:80 -s rr",
      "-a -t 10.96.0.80:80 -r 10.244.0.2:80 -m -w 1",
      "-a -t 10.96.0.80:80 -r 10.244.1.2:80 -m -w 1",
      "-A -t 192.168.50.11:30080 -s rr",
      "-a -t 192.168.50.11:30080 -r 10.244.0.2:80 -m -w 1",
      "-a -t 192.168.50.11:30080 -r 10.244.1.2:80 -m -w 1",
    ]);
    expect(rules(all, "n1", "ipv4", "nat").filter((rule) => !rule.includes("CNI-HOSTPORT"))).toEqual([
      "POSTROUTING -m ipvs --ipvs --vdir ORIGINAL --vmethod MASQ -m comment --comment  ! -s 10.244.0.0/24 ! -d 10.244.0.0/24 -j SNAT --to-source 192.168.50.11 --random-fully",
      "POSTROUTING -m set --match-set kube-router-pod-subnets src -m set ! --match-set kube-router-pod-subnets dst -m set ! --match-set kube-router-node-ips dst -j MASQUERADE --random-fully",
    ]);
    expect(rules(all, "n1", "ipv4", "filter").join("\n")).not.toMatch(/KUBE-(?:SERVICES|FORWARD|PROXY)/);
    expect(findRequirements(all).map(({ feature }) => feature)).toEqual(expect.arrayContaining(["dummy", "ipvs"]));
  });

  it("schedules as annotated, with flags of mh, and keeps clients", () => {
    const scheduled = (annotations: string, spec = "type: ClusterIP") =>
      servers(plan("", service(annotations, spec)))[0];
    expect(scheduled("kube-router.io/service.scheduler: lc")).toBe("-A -t 10.96.0.80:80 -s lc");
    expect(scheduled('kube-router.io/service.scheduler: mh, kube-router.io/service.schedflags: "flag-1,flag-2"')).toBe(
      "-A -t 10.96.0.80:80 -s mh -b mh-fallback,mh-port",
    );
    expect(scheduled("kube-router.io/service.scheduler: fastest", "sessionAffinity: ClientIP")).toBe(
      "-A -t 10.96.0.80:80 -s rr -p 10800",
    );
  });

  it("returns directly: mark, table, tunnel, and no address on the node", () => {
    const all = plan(
      ", serviceExternalIPRange: [198.51.100.0/24]",
      service("kube-router.io/service.dsr: tunnel", "externalIPs: [198.51.100.80]"),
    );
    // FNV-1a of 198.51.100.80-tcp-80, its last 14 bits.
    const mark = 7741;
    expect(servers(all).slice(3)).toEqual([
      `-A -f ${mark} -s rr`,
      `-a -f ${mark} -r 10.244.0.2:0 -i -w 1 --tun-type ipip`,
      `-a -f ${mark} -r 10.244.1.2:0 -i -w 1 --tun-type ipip`,
    ]);
    expect(rules(all, "n1", "ipv4", "mangle")).toEqual([
      `PREROUTING -d 198.51.100.80 -m tcp -p tcp --dport 80 -j MARK --set-mark ${mark}`,
      "PREROUTING -s 198.51.100.80 -m tcp -p tcp --sport 80 -i kube-bridge --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1440",
      `OUTPUT -d 198.51.100.80 -m tcp -p tcp --dport 80 -j MARK --set-mark ${mark}`,
    ]);
    expect(pick(all, "rule", "n1").map((one) => describeResource(one))).toContain(
      `rule 32764: from all fwmark 0x${mark.toString(16)} lookup 78`,
    );
    expect(pick(all, "route", "n1").map((one) => describeResource(one))).toContain(
      "route local default dev lo table 78",
    );
    expect(pick(all, "addr", "n1").map(({ address }) => address)).not.toContain("198.51.100.80/32");
    expect(pick(all, "tunnel", "default/web-1").map(({ name, data }) => [name, data])).toEqual([
      ["kube-tunnel-if", { local: "10.244.0.2" }],
    ]);
    expect(pick(all, "sysctl", "default/web-1").map(({ key, value }) => `${key}=${value}`)).toEqual(
      expect.arrayContaining(["kube-tunnel-if", "eth0", "all"].map((dev) => `net.ipv4.conf.${dev}.rp_filter=0`)),
    );
  });

  it("lets pods reach themselves by a Service with the annotation, or by all with hairpinMode", () => {
    const hairpin =
      "KUBE-ROUTER-HAIRPIN -s 10.244.0.2 -d 10.244.0.2 -m ipvs --vaddr 10.96.0.80 --vport 80 -j SNAT --to-source 10.96.0.80";
    const own = service('kube-router.io/service.hairpin: ""', "type: ClusterIP");
    expect(rules(plan("", own), "n1", "ipv4", "nat")).toContain(hairpin);
    expect(rules(plan(", hairpinMode: true", service("", "type: ClusterIP")), "n1", "ipv4", "nat")).toContain(hairpin);
    expect(rules(plan("", service("", "type: ClusterIP")), "n1", "ipv4", "nat").join("\n")).not.toContain("HAIRPIN");
  });

  it("serves a Service of service.local where it has endpoints, and external addresses of the ranges alone", () => {
    const local = service('kube-router.io/service.local: "true"', "type: NodePort", "port: 80, nodePort: 30080");
    const far = servers(plan("", local.replace("app: web", "app: none")));
    expect(far).toEqual(["-A -t 10.96.0.80:80 -s rr"]);
    expect(servers(plan("", local)).filter((line) => line.includes(":30080"))).toEqual([
      "-A -t 192.168.50.11:30080 -s rr",
      "-a -t 192.168.50.11:30080 -r 10.244.0.2:80 -m -w 1",
    ]);
    const outside = service("", "externalIPs: [198.51.100.80]");
    expect(servers(plan("", outside)).join()).not.toContain("198.51.100.80");
    expect(servers(plan(", strictExternalIPValidation: false", outside)).join()).toContain("-t 198.51.100.80:80");
  });

  it("refuses and warns at the place", () => {
    expect(diagnose(text("", service("kube-router.io/service.scheduler: fast", "type: ClusterIP"))).join()).toContain(
      "kube-router.io/service.scheduler: fast is unknown, so rr it is",
    );
    expect(
      diagnose(
        text("", service("kube-router.io/service.dsr: tunnel", "type: ClusterIP", "port: 80, targetPort: 8080")),
      ).join(),
    ).toContain("port 80 arrives at pods as 80, not as targetPort 8080");
    const beside = clusterLab(
      "    nodes: [n1]\n    kubeProxy: ipvs\n    cni: { plugin: kube-router, runServiceProxy: true }\n",
    );
    expect(diagnose(beside).join()).toContain(
      "kube-proxy does not run here: kube-router's service proxy implements Services",
    );
    const without = clusterLab("    nodes: [n1]\n    cni: { plugin: kube-router, hairpinMode: true }\n");
    expect(diagnose(without).join()).toContain("hairpinMode has no meaning without the service proxy");
  });
});
