import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { clusterLab, diagnose, hints } from "../../load/diagnose.ts";

const CLUSTER = "    nodes: [node1]";
const DUAL = `${CLUSTER}\n    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]`;

const service = (spec: string, metadata = "{ name: s }"): string =>
  `apiVersion: v1\nkind: Service\nmetadata: ${metadata}\nspec: ${spec}`;
/** Mistakes and warnings, without the one about a selector that matches nothing. */
const found = (manifest: string, cluster = CLUSTER): string =>
  diagnose(clusterLab(cluster, manifest))
    .filter((line) => !line.includes("matches no pod"))
    .join("\n");
const PORTS = "ports: [ { port: 80 } ]";

describe("a Service, as the API server refuses it", () => {
  test.each([
    [
      service(`{ ${PORTS} }`, "{ name: Web }"),
      '10:19 Service "Web": metadata.name: Invalid value: "Web": a DNS-1035 label',
    ],
    [service(`{ ${PORTS} }`, "{ name: 1web }"), 'metadata.name: Invalid value: "1web": a DNS-1035 label'],
    [service(`{ ${PORTS} }`, `{ name: ${"a".repeat(64)} }`), "must be no more than 63 characters"],
    [service("{}"), "spec.ports: Required value"],
    [
      service("{ type: Foo, ports: [ { port: 80 } ] }"),
      'spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      service("{ ports: [ { port: 0 } ] }"),
      '11:26 Service "s": spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      service("{ ports: [ { port: 80, targetPort: 70000 } ] }"),
      "spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ],
    [
      service("{ ports: [ { port: 80, targetPort: '80' } ] }"),
      'spec.ports[0].targetPort: Invalid value: "80": must contain at least one letter (a-z)',
    ],
    [
      service("{ ports: [ { port: 80, protocol: tcp } ] }"),
      'spec.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
    ],
    [service("{ ports: [ { port: 80 }, { port: 81, name: b } ] }"), "spec.ports[0].name: Required value"],
    [
      service("{ ports: [ { port: 80, name: a }, { port: 81, name: a } ] }"),
      'spec.ports[1].name: Duplicate value: "a"',
    ],
    [
      service("{ ports: [ { port: 80, name: A_b } ] }"),
      'spec.ports[0].name: Invalid value: "A_b": a lowercase RFC 1123 label',
    ],
    [
      service("{ ports: [ { port: 80, name: a }, { port: 80, name: b } ] }"),
      'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
    ],
    [
      service("{ ports: [ { port: 80, nodePort: 30080 } ] }"),
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      service("{ type: NodePort, clusterIP: None, ports: [ { port: 80, nodePort: 30080 } ] }"),
      "may not be set to 'None' for NodePort services",
    ],
    [
      service(`{ type: LoadBalancer, clusterIP: None, ${PORTS} }`),
      "may not be set to 'None' for LoadBalancer services",
    ],
    [
      service("{ type: LoadBalancer, ports: [ { port: 10250 } ] }"),
      "may not expose port 10250 externally since it is used by kubelet",
    ],
    [
      service(
        "{ type: NodePort, ports: [ { port: 80, name: a, nodePort: 30080 }, { port: 81, name: b, nodePort: 30080 } ] }",
      ),
      "spec.ports[1].nodePort: Duplicate value: 30080",
    ],
    [
      service("{ type: NodePort, ports: [ { port: 80, nodePort: 80 } ] }"),
      "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
    ],
    [service("{ type: ExternalName }"), "spec.externalName: Required value"],
    [
      service("{ type: ExternalName, externalName: UPPER }"),
      'spec.externalName: Invalid value: "UPPER": a lowercase RFC 1123 subdomain',
    ],
    [
      service("{ type: ExternalName, externalName: a.b, clusterIP: 10.96.0.50 }"),
      "Forbidden: may not be set for ExternalName services",
    ],
    [
      service("{ type: ExternalName, externalName: a.b, ipFamilyPolicy: SingleStack }"),
      "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
    ],
    [
      service(`{ ${PORTS}, sessionAffinity: Sticky }`),
      'spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"',
    ],
    [
      service(`{ ${PORTS}, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } }`),
      "spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None",
    ],
    [
      service(
        `{ ${PORTS}, sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } }`,
      ),
      "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400",
    ],
    [
      service(`{ ${PORTS}, externalTrafficPolicy: Local }`),
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      service(`{ type: NodePort, ${PORTS}, externalTrafficPolicy: Near }`),
      'spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
    ],
    [service(`{ ${PORTS}, internalTrafficPolicy: Near }`), 'spec.internalTrafficPolicy: Unsupported value: "Near"'],
    [
      service(`{ type: LoadBalancer, ${PORTS}, healthCheckNodePort: 30000 }`),
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      service(`{ ${PORTS}, trafficDistribution: Near }`),
      'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ],
    [
      service(`{ ${PORTS}, loadBalancerSourceRanges: [10.0.0.0/8] }`),
      "spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      service(`{ type: LoadBalancer, ${PORTS}, loadBalancerSourceRanges: [10.0.0.0] }`),
      'spec.loadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value',
    ],
    [
      service(`{ type: NodePort, ${PORTS}, allocateLoadBalancerNodePorts: false }`),
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      service(`{ ${PORTS}, externalIPs: [127.0.0.1] }`),
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range',
    ],
    [
      service(`{ ${PORTS}, externalIPs: [example.com] }`),
      'spec.externalIPs[0]: Invalid value: "example.com": must be a valid IP address',
    ],
    [service(`{ ${PORTS}, selector: { a: 'x y' } }`), 'spec.selector.a: Invalid value: "x y": a valid label must be'],
    [service(`{ ${PORTS}, clusterIp: None }`), 'unknown key "clusterIp"'],
    [
      service(
        `{ type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30100, ports: [ { port: 80, nodePort: 30100 } ] }`,
      ),
      "spec.healthCheckNodePort: Invalid value: 30100: provided port is already allocated",
    ],
    [
      service(
        "{ type: NodePort, ports: [ { port: 80, name: a, nodePort: 30080 }, { port: 81, name: b, protocol: UDP, nodePort: 30080 } ] }",
      ),
      "spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated",
    ],
    [
      `${service(`{ type: LoadBalancer, ${PORTS} }`)}\nstatus: { loadBalancer: { ingress: [ { hostname: A_b } ] } }`,
      'status.loadBalancer.ingress[0].hostname: Invalid value: "A_b": a lowercase RFC 1123 subdomain',
    ],
    [service(`{ ${PORTS} }`, "{ name: s, annotations: { 'a b': x } }"), 'metadata.annotations["a b"]: Invalid value'],
  ])("case %#", (manifest, message) => expect(found(manifest)).toContain(message));
});

test("what is mistaken is not reported as missing as well", () => {
  expect(found(service('{ ports: [ { port: "80" } ] }'))).toBe(
    '11:26 Service "s": spec.ports[0].port: expected a number, got text "80"',
  );
  expect(found(service("{ ports: { port: 80 } }"))).toBe('11:16 Service "s": spec.ports: expected a list, got a map');
});

test("one port in two protocols has one node port", () => {
  const both =
    "{ type: NodePort, ports: [ { port: 53, name: u, protocol: UDP, nodePort: 30053 }, { port: 53, name: t, nodePort: 30053 } ] }";
  expect(found(service(both))).toBe("");
});

test("names of 63 characters", () => {
  const long = "a".repeat(63);
  expect(found(service(`{ ports: [ { port: 80, name: ${long} } ] }`, `{ name: ${long} }`))).toBe("");
});

describe("cluster IPs and families", () => {
  test.each([
    [`{ ${PORTS}, clusterIP: none }`, 'spec.clusterIP: Invalid value: "none": must be a valid IP address'],
    [
      `{ ${PORTS}, clusterIPs: [10.96.0.50] }`,
      'spec.clusterIPs: Invalid value: ["10.96.0.50"]: must be empty when `clusterIP` is not specified',
    ],
    [`{ ${PORTS}, clusterIP: 10.96.0.51, clusterIPs: [10.96.0.50] }`, "first value must match `clusterIP`"],
    [`{ ${PORTS}, clusterIP: None, clusterIPs: [None, 10.96.0.50] }`, "'None' must be the first and only value"],
    [
      `{ ${PORTS}, ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.0.50, clusterIPs: [10.96.0.50, 10.96.0.51] }`,
      "may specify no more than one IP for each IP family",
    ],
    [
      `{ ${PORTS}, clusterIP: 10.96.0.50, ipFamilies: [IPv6] }`,
      'spec.clusterIP: Invalid value: "10.96.0.50": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [`{ ${PORTS}, ipFamilies: [IPv4, IPv4] }`, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      `{ ${PORTS}, ipFamilies: [ipv4] }`,
      'spec.ipFamilies[0]: Unsupported value: "ipv4": supported values: "IPv4", "IPv6"',
    ],
    [`{ ${PORTS}, ipFamilyPolicy: Dual }`, 'spec.ipFamilyPolicy: Unsupported value: "Dual"'],
    [
      `{ ${PORTS}, ipFamilies: [IPv4, IPv6] }`,
      "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      `{ ${PORTS}, clusterIP: 10.97.0.1 }`,
      "failed to allocate IP 10.97.0.1: the provided IP (10.97.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16",
    ],
    [`{ ${PORTS}, clusterIP: 10.96.0.0 }`, "is not in the valid range"],
    [`{ ${PORTS}, clusterIP: 10.96.255.255 }`, "is not in the valid range"],
    [`{ ${PORTS}, clusterIP: 10.96.0.1 }`, "failed to allocate IP 10.96.0.1: provided IP is already allocated"],
    [`{ ${PORTS}, clusterIP: 10.96.0.10 }`, "failed to allocate IP 10.96.0.10: provided IP is already allocated"],
  ])("%s", (spec, message) => expect(found(service(spec), DUAL)).toContain(message));

  test("what a cluster of one family cannot have", () => {
    expect(found(service(`{ ${PORTS}, ipFamilyPolicy: RequireDualStack }`))).toContain(
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    );
    expect(found(service(`{ ${PORTS}, ipFamilies: [IPv6] }`))).toContain(
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    );
    expect(found(service(`{ ${PORTS}, clusterIP: "fd00::1" }`))).toContain("IPv6 is not configured on this cluster");
    expect(found(service(`{ ${PORTS}, ipFamilyPolicy: PreferDualStack }`))).toBe("");
  });
});

describe("several Services", () => {
  const two = (a: string, b: string): readonly string[] =>
    diagnose(clusterLab(CLUSTER, service(a, "{ name: a }"), service(b, "{ name: b }")));

  test("one cluster IP for two: the second is an error that names the first", () => {
    const text = clusterLab(
      CLUSTER,
      ...["a", "b"].map((name) => service(`{ ${PORTS}, clusterIP: 10.96.0.50 }`, `{ name: ${name} }`)),
    );
    expect(diagnose(text)).toEqual([
      '16:45 Service "b": spec.clusterIP: Invalid value: ["10.96.0.50"]: failed to allocate IP 10.96.0.50: provided IP is already allocated',
    ]);
    expect(hints(text)[0]).toContain("default/a has it");
  });

  test("one node port for two, whatever the protocol", () => {
    expect(
      two(
        "{ type: NodePort, ports: [ { port: 80, nodePort: 30080 } ] }",
        "{ type: NodePort, ports: [ { port: 81, protocol: UDP, nodePort: 30080 } ] }",
      ),
    ).toEqual(['16:71 Service "b": spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated']);
  });

  test("one load-balancer address for two, and one from elsewhere", () => {
    const lb = (ip: string): string => `{ type: LoadBalancer, ${PORTS}, loadBalancerIP: ${ip} }`;
    expect(two(lb("192.168.50.245"), lb("192.168.50.245")).join()).toContain(
      'Service "b": spec.loadBalancerIP: Invalid value: "192.168.50.245": address is already allocated',
    );
    expect(two(lb("192.168.50.245"), lb("198.51.100.1")).join()).toContain("not in the cluster's loadBalancer.cidr");
  });

  test("the name of the cluster's own, and one name twice", () => {
    expect(found(service(`{ ${PORTS} }`, "{ name: kubernetes }"))).toContain('services "kubernetes" already exists');
    expect(diagnose(clusterLab(CLUSTER, service(`{ ${PORTS} }`), service(`{ ${PORTS} }`))).join()).toContain(
      'Service "s" is defined twice: both are the same',
    );
  });
});

test("warnings: a target port that no selected pod names, an external address and port of two Services", () => {
  const pod = (ports: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: p, labels: { app: x } }\nspec: { containers: [ { name: c, ports: [ ${ports} ] } ] }`;
  const named = service("{ selector: { app: x }, ports: [ { port: 80, targetPort: web } ] }");
  const wrong = clusterLab(
    CLUSTER,
    named,
    pod("{ containerPort: 80, name: http }, { containerPort: 81, name: web, protocol: UDP }"),
  );
  expect(diagnose(wrong)).toEqual([
    expect.stringContaining('no selected pod has a container port named "web" for TCP') as string,
  ]);
  expect(diagnose(clusterLab(CLUSTER, named, pod("{ containerPort: 80, name: web }")))).toEqual([]);
  const external = ["a", "b"].map((name) => service(`{ ${PORTS}, externalIPs: [192.0.2.9] }`, `{ name: ${name} }`));
  expect(diagnose(clusterLab(CLUSTER, ...external))).toEqual([
    expect.stringContaining("warning: Service default/b shares 192.0.2.9 port 80/TCP with Service default/a") as string,
  ]);
});

test("warnings: a selector that matches nothing, old notation, a class that is not served", () => {
  expect(diagnose(clusterLab(CLUSTER, service(`{ ${PORTS}, selector: { app: x } }`)))).toEqual([
    expect.stringMatching(/^11:\d+ warning: Service default\/s has no endpoints: its selector matches no pod/),
  ]);
  expect(found(service(`{ ${PORTS}, externalIPs: [192.0.2.010] }`))).toContain(
    'warning: Service "s": spec.externalIPs[0]: non-standard notation "192.0.2.010" is read as 192.0.2.10',
  );
  expect(found(service(`{ type: LoadBalancer, ${PORTS}, loadBalancerClass: example.com/cloud }`))).toContain(
    "gets no load-balancer address",
  );
});

describe("an EndpointSlice, as the API server refuses it", () => {
  const slice = (rest: string, labels = "kubernetes.io/service-name: s"): string =>
    `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: e, labels: { ${labels} } }\n${rest}`;
  const both = (manifest: string): string =>
    diagnose(clusterLab(CLUSTER, service(`{ ${PORTS} }`), manifest)).join("\n");

  test.each([
    ["addressType: IPv5", 'addressType: Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"'],
    ["addressType: IPv4\nendpoints: [ {} ]", "endpoints[0].addresses: Required value: must contain at least 1 address"],
    [
      "addressType: IPv4\nendpoints: [ { addresses: ['fd00::1'] } ]",
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
    ],
    ["addressType: IPv4\nendpoints: [ { addresses: [169.254.1.1] } ]", "may not be in the link-local range"],
    [
      "addressType: IPv4\nports: [ { port: 0 } ]",
      "ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ],
    ["addressType: IPv4\nports: [ { port: 1 }, { port: 2 } ]", 'ports[1].name: Duplicate value: ""'],
    ["addressType: IPv4\nports: [ { port: 1, appProtocol: 'a b' } ]", 'ports[0].appProtocol: Invalid value: "a b"'],
    [
      "addressType: IPv4\nendpoints: [ { addresses: [192.0.2.1], hints: { forZones: [ { name: a }, { name: a } ] } } ]",
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
    ],
    [
      "addressType: IPv4\nendpoints: [ { addresses: [192.0.2.1], hints: { forNodes: [ { name: A } ] } } ]",
      'endpoints[0].hints.forNodes[0].name: Invalid value: "A"',
    ],
    ["addressType: IPv4\nports: [ { port: 1, protocol: ICMP } ]", 'ports[0].protocol: Unsupported value: "ICMP"'],
    [
      "addressType: IPv4\nendpoints: [ { addresses: [192.0.2.1], nodeName: node9 } ]",
      'warning: there is no node "node9"',
    ],
    [
      "addressType: FQDN\nendpoints: [ { addresses: [a.example] } ]",
      "warning: kube-proxy does not use endpoints that are names",
    ],
  ])("case %#", (rest, message) => expect(both(slice(rest))).toContain(message));

  test("one without an owner", () => {
    expect(both(slice("addressType: IPv4", ""))).toContain(
      "warning: EndpointSlice default/e does not belong to a Service",
    );
    expect(both(slice("addressType: IPv4", "kubernetes.io/service-name: x"))).toContain(
      'belongs to a Service that does not exist: "x"',
    );
  });
});

describe("Endpoints, as the API server refuses them", () => {
  const endpoints = (subsets: string, metadata = "{ name: s }"): string =>
    `apiVersion: v1\nkind: Endpoints\nmetadata: ${metadata}\nsubsets: [ ${subsets} ]`;
  const both = (manifest: string, spec = `{ ${PORTS} }`): string =>
    diagnose(clusterLab(CLUSTER, service(spec), manifest)).join("\n");

  test.each([
    ["{}", "16:12 Endpoints \"s\": subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
    ["{ addresses: [ {} ] }", "subsets[0].addresses[0].ip is missing"],
    ["{ addresses: [ { ip: web } ] }", 'subsets[0].addresses[0].ip: Invalid value: "web": must be a valid IP address'],
    ["{ notReadyAddresses: [ { ip: 127.0.0.1 } ] }", "subsets[0].notReadyAddresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range"],
    ["{ addresses: [ { ip: 192.0.2.1, hostname: A } ] }", 'subsets[0].addresses[0].hostname: Invalid value: "A"'],
    ["{ addresses: [ { ip: 192.0.2.1, nodeName: A } ] }", 'subsets[0].addresses[0].nodeName: Invalid value: "A"'],
    ["{ addresses: [ { ip: 192.0.2.1 } ], ports: [ { port: 1 }, { port: 2, name: b } ] }", "subsets[0].ports[0].name: Required value"],
    ["{ addresses: [ { ip: 192.0.2.1 } ], ports: [ { port: 0, name: B } ] }", 'subsets[0].ports[0].name: Invalid value: "B"'],
    ["{ addresses: [ { ip: 192.0.2.1 } ], ports: [ { port: 70000 } ] }", "subsets[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive"],
    ["{ addresses: [ { ip: 192.0.2.1 } ], ports: [ { port: 1, protocol: ICMP } ] }", 'subsets[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
    ["{ addresses: [ { ip: 192.0.2.1 } ], ports: [ { port: 1, appProtocol: a b } ] }", 'subsets[0].ports[0].appProtocol: Invalid value: "a b"'],
    ["{ addresses: [ { ip: 192.0.2.1, nodeName: node9 } ] }", 'warning: there is no node "node9"'],
    ["{ addresses: [ { ip: 192.0.2.1 } ] }", "warning: Endpoints \"s\": kind: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"],
  ])("%s", (subsets, message) => expect(both(endpoints(subsets))).toContain(message)); // prettier-ignore

  const ONE = "{ addresses: [ { ip: 192.0.2.1 } ] }";
  test.each([
    ["a Service with a selector", endpoints(ONE), `{ selector: { a: b }, ${PORTS} }`, "warning: Endpoints default/s have no effect: Service default/s has a selector"],
    ["no Service of their name", endpoints(ONE, "{ name: t }"), undefined, "warning: Endpoints default/t have no effect: there is no Service default/t"],
    ["skip-mirror", endpoints(ONE, '{ name: s, labels: { endpointslice.kubernetes.io/skip-mirror: "true" } }'), undefined, "have no effect: label endpointslice.kubernetes.io/skip-mirror"],
    ["a lock of leader election", endpoints(ONE, '{ name: s, annotations: { control-plane.alpha.kubernetes.io/leader: "{}" } }'), undefined, "have no effect: annotation control-plane.alpha.kubernetes.io/leader"],
    ["the API server's own", endpoints(ONE, "{ name: kubernetes }"), undefined, "have no effect: the API server writes those of default/kubernetes itself"],
  ])("without effect: %s", (_, manifest, spec, message) => expect(both(manifest, spec)).toContain(message)); // prettier-ignore
});

describe("a pod's DNS settings", () => {
  const pod = (spec: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [ { name: c } ], ${spec} }`;
  test.each([
    ["dnsPolicy: ClusterFist", 'spec.dnsPolicy: Unsupported value: "ClusterFist"'],
    ["dnsPolicy: None", "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    [
      "dnsPolicy: None, dnsConfig: { searches: [a.b] }",
      "must provide at least one DNS nameserver when `dnsPolicy` is None",
    ],
    ["dnsConfig: { nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4] }", "must not have more than 3 nameservers"],
    ["dnsConfig: { nameservers: [dns.example] }", 'spec.dnsConfig.nameservers[0]: Invalid value: "dns.example"'],
    ["dnsConfig: { searches: [-a] }", 'spec.dnsConfig.searches[0]: Invalid value: "-a"'],
    ["dnsConfig: { options: [ { value: '1' } ] }", "spec.dnsConfig.options[0]: Required value: must not be empty"],
  ])("%s", (spec, message) => expect(found(pod(spec))).toContain(message));
});

describe("what Services ask of a load balancer by annotations", () => {
  const balanced = (name: string, annotations: string, port = 80): string =>
    service(
      `{ type: LoadBalancer, selector: { a: b }, ports: [ { port: ${port} } ] }`,
      `{ name: ${name}, annotations: { ${annotations} } }`,
    );
  const ips = (...manifests: readonly string[]) =>
    loadLabText(clusterLab(CLUSTER, ...manifests), "lab.yaml").lab.clusters[0]?.services.flatMap(
      ({ loadBalancerIPs }) => loadBalancerIPs.map(({ ip }) => ip),
    );

  test.each([
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "lbipam.cilium.io/ips",
    "kube-vip.io/loadbalancerIPs",
  ])("%s", (key) => expect(ips(balanced("s", `${key}: 192.168.50.247`))).toEqual(["192.168.50.247"]));

  test("not of the range, and not for two, unless they share it", () => {
    const key = "metallb.io/loadBalancerIPs";
    expect(found(balanced("s", `${key}: 198.51.100.1`))).toContain("not in the cluster's loadBalancer.cidr");
    const two = (shared: string): readonly string[] => [
      balanced("a", `${key}: 192.168.50.247${shared}`),
      balanced("b", `${key}: 192.168.50.247${shared}`, 81),
    ];
    expect(diagnose(clusterLab(CLUSTER, ...two(""))).join()).toContain("address is already allocated");
    expect(ips(...two(", metallb.io/allow-shared-ip: k"))).toEqual(["192.168.50.247", "192.168.50.247"]);
  });
});
