/** Labs of any size for the benchmarks, as lab files a user could have written. */

/** N namespaces on one bridge, each with a veth, an address and a default route: what netlink_floor.c builds. */
export function bridgeLab(name: string, n: number): string {
  const nodes: string[] = [`      sw: { bridges: { cni0: { addresses: [10.244.0.1/16] } }, interfaces: {`];
  const links: string[] = [];
  for (let i = 0; i < n; i++) {
    nodes.push(`        v${i}: { bridge: cni0 }${i < n - 1 ? "," : " } }"}`);
    links.push(`      - endpoints: [sw:v${i}, p${i}:eth0]`);
  }
  for (let i = 0; i < n; i++)
    nodes.push(
      `      p${i}: { interfaces: { eth0: { addresses: [${address(i + 2)}/16] } }, routes: [{ to: default, via: 10.244.0.1 }] }`,
    );
  return file(name, nodes, links);
}

/** N pods that are routed, not bridged (as kindnet and Calico do it): no neighbour entry for each pair of pods. */
export function matrixLab(name: string, n: number): string {
  const nodes: string[] = [];
  const links: string[] = [];
  const legs: string[] = [];
  const routes: string[] = [];
  for (let i = 0; i < n; i++) {
    legs.push(`          v${i}: { addresses: [169.254.1.1/32] }`);
    routes.push(`          - { to: ${address(i + 2)}/32, dev: v${i}, scope: link }`);
    links.push(`      - endpoints: [host:v${i}, p${i}:eth0]`);
    nodes.push(
      `      p${i}: { interfaces: { eth0: { addresses: [${address(i + 2)}/32] } }, servers: [80], routes: [{ to: 169.254.1.1/32, dev: eth0, scope: link }, { to: default, via: 169.254.1.1, dev: eth0 }] }`,
    );
  }
  nodes.push(
    `      host:\n        sysctls: { net.ipv4.ip_forward: 1 }\n        interfaces:\n${legs.join("\n")}\n        routes:\n${routes.join("\n")}`,
  );
  const pods = `[${Array.from({ length: n }, (_, i) => `p${i}`).join(", ")}]`;
  const checks = ["tcp", "http"]
    .map(
      (protocol) =>
        `    - { name: ${protocol} matrix, reach: { from: ${pods}, to: ${pods}, port: 80, protocol: ${protocol} }, expect: open, within: 60s, timeout: 5s }`,
    )
    .join("\n");
  return `${file(name, nodes, links)}  checks:\n${checks}\n`;
}

/** N pods with a built-in server each. */
export function serverLab(name: string, n: number): string {
  return bridgeLab(name, n).replaceAll("via: 10.244.0.1 }] }", "via: 10.244.0.1 }], servers: [80] }");
}

/** Three nodes with `services` Services of three endpoints each, a client, and a check that asks the cluster's DNS. */
export function dnsLab(name: string, services: number, kubeProxy: "iptables" | "nftables" = "iptables"): string {
  const documents = Array.from({ length: services }, (_, i) => [
    `{ apiVersion: v1, kind: Service, metadata: { name: svc-${i} }, spec: { ports: [{ port: 80 }] } }`,
    `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: svc-${i}-a, labels: { kubernetes.io/service-name: svc-${i} } }, addressType: IPv4, ports: [{ name: "", port: 80 }], endpoints: [${[1, 2, 3].map((n) => `{ addresses: [10.244.${n}.${(i % 250) + 2}] }`).join(", ")}] }`,
  ]);
  return [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { nodes: [node1, node2, node3], kubeProxy: ${kubeProxy}, dns: { replicas: 1 } }, checks: [{ name: dns, from: pod/client, dns: svc-0.default.svc.cluster.local, server: 10.96.0.10, expect: { rcode: NOERROR } }] } }`,
    "{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [{ name: c, command: [sleep, infinity] }] } }",
    ...documents.flat(),
  ].join("\n---\n");
}

/** `dnsLab` with one more Service, whose only endpoint is pod `a` or pod `b`, on the other two nodes. */
export function endpointLab(
  name: string,
  services: number,
  kubeProxy: "iptables" | "nftables",
  endpoint: "a" | "b",
): string {
  const pod = (pod: string, node: number): string =>
    `{ apiVersion: v1, kind: Pod, metadata: { name: ${pod}, labels: { app: ${pod === endpoint ? "target" : "other"} } }, spec: { nodeName: node${node}, containers: [{ name: c, command: [sleep, infinity] }] } }`;
  return [
    dnsLab(name, services, kubeProxy),
    pod("a", 2),
    pod("b", 3),
    "{ apiVersion: v1, kind: Service, metadata: { name: target }, spec: { clusterIP: 10.96.0.99, selector: { app: target }, ports: [{ port: 9999, protocol: UDP }] } }",
  ].join("\n---\n");
}

/** 100 pods on three nodes and 200 policies; the first of them lets pod `app-1` or pod `app-2` reach pod `app-0`. `fields`: of the cluster, in YAML. */
export function policiesLab(name: string, fields: string, allowed: 1 | 2): string {
  const pods = Array.from(
    { length: 100 },
    (_, i) =>
      `{ apiVersion: v1, kind: Pod, metadata: { name: app-${i}, labels: { app: app-${i} } }, spec: { nodeName: node${(i % 3) + 1}, containers: [{ name: c, command: [sleep, infinity] }] } }`,
  );
  const policies = Array.from({ length: 200 }, (_, i) => {
    const from = i === 0 ? allowed : (i * 7) % 100;
    const peers = `[{ podSelector: { matchLabels: { app: app-${from} } } }, { ipBlock: { cidr: 172.${i % 16}.0.0/16, except: [172.${i % 16}.1.0/24] } }]`;
    return `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: policy-${i} }, spec: { podSelector: { matchLabels: { app: app-${i % 100} } }, ingress: [{ from: ${peers}, ports: [{ port: 9999, protocol: UDP }] }] } }`;
  });
  return [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { nodes: [node1, node2, node3], ${fields} } } }`,
    ...pods,
    ...policies,
  ].join("\n---\n");
}

/** Manifests as people write them: pods in ten namespaces, and policies of 27 lines. */
export function manyPolicies(pods: number, policies: number): string {
  const documents: string[] = [];
  for (let n = 0; n < 10; n++)
    documents.push(`apiVersion: v1
kind: Namespace
metadata:
  name: team-${n}
  labels:
    team: t${n}`);
  for (let p = 0; p < pods; p++)
    documents.push(`apiVersion: v1
kind: Pod
metadata:
  name: pod-${p}
  namespace: team-${p % 10}
  labels:
    app: app-${p}
spec:
  containers:
    - name: c
      image: nginx
      ports:
        - name: http
          containerPort: 80
          protocol: TCP`);
  for (let p = 0; p < policies; p++)
    documents.push(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: policy-${p}
  namespace: team-${p % 10}
spec:
  podSelector:
    matchLabels:
      app: app-${p % pods}
  policyTypes:
    - Ingress
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              team: t${(p * 7) % 10}
          podSelector:
            matchLabels:
              app: app-${(p * 13) % pods}
        - ipBlock:
            cidr: 10.${p % 250}.0.0/16
            except:
              - 10.${p % 250}.1.0/24
      ports:
        - protocol: TCP
          port: 80`);
  return documents.join("\n---\n");
}

function address(index: number): string {
  return `10.244.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

function file(name: string, nodes: readonly string[], links: readonly string[]): string {
  return [
    "apiVersion: k8snet-lab/v1",
    "kind: Lab",
    `metadata: { name: ${name} }`,
    "spec:",
    "  topology:",
    "    nodes:",
    ...nodes,
    "    links:",
    ...links,
    "",
  ].join("\n");
}

/** The least that can be built and checked. */
export function onePodLab(name: string): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  cluster: { nodes: [node1] }
  checks: [{ name: the pod answers, from: node1, ping: pod/web }]
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }
`;
}

/** So many megabytes as `kubectl get -o yaml` writes them. */
export function manyManifests(megabytes: number): string {
  const pod = (i: number): string => `---
apiVersion: v1
kind: Pod
metadata:
  annotations:
    prometheus.io/scrape: "true"
  creationTimestamp: "2026-03-01T10:11:33Z"
  labels:
    app.kubernetes.io/name: web-${i % 100}
    pod-template-hash: 7d9c6b8f5
  managedFields:
  - apiVersion: v1
    fieldsType: FieldsV1
    fieldsV1:
      f:metadata:
        f:labels:
          .: {}
          f:app: {}
    manager: kube-controller-manager
  name: web-${i}
  namespace: team-${i % 40}
  uid: 9c0b1f0e-6a0e-4ed7-8f5e-${String(i).padStart(12, "0")}
spec:
  containers:
  - args:
    - --config=/etc/web/config.yaml
    image: registry.example.com/team/web:v1.2.3
    livenessProbe:
      failureThreshold: 3
      httpGet:
        path: /healthz
        port: http
    name: web
    ports:
    - containerPort: 8080
      name: http
      protocol: TCP
  nodeName: node${i % 9}
  tolerations:
  - effect: NoExecute
    key: node.kubernetes.io/not-ready
    operator: Exists
status:
  phase: Running
  podIP: 10.${i % 250}.${Math.floor(i / 250) % 250}.9
`;
  const parts: string[] = [];
  for (let size = 0; size < megabytes * 1e6; size += parts.at(-1)?.length ?? 1) parts.push(pod(parts.length));
  return parts.join("");
}

/** `nodes` nodes n1, n2 …, and Deployments with a Service each, which have `pods` pods together. */
export function manyNodesLab(name: string, nodes: number, pods: number, services: number): string {
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`).join(", ");
  const workloads = Array.from({ length: services }, (_, i) => [
    `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: d${i} }, spec: { replicas: ${pods / services}, selector: { matchLabels: { app: d${i} } }, template: { metadata: { labels: { app: d${i} } }, spec: { containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] } } } }`,
    `{ apiVersion: v1, kind: Service, metadata: { name: d${i} }, spec: { selector: { app: d${i} }, ports: [{ port: 80 }] } }`,
  ]);
  const head = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { podCIDR: 10.128.0.0/9, nodes: [${names}] } } }`;
  return [head, ...workloads.flat()].join("\n---\n");
}
