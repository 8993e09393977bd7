/**
 * kube-router in a virtual machine, because this kernel may lack IPVS, IPIP, FOU and dummy devices: tunnels, and the service proxy.
 *
 *     a — n1      b — n2 (same subnet)      c — n3 (another subnet)
 *     client, web-1 — n1      web-2 — n2      internet        198.51.100.80: led to n1, and answered by the pods themselves
 */
import { guestCase, ping, pod, testInGuest, way } from "../vm/guest-cases.ts";
import type { GuestCase } from "../vm/guest-cases.ts";

const web = (name: string, node: string): string =>
  pod(name, node, "{ name: c, ports: [ { containerPort: 80 } ] }").replace("labels: {", "labels: { kind: web,");

const service = (name: string, annotations: string, port: string, spec: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name}, annotations: { ${annotations} } }, spec: { ports: [ { port: 80${port} } ], ${spec} } }`;

/** What that many connections come to, without ports, each once. `patience`: seconds; an emulated machine is slow. */
const get = (ns: string, url: string, times = 2, patience = 20) =>
  [
    ns,
    "sh",
    "-c",
    `for i in $(seq ${times}); do curl -sg -m ${patience} http://${url} || echo exit $?; echo; done | sed 's/:[0-9]*$//' | sed '/^$/d' | sort -u | paste -sd' '`,
  ] as const;

/** What is asked, what answers, and what does without servers; default: a refusal. */
const ASKED: readonly (readonly [command: readonly [string, ...string[]], answer: string, closed?: string])[] = [
  [get("default/client", "10.96.0.80/hostname"), "web-1 web-2"],
  // A pod's source stays, and the node's own is its address, whichever device it leaves by.
  [get("default/client", "10.96.0.80/clientip", 1), "10.244.0.2"],
  [get("n1", "10.96.0.80/clientip"), "192.168.50.11"],
  [get("n1", "[fd00:10:96::80]/clientip"), "[fd00:50::11]"],
  // From outside only what goes on to another node gets the node's address.
  [get("internet", "192.168.50.11:30080/clientip"), "192.168.50.11 203.0.113.10"],
  // A pod does not reach itself but with the annotation, and then from the Service's address.
  [get("default/web-1", "10.96.0.80/hostname", 2, 6), "exit 28 web-2", "exit 28 exit 7"],
  [get("default/web-1", "10.96.0.82/clientip", 1), "10.96.0.82"],
  // Direct server return: clients are seen, and answered by the pods.
  [get("internet", "198.51.100.80/hostname"), "web-1 web-2"],
  [get("internet", "198.51.100.80/clientip"), "203.0.113.10"],
  // With service.local a node without endpoints has no such port.
  [get("internet", "192.168.50.11:30083/clientip", 1), "203.0.113.10"],
  [get("internet", "192.168.50.12:30083", 1), "exit 7"],
  // Services' addresses answer pings, and refuse other ports.
  [ping("default/client", "10.96.0.80"), "open", "open"],
  [get("default/client", "10.96.0.80:81", 1), "exit 7"],
];

/** Names of the tunnels that n1 has. */
const TO_N2 = "tun-5670163d386";
const TO_N3 = "tun-79c37cc69ac";

interface Overlay {
  /** Further settings. */
  readonly cni: string;
  readonly six?: true;
  /** The device by which pods of the same subnet are reached. */
  readonly near: string;
  /** What the tunnel to n3 says of itself. */
  readonly encapsulated: string;
  readonly harm: GuestCase["harm"];
  readonly restored: string;
}

function overlay(name: string, { cni, six, near, encapsulated, harm, restored }: Overlay): GuestCase {
  const [far, pods] =
    six === true
      ? ['[192.168.60.0/24, "fd00:60::/64"]', '[10.244.0.0/16, "fd00:10:244::/56"]']
      : ["192.168.60.0/24", "10.244.0.0/16"];
  const pinged = ["10.244.1.2", "10.244.2.2", ...(six === true ? ["fd00:10:244:2::2"] : [])];
  return guestCase(
    name,
    `cluster: { dns: false, nodes: [n1, n2, { name: n3, nodeCIDR: ${far} }], podCIDR: ${pods}, cni: { plugin: kube-router${cni} } }`,
    [pod("a", "n1"), pod("b", "n2"), pod("c", "n3")],
    {
      ask: [
        ...pinged.map((to) => ping("default/a", to)),
        ping("n1", "10.244.2.2"),
        // A node's address behind a tunnel is reached by the tunnel, too (table 77).
        ping("default/a", "192.168.60.11"),
        way("n1", "10.244.1.2"),
        way("n1", "10.244.2.2"),
        [
          "n1",
          "sh",
          "-c",
          `echo $(ip link show ${TO_N3} | grep -o 'mtu [0-9]*') $(ip -d link show ${TO_N3} | grep -o 'encap gue encap-sport auto encap-dport 5555')`,
        ],
      ],
      harm,
      expected: {
        answers: [...pinged, "", ""].map(() => "open").concat(`dev ${near}`, `dev ${TO_N3}`, encapsulated),
        restored,
      },
    },
  );
}

testInGuest([
  {
    what: "tunnels of IP in IP to all nodes",
    modules: ["ipip"],
    cases: {
      full: overlay("full", {
        cni: ", overlayType: full",
        near: TO_N2,
        encapsulated: "mtu 1480",
        harm: [["n1", "ip", "link", "set", TO_N3, "mtu", "1400"]],
        restored: `update tunnel:n1:${TO_N3}`,
      }),
    },
  },
  {
    what: "tunnels in UDP between subnets, in both families",
    modules: ["ipip", "ip6_tunnel", "fou", "fou6"],
    cases: {
      udp: overlay("udp", {
        cni: ", overlayEncap: fou",
        six: true,
        near: "eth0",
        encapsulated: "mtu 1468 encap gue encap-sport auto encap-dport 5555",
        harm: [["n1", "ip", "fou", "del", "port", "5555"]],
        restored: "create fou:n1:ipv4:5555",
      }),
    },
  },
  {
    what: "the service proxy by IPVS, with direct server return",
    modules: ["br_netfilter", "dummy", "ip_vs", "ipip"],
    cases: {
      proxy: guestCase(
        "proxy",
        `cluster: { dns: false, nodes: [n1, n2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"],
           cni: { plugin: kube-router, runServiceProxy: true, serviceExternalIPRange: [198.51.100.0/24] } },
         topology: { nodes: { router: { routes: [ { to: 198.51.100.80/32, via: 192.168.50.11 } ] }, internet: { routes: [ { to: 198.51.100.80/32, via: 203.0.113.1 } ] } } }`,
        [
          pod("client", "n1"),
          web("web-1", "n1"),
          web("web-2", "n2"),
          service(
            "web",
            "",
            ", nodePort: 30080",
            'type: NodePort, ipFamilyPolicy: RequireDualStack, clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80, "fd00:10:96::80"], selector: { kind: web }',
          ),
          service(
            "direct",
            "kube-router.io/service.dsr: tunnel",
            "",
            "clusterIP: 10.96.0.81, externalIPs: [198.51.100.80], selector: { kind: web }",
          ),
          service("self", 'kube-router.io/service.hairpin: ""', "", "clusterIP: 10.96.0.82, selector: { app: web-1 }"),
          service(
            "near",
            'kube-router.io/service.local: "true"',
            ", nodePort: 30083",
            "type: NodePort, clusterIP: 10.96.0.83, selector: { app: web-1 }",
          ),
        ],
        {
          ask: ASKED.map(([command]) => command),
          harm: [["n1", "ipvsadm", "-D", "-t", "10.96.0.80:80"]],
          expected: {
            answers: ASKED.map(([, answer]) => answer),
            restored: "update ipvs:n1:ipv4",
            // No server answers there: what reaches a pod is refused.
            scripted: ASKED.map(([, , closed = "exit 7"]) => closed),
          },
        },
      ),
    },
  },
]);
