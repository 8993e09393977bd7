/** web-1 on node1 and web-2 on node2, each ready while a file is there, behind a load-balancer address; client on node3. */

export const ADDRESS = "192.168.50.240";

/** `ready`: the file of a pod. `makes`: its pods make it when they start. */
export function conditionLab(name: string, ready: (pod: string) => string, makes: boolean): string {
  const web = (pod: string, node: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${pod}, labels: { app: web } }
spec:
  nodeName: ${node}
  containers:
    - { name: web, ports: [{ name: http, containerPort: 80 }], readinessProbe: { httpGet: { port: http, path: /healthz }, periodSeconds: 1 } }
    - { name: side, command: [sh, -c, "${makes ? `touch ${ready(pod)}; ` : ""}exec sleep infinity"], readinessProbe: { exec: { command: [test, -e, ${ready(pod)}] }, periodSeconds: 1, failureThreshold: 1 } }
`;
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  cluster: { nodes: [node1, node2, node3] }
  checks: [ { name: answers, from: pod/client, http: "http://svc/web:80/" } ]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer, clusterIP: 10.96.0.70, selector: { app: web }, ports: [{ port: 80 }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: web-pods }, spec: { clusterIP: None, selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node3, containers: [ { name: c, command: [sleep, infinity] } ] } }
${web("web-1", "node1")}${web("web-2", "node2")}`;
}

/** Pods' addresses that a node's `iptables-save -t nat` sends requests for web to. */
export function endpointsIn(rules: string): string[] {
  return [...rules.matchAll(/default\/web".* --to-destination (\S+):80/g)]
    .map(([, address = ""]) => address)
    .toSorted();
}
