/** Kinds that real manifests bring along and that change nothing of what the network does: taken with a warning that says why. */

const NO_PERMISSIONS = "nothing here asks for permission";
const NO_VOLUMES = "volumes are not mounted";
const NO_API_SERVER = "there is no API server that it could extend";
const NO_LIMITS = "nothing here is limited";

export const KINDS_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  APIService: NO_API_SERVER,
  ClusterRole: NO_PERMISSIONS,
  ClusterRoleBinding: NO_PERMISSIONS,
  CronJob: "work that ends is not done here",
  CustomResourceDefinition: NO_API_SERVER,
  HorizontalPodAutoscaler: "replicas change by `k8snet-lab scale` only",
  Job: "work that ends is not done here",
  LimitRange: NO_LIMITS,
  MutatingWebhookConfiguration: NO_API_SERVER,
  PersistentVolume: NO_VOLUMES,
  PersistentVolumeClaim: NO_VOLUMES,
  PodDisruptionBudget: "nothing is evicted",
  PriorityClass: "no pod gives way to another",
  ResourceQuota: NO_LIMITS,
  Role: NO_PERMISSIONS,
  RoleBinding: NO_PERMISSIONS,
  RuntimeClass: "images are not run",
  ServiceAccount: NO_PERMISSIONS,
  StorageClass: NO_VOLUMES,
  ValidatingAdmissionPolicy: NO_API_SERVER,
  ValidatingAdmissionPolicyBinding: NO_API_SERVER,
  ValidatingWebhookConfiguration: NO_API_SERVER,
};
