/** Calico's IPIP tunnels, and kube-proxy's mode ipvs beside Felix, in a virtual machine. */
import { expect, test } from "vitest";
import { requireFeatures } from "../../src/apply/required-features.ts";
import { probeFeatures } from "../../src/kernel/features.ts";
import { guestCase, ping, pod, testInGuest, way } from "../vm/guest-cases.ts";
import type { GuestCase } from "../vm/guest-cases.ts";

const says = (ns: string, command: string) => [ns, "sh", "-c", `${command} | tr -d '\\n'`] as const;
/** The first packet of IP protocol 4 on the node's uplink, outer and inner addresses, while the node pings a pod. */
const wire = (ns: string, to: string) =>
  says(
    ns,
    `rm -f /tmp/wire; timeout 30 tcpdump -nnc 1 -i eth0 ip proto 4 2>/tmp/wire | sed -E 's/.* IP ([0-9.]+ > [0-9.]+): IP ([0-9.]+ > [0-9.]+):.*/\\1 carries \\2/' & until grep -q listening /tmp/wire; do sleep 0.1; done; ping -q -c 1 -W 5 ${to} >/dev/null; wait`,
  );

const ask = [
  says("n1", "ip -o -4 addr show tunl0 | grep -o '10[0-9./]*'"),
  says("n1", "ip link show tunl0 | grep -o LOWER_UP"),
  says("n1", "ip route get 10.244.0.129 | grep -o 'src [0-9.]*'"),
  wire("n1", "10.244.0.129"),
  ping("default/a", "10.244.0.65"),
  ping("default/a", "10.244.0.129"),
  ping("n1", "10.244.0.129"),
  way("n1", "10.244.0.65"),
  way("n1", "10.244.0.129"),
] as const;
const TUNNEL = [
  "10.244.0.0/32",
  "LOWER_UP",
  "src 10.244.0.0",
  "192.168.50.11 > 192.168.60.11 carries 10.244.0.0 > 10.244.0.129",
];
const harm = [["n1", "ip", "link", "set", "tunl0", "mtu", "1400"]] as const;

const tunnels = (name: string, encapsulation: string, near: string): GuestCase =>
  guestCase(
    name,
    `cluster: { dns: false, nodes: [n1, n2, { name: n3, nodeCIDR: 192.168.60.0/24 }], cni: { plugin: calico, encapsulation: ${encapsulation} } }`,
    [pod("a", "n1"), pod("b", "n2"), pod("c", "n3")],
    {
      ask,
      harm,
      expected: {
        answers: [...TUNNEL, "open", "open", "open", near, "dev tunl0"],
        restored: "update tunnel:n1:tunl0",
      },
    },
  );

/** Behind a Service of mode ipvs INPUT and OUTPUT see the packet: Felix' marks lead to the policies of both ends. */
const web = pod("web", "n2", "{ name: c, ports: [ { containerPort: 80 } ] }");
const service = `{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [ { port: 80 } ] } }`;
const policies = [
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: web }, spec: { podSelector: { matchLabels: { app: web } }, ingress: [ { from: [ { podSelector: { matchLabels: { app: a } } }, { podSelector: { matchLabels: { app: mute } } } ] } ] } }`,
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: mute }, spec: { podSelector: { matchLabels: { app: mute } }, policyTypes: [ Egress ] } }`,
];
const client = (ns: string) => [ns, "sh", "-c", "curl -s -m 4 http://10.96.0.80/clientip | cut -d: -f1"] as const;

testInGuest([
  {
    what: "IPIP carries packets always, or between subnets only",
    cases: { always: tunnels("always", "IPIP", "dev tunl0"), across: tunnels("across", "IPIPCrossSubnet", "dev eth0") },
    modules: ["ipip"],
  },
  {
    what: "behind a Service of mode ipvs policies of both ends apply",
    cases: {
      services: guestCase(
        "services",
        "cluster: { dns: false, nodes: [n1, n2], kubeProxy: ipvs, cni: { plugin: calico, encapsulation: VXLAN } }",
        [...["a", "other", "mute"].map((name) => pod(name, "n1")), web, service, ...policies],
        {
          ask: ["a", "other", "mute"].map((name) => client(`default/${name}`)),
          harm: [["n1", "iptables", "-F", "cali-forward-check"]],
          expected: {
            answers: ["10.244.0.1", "", ""],
            restored: "update iptables:n1:ipv4:filter",
            scripted: ["", "", ""],
          },
        },
      ),
    },
    modules: ["br_netfilter", "vxlan", "dummy", "ip_vs"],
  },
]);

test("a kernel without IPIP is refused by the feature's name, with what works without it", (context) => {
  if (probeFeatures(["ipip"])["ipip"]?.ok === true) return context.skip("this kernel has IPIP");
  expect(() => requireFeatures(tunnels("refused", "IPIP", "").resources)).toThrow(
    /^Calico's IPIP tunnels \(encapsulation VXLAN and None work without\) cannot be built here: this kernel lacks ipip /,
  );
});
