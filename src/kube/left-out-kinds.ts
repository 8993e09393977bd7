/** Manifest kinds that are not built here and have no effect, by API group: what they would change is reported. */

/** What an object would change. `pods`: an operator makes pods of it; `none`: nothing of the network; `unknown`: its API is not known here. */
export type Meaning = "policy" | "route" | "mesh" | "network" | "pods" | "none" | "unknown";

/** Groups by name, or by the end of it: `fluxcd.io` is also `source.toolkit.fluxcd.io`. */
const GROUPS: Readonly<Record<Exclude<Meaning, "unknown">, string>> = {
  policy: "policy.networking.k8s.io vpcresources.k8s.aws kubearmor.com",
  route: `gateway.networking.k8s.io gateway.networking.x-k8s.io elbv2.k8s.aws route.openshift.io serving.knative.dev
    networking.internal.knative.dev traefik.io traefik.containo.us projectcontour.io getambassador.io konghq.com nginx.org
    gateway.envoyproxy.io solo.io apisix.apache.org haproxy.org`,
  mesh: "istio.io linkerd.io smi-spec.io consul.hashicorp.com kuma.io appmesh.k8s.aws",
  network: `networking.k8s.io multicluster.x-k8s.io cilium.io projectcalico.org operator.tigera.io antrea.io antrea.tanzu.vmware.com nsx.vmware.com ovn.org
    kubeovn.io networking.k8s.aws networking.gke.io cloud.google.com network.openshift.io k8s.cni.cncf.io metallb.io
    submariner.io externaldns.k8s.io`,
  pods: `apps.openshift.io apps.kruise.io leaderworkerset.x-k8s.io jobset.x-k8s.io batch.volcano.sh kubeflow.org ray.io
    sparkoperator.k8s.io strimzi.io cnpg.io rabbitmq.com k8s.elastic.co mongodb.com percona.com acid.zalan.do
    postgres-operator.crunchydata.com`,
  none: `coreos.com cert-manager.io argoproj.io fluxcd.io longhorn.io external-secrets.io bitnami.com kyverno.io
    gatekeeper.sh velero.io keda.sh tekton.dev grafana.com opentelemetry.io jaegertracing.io kustomize.config.k8s.io
    snapshot.storage.k8s.io metrics.k8s.io autoscaling.k8s.io node.k8s.io scheduling.k8s.io storage.k8s.io
    rbac.authorization.k8s.io admissionregistration.k8s.io apiregistration.k8s.io apiextensions.k8s.io
    apiserver.config.k8s.io authentication.k8s.io authorization.k8s.io certificates.k8s.io coordination.k8s.io
    flowcontrol.apiserver.k8s.io resource.k8s.io events.k8s.io`,
};

const ANTREA = { NetworkPolicy: "policy", ClusterNetworkPolicy: "policy", Tier: "policy" } as const;

/** Kinds that differ from most of their group. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, Meaning>>>> = {
  "argoproj.io": { Rollout: "pods", Experiment: "pods", Workflow: "pods", CronWorkflow: "pods", Application: "pods" },
  "coreos.com": { Prometheus: "pods", PrometheusAgent: "pods", Alertmanager: "pods", ThanosRuler: "pods" },
  "fluxcd.io": { HelmRelease: "pods", Kustomization: "pods" },
  "jaegertracing.io": { Jaeger: "pods" },
  "keda.sh": { ScaledJob: "pods" },
  "opentelemetry.io": { OpenTelemetryCollector: "pods" },
  "tekton.dev": { TaskRun: "pods", PipelineRun: "pods" },
  "cilium.io": { CiliumNetworkPolicy: "policy", CiliumClusterwideNetworkPolicy: "policy" },
  "projectcalico.org": {
    NetworkPolicy: "policy",
    GlobalNetworkPolicy: "policy",
    Tier: "policy",
    NetworkSet: "policy",
    GlobalNetworkSet: "policy",
    HostEndpoint: "policy",
    StagedNetworkPolicy: "none",
    StagedGlobalNetworkPolicy: "none",
    StagedKubernetesNetworkPolicy: "none",
  },
  "antrea.io": ANTREA,
  "antrea.tanzu.vmware.com": ANTREA,
  "nsx.vmware.com": { SecurityPolicy: "policy" },
  "kubeovn.io": { SecurityGroup: "policy" },
  "ovn.org": { EgressFirewall: "policy" },
  // Written by MetalLB itself.
  "metallb.io": {
    ServiceBGPStatus: "none",
    ServiceL2Status: "none",
    ConfigurationState: "none",
    BGPSessionState: "none",
  },
  "networking.k8s.aws": { PolicyEndpoint: "policy", ClusterPolicyEndpoint: "policy" },
  "networking.gke.io": { FQDNNetworkPolicy: "policy", ManagedCertificate: "none" },
  "network.openshift.io": { EgressNetworkPolicy: "policy" },
  "k8s.cni.cncf.io": { MultiNetworkPolicy: "policy" },
};

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries(GROUPS).flatMap(([meaning, groups]) =>
    groups.split(/\s+/).map((group) => [group, meaning as Meaning] as const),
  ),
);

/** Kubernetes' own groups all of whose kinds are known, with those that are not built here: any other kind is a mistake. */
const COMPLETE: Readonly<Record<string, string>> = {
  "": `Binding ComponentStatus Event LimitRange PersistentVolume PersistentVolumeClaim PodTemplate ResourceQuota`,
  apps: "ControllerRevision",
  autoscaling: "HorizontalPodAutoscaler",
  batch: "",
  extensions: "Ingress PodSecurityPolicy",
  policy: "PodDisruptionBudget PodSecurityPolicy",
  "networking.k8s.io": "ServiceCIDR IPAddress",
  "discovery.k8s.io": "",
};

/** `networking.k8s.io` of `networking.k8s.io/v1`; the core group is empty. */
export function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")));
}

/** Undefined: Kubernetes has no such kind in this group of its own. */
export function meaningOf(apiVersion: string, kind: string): Meaning | undefined {
  const group = groupOf(apiVersion);
  if (Object.hasOwn(COMPLETE, group) && COMPLETE[group]?.split(/\s+/).includes(kind) !== true) return undefined;
  if (kind === "Ingress" && group === "extensions") return "route";
  for (let rest = group; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) {
    const meaning = MEANINGS.get(rest);
    if (meaning !== undefined) return EXCEPTIONS[rest]?.[kind] ?? meaning;
  }
  return group.includes(".") ? "unknown" : "none";
}

/** Why such an object is left out. */
export const LEFT_OUT: Readonly<Record<Exclude<Meaning, "none" | "unknown">, string>> = {
  policy: "policies of this API are not supported and not enforced",
  route: "no controller implements it here",
  mesh: "service meshes are not supported",
  network: "nothing here acts on it",
  pods: "no operator creates its pods here",
};
