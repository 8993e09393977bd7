/** Labs that are broken behind their back, to see what failed checks say about it. */

const source = "apiVersion: k8snet-lab/v1\nkind: Lab\n";

function pod(name: string, app: string, node: string): string {
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${app} } }
spec:
  nodeName: ${node}
  containers: [{ name: c, ports: [{ containerPort: 80 }, { containerPort: 9000, protocol: UDP }] }]
`;
}

export interface ClusterShape {
  readonly cni: "vxlan" | "host-gw";
  readonly proxy: "iptables" | "nftables";
  readonly policies: "iptables" | "nftables";
}

/**
 *     client, near, closed-1 | node1 ── underlay ── node2 | web, closed-2          router ── internet
 *
 * Service web has the endpoint web, node port 30080; policy deny isolates the closed pods. Both families.
 */
export function clusterLab(name: string, { cni, proxy, policies }: ClusterShape): string {
  return `${source}metadata: { name: ${name} }
spec:
  cluster:
    nodes: [node1, node2]
    nodeCIDR: [192.168.50.0/24, "fd00:50::/64"]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    serviceCIDR: [10.96.0.0/16, "fd00:10:96::/112"]
    cni: { plugin: flannel, backend: ${cni} }
    kubeProxy: ${proxy}
    networkPolicy: { backend: ${policies} }
    internet: { cidr: [203.0.113.0/24, "2001:db8:113::/64"], servers: [80] }
  checks:
    - { name: near, from: pod/client, tcp: "pod/near:80", family: ipv4 }
    - { name: far, from: pod/client, tcp: "pod/web:80", family: ipv4 }
    - { name: far6, from: pod/client, tcp: "pod/web:80", family: ipv6 }
    - { name: far udp, from: pod/client, udp: "pod/web:9000", family: ipv4 }
    - { name: far ping, from: pod/client, ping: pod/web, family: ipv4 }
    - { name: far http, from: pod/client, http: "http://pod/web:80/", family: ipv4, expect: { status: 200 } }
    - { name: large, from: pod/client, ping: pod/web, family: ipv4, size: 1400, df: true }
    - { name: service, from: pod/client, http: "http://svc/web:80/", family: ipv4, expect: { status: 200 } }
    - { name: nat, from: pod/client, nat: "svc/web:80", family: ipv4 }
    - { name: hairpin, from: pod/web, tcp: "svc/web:80", family: ipv4 }
    - { name: outside, from: pod/client, http: "http://internet:80/", family: ipv4, expect: { status: 200, sourceIP: node1 } }
    - { name: node port, from: internet, tcp: "node1:30080", family: ipv4 }
    - { name: by name, from: pod/client, http: "http://web.default.svc.cluster.local/", family: ipv4, expect: { status: 200 } }
    - { name: query, from: pod/client, dns: web.default.svc.cluster.local, family: ipv4, expect: { answers: [10.96.0.50] } }
    - { name: everyone, reach: { from: [pod/client, pod/near], to: [pod/web], port: 80 }, family: ipv4, expect: open }
    - { name: denied near, from: pod/client, tcp: "pod/closed-1:80", family: ipv4 }
    - { name: denied far, from: pod/client, tcp: "pod/closed-2:80", family: ipv4 }
    - { name: denied far6, from: pod/client, tcp: "pod/closed-2:80", family: ipv6 }
    - { name: denied udp, from: pod/client, udp: "pod/closed-2:9000", family: ipv4 }
    - { name: denied ping, from: pod/client, ping: pod/closed-2, family: ipv4 }
    - { name: denied http, from: pod/client, http: "http://pod/closed-1:80/", family: ipv4, expect: { status: 200 } }
    - { name: denied reach, reach: { from: [pod/client], to: [pod/closed-1, pod/near], port: 80 }, family: ipv4, expect: open }
    - { name: itself, reach: { from: [pod/closed-1], to: [pod/closed-1], port: 80 }, family: ipv4, expect: { pod/closed-1: { pod/closed-1: timeout } } }
    - { name: closed, from: pod/client, tcp: "pod/closed-1:80", family: ipv4, expect: timeout }
${pod("client", "client", "node1")}${pod("near", "near", "node1")}${pod("closed-1", "closed", "node1")}${pod("web", "web", "node2")}${pod("closed-2", "closed", "node2")}---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  clusterIP: 10.96.0.50
  selector: { app: web }
  ports: [{ port: 80, nodePort: 30080 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: { matchLabels: { app: closed } }, policyTypes: [Ingress, Egress] }
`;
}

/** red 10.0.0.1 <-> 10.0.0.2 blue, one cable. */
export function cableLab(name: string): string {
  return `${source}metadata: { name: ${name} }
spec:
  topology:
    nodes:
      red: { interfaces: { eth0: { addresses: [10.0.0.1/24, "fd00:1::1/64"] } } }
      blue: { interfaces: { eth0: { addresses: [10.0.0.2/24, "fd00:1::2/64"] } }, servers: [80] }
    links: [{ endpoints: [red:eth0, blue:eth0] }]
  checks:
    - { name: ping, from: red, ping: blue, family: ipv4 }
    - { name: ping6, from: red, ping: blue, family: ipv6 }
    - { name: tcp, from: red, tcp: "blue:80", family: ipv4 }
    - { name: route, from: red, state: { route: 10.0.0.0/24 dev eth0 } }
`;
}

/** a, b and c on one bridge of the node; the ports of b2 and c are not isolated until a test does it. */
export function bridgeLab(name: string): string {
  return `${source}metadata: { name: ${name} }
spec:
  topology:
    nodes:
      node1:
        bridges: { cni0: { addresses: [10.244.0.1/24] } }
        interfaces: { veth-a: { bridge: cni0, isolated: false }, veth-b: { bridge: cni0, isolated: false, hairpin: true } }
        servers: [10250]
      pod-a: { interfaces: { eth0: { addresses: [10.244.0.2/24], mac: "02:00:00:00:00:0a" } }, routes: [{ to: default, via: 10.244.0.1 }] }
      pod-b: { interfaces: { eth0: { addresses: [10.244.0.3/24], mac: "02:00:00:00:00:0b" } }, servers: [80] }
    links:
      - { endpoints: [node1:veth-a, pod-a:eth0] }
      - { endpoints: [node1:veth-b, pod-b:eth0] }
  checks:
    - { name: neighbour, from: pod-a, tcp: "pod-b:80" }
    - { name: gateway, from: pod-a, tcp: "10.244.0.1:10250" }
    - { name: hairpin port, from: node1, state: { link: veth-b master cni0 hairpin on } }
`;
}

/** a <-> r1 <-> r2 <-> b, with routes there and back. */
export function routedLab(name: string): string {
  return `${source}metadata: { name: ${name} }
spec:
  topology:
    nodes:
      a: { interfaces: { eth0: { addresses: [10.1.0.2/24, "fd00:1::2/64"] } }, routes: [{ to: default, via: 10.1.0.1 }, { to: "::/0", via: "fd00:1::1" }] }
      r1:
        interfaces: { left: { addresses: [10.1.0.1/24, "fd00:1::1/64"] }, right: { addresses: [10.9.0.1/24, "fd00:9::1/64"] } }
        routes: [{ to: 10.2.0.0/24, via: 10.9.0.2 }, { to: "fd00:2::/64", via: "fd00:9::2" }]
        sysctls: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
        iptables: ["-A FORWARD -p tcp --dport 7 -j DROP", "-A FORWARD -p tcp --dport 25 -j REJECT --reject-with tcp-reset"]
      r2:
        interfaces: { left: { addresses: [10.9.0.2/24, "fd00:9::2/64"] }, right: { addresses: [10.2.0.1/24, "fd00:2::1/64"] } }
        routes: [{ to: 10.1.0.0/24, via: 10.9.0.1 }, { to: "fd00:1::/64", via: "fd00:9::1" }]
        sysctls: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
      b: { interfaces: { eth0: { addresses: [10.2.0.2/24, "fd00:2::2/64"] } }, routes: [{ to: default, via: 10.2.0.1 }, { to: "::/0", via: "fd00:2::1" }], servers: [80] }
    links:
      - { endpoints: [a:eth0, r1:left] }
      - { endpoints: [r1:right, r2:left] }
      - { endpoints: [r2:right, b:eth0] }
  checks:
    - { name: tcp, from: a, tcp: "b:80", family: ipv4 }
    - { name: tcp6, from: a, tcp: "b:80", family: ipv6 }
    - { name: ping, from: a, ping: b, family: ipv4 }
    - { name: large, from: a, ping: b, family: ipv4, size: 1400, df: true }
    - { name: own drop, from: a, tcp: "b:7", family: ipv4 }
    - { name: own reject, from: a, tcp: "b:25", family: ipv4 }
    - { name: nothing listens, from: a, tcp: "b:81", family: ipv4 }
`;
}
