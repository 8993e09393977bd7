/**
 * The objects that `spec.cluster.ingress` stands for: a controller as its project's own manifests install it, behind a Service
 * (kubernetes/ingress-nginx, deploy/static/provider/{cloud,baremetal}/deploy.yaml).
 */
import type { IngressDocument } from "../schema.ts";

/** As kubectl would read them. */
type ObjectValue = Readonly<Record<string, unknown>>;

/** With all that may be left out. */
interface Installation {
  readonly kind: "Deployment" | "DaemonSet";
  readonly replicas: number;
  readonly service: "LoadBalancer" | "NodePort";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly hostNetwork: boolean;
  readonly isDefault: boolean;
  readonly config: Readonly<Record<string, string>>;
}

function installationOf(doc: IngressDocument): Installation {
  const fields = typeof doc === "string" ? { controller: doc } : doc;
  const { hostNetwork = false, service = "LoadBalancer" } = fields;
  return {
    kind: fields.kind ?? (hostNetwork ? "DaemonSet" : "Deployment"),
    replicas: fields.replicas ?? 1,
    service,
    // The project's manifests for clouds have Local, those for bare metal leave the default.
    externalTrafficPolicy: fields.externalTrafficPolicy ?? (service === "LoadBalancer" ? "Local" : "Cluster"),
    hostNetwork,
    isDefault: fields.default ?? false,
    config: fields.config ?? {},
  };
}

const NAMESPACE = "ingress-nginx";
const NAME = "ingress-nginx-controller";
const CLASS = "nginx";
const IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.14.0";
const LABELS = {
  "app.kubernetes.io/component": "controller",
  "app.kubernetes.io/instance": "ingress-nginx",
  "app.kubernetes.io/name": "ingress-nginx",
} as const;
const HEALTH_PORT = 10_254;

function podTemplate({ hostNetwork }: Installation): ObjectValue {
  const port = (name: string, containerPort: number): ObjectValue => ({ name, containerPort, protocol: "TCP" });
  const probe = { httpGet: { path: "/healthz", port: HEALTH_PORT, scheme: "HTTP" }, periodSeconds: 10 };
  const container = {
    name: "controller",
    image: IMAGE,
    args: [
      "/nginx-ingress-controller",
      `--publish-service=$(POD_NAMESPACE)/${NAME}`,
      "--election-id=ingress-nginx-leader",
      "--controller-class=k8s.io/ingress-nginx",
      `--ingress-class=${CLASS}`,
      `--configmap=$(POD_NAMESPACE)/${NAME}`,
    ],
    env: [{ name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } }],
    ports: [port("http", 80), port("https", 443)],
    readinessProbe: probe,
  };
  return {
    metadata: { labels: LABELS },
    spec: {
      ...(hostNetwork ? { hostNetwork, dnsPolicy: "ClusterFirstWithHostNet" } : {}),
      serviceAccountName: "ingress-nginx",
      containers: [container],
    },
  };
}

/** In the order of the project's manifests. */
export function installedObjects(doc: IngressDocument): readonly ObjectValue[] {
  const installation = installationOf(doc);
  const { kind, replicas, service, externalTrafficPolicy, isDefault, config } = installation;
  const metadata = { name: NAME, namespace: NAMESPACE, labels: LABELS };
  const entry = (name: string, number: number): ObjectValue => ({
    name,
    port: number,
    protocol: "TCP",
    targetPort: name,
    appProtocol: name,
  });
  const selector = { matchLabels: LABELS };
  const template = podTemplate(installation);
  const annotations = isDefault ? { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } } : {};
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels: LABELS } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { ...metadata, name: "ingress-nginx" } },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: config },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { type: service, externalTrafficPolicy, selector: LABELS, ports: [entry("http", 80), entry("https", 443)] },
    },
    {
      apiVersion: "apps/v1",
      kind,
      metadata,
      spec: { selector, template, ...(kind === "Deployment" ? { replicas } : {}) },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: CLASS, labels: LABELS, ...annotations },
      spec: { controller: "k8s.io/ingress-nginx" },
    },
  ];
}
