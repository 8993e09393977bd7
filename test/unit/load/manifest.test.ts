import { describe, expect, test } from "vitest";
import { clusterLab, diagnose } from "./diagnose.ts";

const CLUSTER = "    nodes: [node1]";
const found = (manifest: string): string => diagnose(clusterLab(CLUSTER, manifest)).join("\n");

function podWith(spec: string, metadata = "{ name: p }"): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: ${metadata}\nspec: { containers: [ { name: c } ]${spec === "" ? "" : `, ${spec}`} }`;
}
const container = (fields: string): string => podWith("").replace("name: c }", `name: c, ${fields} }`);
const deployment = (spec: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec: ${spec}`;
const TEMPLATE = "template: { metadata: { labels: { app: x } }, spec: { containers: [ { name: c } ] } }";

describe("as the API server says it", () => {
  test.each([
    [
      podWith("", "{ name: Web_0 }"),
      /^10:19 Pod "Web_0": metadata\.name: Invalid value: "Web_0": a lowercase RFC 1123 subdomain/,
    ],
    [podWith("", `{ name: ${"a".repeat(254)} }`), /must be no more than 253 characters/],
    [
      podWith("", "{ name: p, labels: { -a: x } }"),
      /metadata\.labels\.-a: Invalid value: "-a": name part must consist/,
    ],
    [
      podWith("", "{ name: p, labels: { a: 'x y' } }"),
      /metadata\.labels\.a: Invalid value: "x y": a valid label must be/,
    ],
    [podWith("", "{ name: p, labels: { a: 1 } }"), /metadata\.labels\.a: expected text, got a number 1/],
    [podWith("", "{ labels: {} }"), /metadata\.name is missing/],
    [podWith("hostname: A.b"), /spec\.hostname: Invalid value: "A\.b": a lowercase RFC 1123 label/],
    [
      podWith("hostNetwork: true").replace("name: c }", "name: c, ports: [ { containerPort: 80, hostPort: 81 } ] }"),
      /must match `hostPort` when `hostNetwork` is true/,
    ],
    [
      container("ports: [ { containerPort: 70000 } ]"),
      /^11:60 Pod "p": spec\.containers\[0\]\.ports\[0\]\.containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive/,
    ],
    [container("ports: [ { containerPort: 80, protocol: HTTP } ]"), /"HTTP" is not allowed here/],
    [container("ports: [ { containerPort: 80, name: this-name-is-too-long } ]"), /must be no more than 15 characters/],
    [
      container("ports: [ { containerPort: 80, name: a }, { containerPort: 81, name: a } ]"),
      /ports\[1\]\.name: Duplicate value: "a"/,
    ],
    [container("env: [ { name: '1A', value: x } ]"), /a valid environment variable name/],
    [
      podWith("").replace("{ name: c }", "{ name: c }, { name: c }"),
      /spec\.containers\[1\]\.name: Duplicate value: "c"/,
    ],
    [
      deployment(`{ selector: { matchLabels: { app: z } }, ${TEMPLATE} }`),
      /^10:41 .*spec\.template\.metadata\.labels: Invalid value: \{"app":"x"\}: `selector` does not match template `labels`|`selector` does not match template `labels`/,
    ],
    [deployment(`{ selector: {}, ${TEMPLATE} }`), /empty selector is invalid for deployment/],
    [deployment(`{ ${TEMPLATE} }`), /spec\.selector is missing/],
    [
      deployment(`{ replicas: -1, selector: { matchLabels: { app: x } }, ${TEMPLATE} }`),
      /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
    ],
    [
      deployment(`{ selector: { matchExpressions: [ { key: app, operator: In } ] }, ${TEMPLATE} }`),
      /must be specified when `operator` is 'In' or 'NotIn'/,
    ],
    [
      deployment(
        `{ selector: { matchLabels: { app: x } }, ${TEMPLATE.replace("containers", "restartPolicy: Never, containers")} }`,
      ),
      /spec\.template\.spec\.restartPolicy: Unsupported value: "Never"/,
    ],
    ...[
      [
        "{ rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }",
        /maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0/,
      ],
      ["{ rollingUpdate: { maxSurge: half } }", /maxSurge: Invalid value: "half": a valid percent string/],
      ["{ rollingUpdate: { maxUnavailable: 120% } }", /must not be greater than 100%/],
      ["{ type: Recreate, rollingUpdate: { maxSurge: 1 } }", /Forbidden: may not be specified when strategy `type`/],
    ].map(([strategy, message]): [string, RegExp] => [
      deployment(`{ strategy: ${String(strategy)}, selector: { matchLabels: { app: x } }, ${TEMPLATE} }`),
      message as RegExp,
    ]),
    [container("readinessProbe: { periodSeconds: 1 }"), /readinessProbe: Required value: must specify a handler type/],
    [
      container("readinessProbe: { tcpSocket: { port: 80 }, exec: { command: [x] } }"),
      /readinessProbe\.exec: Forbidden: may not specify more than 1 handler type/,
    ],
    [
      container("readinessProbe: { grpc: { port: 0 } }"),
      /readinessProbe\.grpc\.port: Invalid value: 0: must be between 1 and 65535, inclusive/,
    ],
    [container("livenessProbe: { grpc: { port: 0 } }"), /livenessProbe\.grpc\.port: Invalid value: 0/],
    [container("startupProbe: { initialDelaySeconds: 1 }"), /startupProbe: Required value: must specify a handler/],
    [
      container("startupProbe: { tcpSocket: { port: 80 }, successThreshold: 2 }"),
      /successThreshold: Invalid value: 2: must be 1/,
    ],
    [container("readinessProbe: { grpc: { port: web } }"), /readinessProbe\.grpc\.port/],
    [container("readinessProbe: { grpc: { service: x } }"), /readinessProbe\.grpc\.port is missing/],
    [container("readinessProbe: { httpGet: { port: 80, scheme: FTP } }"), /readinessProbe\.httpGet\.scheme/],
    [container("readinessProbe: { tcpSocket: { port: web } }"), /the container has no port named "web"/],
    [
      container("readinessProbe: { tcpSocket: { port: 80 }, failureThreshold: -1 }"),
      /failureThreshold: Invalid value: -1: must be greater than or equal to 0/,
    ],
    ["apiVersion: v1\nkind: Namespace\nmetadata: { name: a.b }", /a lowercase RFC 1123 label/],
    [podWith("").replace("apiVersion: v1", "apiVersion: v2"), /no matches for kind "Pod" in version "v2"/],
    [
      deployment(`{ selector: { matchLabels: { app: x } }, ${TEMPLATE} }`).replace("apps/v1", "extensions/v1beta1"),
      /warning: Deployment "d": extensions\/v1beta1 is read as apps\/v1: Kubernetes 1\.16 removed it/,
    ],
    [deployment("{}").replace("apps/v1", "batch/v1"), /^8:13 no matches for kind "Deployment" in version "batch\/v1"$/],
  ])("case %#", (manifest, message) => expect(found(manifest)).toMatch(message));
});

describe("unsupported by name, never silently", () => {
  test.each([
    [
      podWith("initContainers: [ { name: i, readinessProbe: { tcpSocket: { port: 80 } } } ]"),
      "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
    ],
    [podWith("initContainers: [ { name: c } ]"), 'spec.containers[0].name: Duplicate value: "c"'],
    [
      podWith("initContainers: [ { name: i, restartPolicy: Always, ports: [ { containerPort: 0 } ] } ]"),
      "spec.initContainers[0].ports[0].containerPort: Invalid value: 0",
    ],
    [
      container("env: [ { name: A, valueFrom: {} } ]"),
      'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`',
    ],
    [
      container("env: [ { name: A, value: x, valueFrom: { fieldRef: { fieldPath: metadata.name } } } ]"),
      'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      container("env: [ { name: A, valueFrom: { fieldRef: { fieldPath: status.phase } } } ]"),
      'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase"',
    ],
    [
      container("env: [ { name: A, valueFrom: { configMapKeyRef: { name: a, key: b/c } } } ]"),
      'env[0].valueFrom.configMapKeyRef.key: Invalid value: "b/c"',
    ],
    [container("envFrom: [ {} ]"), 'envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
    [container("envFrom: [ { secretRef: {} } ]"), "envFrom[0].secretRef.name: Required value"],
    ["apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a b: c }", 'data["a b"]: Invalid value: "a b"'],
    ["apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: 1 }", "data.a: expected text, got a number 1"],
    [
      "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { a: plain text }",
      "data.a: Invalid value: illegal base64 data",
    ],
    [
      container("ports: [ { containerPort: 80, hostPort: 80, hostIP: node1 } ]"),
      'spec.containers[0].ports[0].hostIP: Invalid value: "node1": must be a valid IP address',
    ],
    [podWith("unheardOf: 1"), 'unknown key "unheardOf"'],
    [
      podWith("hostAliases: [ { ip: web } ]"),
      'spec.hostAliases[0].ip: Invalid value: "web": must be a valid IP address',
    ],
    [
      podWith("hostAliases: [ { ip: 1.2.3.4, hostnames: [a, B] } ]"),
      'spec.hostAliases[0].hostnames[1]: Invalid value: "B"',
    ],
    ["apiVersion: v1\nkind: Ingress\nmetadata: { name: a }", 'no matches for kind "Ingress" in version "v1"'],
    ["apiVersion: v1\nkind: Pdo\nmetadata: { name: a }", 'no matches for kind "Pdo" in version "v1"'],
    ["kind: Pdo\nmetadata: { name: a }", 'unknown kind "Pdo"'],
  ])("case %#", (manifest, message) => expect(found(manifest ?? "")).toContain(message));

  test.each([
    [
      container("command: [sleep, infinity], livenessProbe: { tcpSocket: { port: 80 } }"),
      'warning: Pod "p": spec.containers[0].livenessProbe: livenessProbe is ignored: programs are not restarted',
    ],
    [container("args: [netexec]"), "args without command are ignored"],
    [
      container("readinessProbe: { exec: { command: [pg_isready] } }"),
      "readinessProbe.exec: exec without command is ignored: images are not run",
    ],
    [
      container("startupProbe: { exec: { command: [pg_isready] } }"),
      "startupProbe.exec: exec without command is ignored: images are not run, the pod is started without this probe",
    ],
    [
      container("envFrom: [ { configMapRef: { name: a } } ]"),
      "warning: there is no ConfigMap default/a: the kubelet does not start container c",
    ],
    [
      podWith("initContainers: [ { name: wait, command: [sleep, '1'] } ]"),
      'warning: Pod "p": spec.initContainers: initContainers are ignored: the others start without "wait"',
    ],
    [
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: a }\nrules: []",
      "9:7 warning: 1 object is left out, which does not affect the network: 1 Role",
    ],
    [
      container("env: [{ name: A, valueFrom: { fileKeyRef: { volumeName: v, path: a.env, key: A } } }]"),
      "fileKeyRef is ignored: the container runs without the variable",
    ],
    [podWith("hostnameOverride: other"), "hostnameOverride is ignored: the hostname is hostname, or the pod's name"],
    [
      container("ports: [{ containerPort: 80 }] }, { name: b, ports: [{ containerPort: 80 }]"),
      'port 80/TCP is also declared by container "c": only one of the two can listen',
    ],
  ])("a warning: case %#", (manifest, message) => expect(found(manifest)).toContain(message));

  test("what has nothing to do with the network is taken silently", () => {
    expect(
      found(`apiVersion: v1
kind: Pod
metadata: { name: p, generateName: p-, uid: x, creationTimestamp: null, annotations: { a/b: c }, ownerReferences: [] }
spec:
  restartPolicy: Always
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  dnsConfig: { searches: [a.test] }
  hostAliases: [ { ip: 1.2.3.4, hostnames: [a.test] } ]
  serviceAccountName: default
  terminationGracePeriodSeconds: 30
  tolerations: [ { key: a, operator: Exists } ]
  volumes: [ { name: v, emptyDir: {} } ]
  securityContext: { runAsUser: 1 }
  initContainers: null
  workloadRef: { name: w, podGroup: g }
  containers:
    - { name: c, image: nginx, restartPolicyRules: [], livenessProbe: { httpGet: { port: 80 } }, startupProbe: { tcpSocket: { port: 80 } }, imagePullPolicy: Always, resources: { limits: { cpu: 1 } }, volumeMounts: [ { name: v, mountPath: /x } ], command: null }
status: { phase: Running }`),
    ).toBe("");
  });
});

describe("List", () => {
  test("its items are manifests, with their own positions and paths", () => {
    const list = `apiVersion: v1
kind: List
items:
  - ${podWith("", "{ name: a }").replaceAll("\n", "\n    ")}
  - ${podWith("nodeName: nobody", "{ name: b }").replaceAll("\n", "\n    ")}
  - { apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: { name: w } }`;
    expect(found(list).split("\n")).toEqual([
      '18:52 there is no node "nobody"',
      "19:46 warning: IngressRoute w (traefik.io/v1alpha1) is left out: no controller implements it here",
    ]);
  });

  test("without items", () => expect(found("apiVersion: v1\nkind: List")).toContain("a List needs items"));
});
