/** Which kinds of manifests are taken. What others mean is in api-groups.ts. */
import type { ConfigMapDocument, SecretDocument } from "./config-map.ts";
import { configMapKind, secretKind } from "./config-map.ts";
import type { DaemonSetDocument } from "./daemon-set.ts";
import { daemonSetKind } from "./daemon-set.ts";
import type { DeploymentDocument } from "./deployment.ts";
import { deploymentKind } from "./deployment.ts";
import type { EndpointSliceDocument } from "./endpoint-slice.ts";
import { endpointSliceKind } from "./endpoint-slice.ts";
import type { EndpointsDocument } from "./endpoints.ts";
import { endpointsKind } from "./endpoints.ts";
import type { CronJobDocument, JobDocument } from "./job.ts";
import { cronJobKind, jobKind } from "./job.ts";
import type { ManifestKind } from "./kind.ts";
import type { NamespaceDocument } from "./namespace.ts";
import { namespaceKind } from "./namespace.ts";
import type { NetworkPolicyDocument } from "./network-policy.ts";
import { networkPolicyKind } from "./network-policy.ts";
import type { NodeDocument } from "./node.ts";
import { nodeKind } from "./node.ts";
import type { PodDocument } from "./pod.ts";
import { podKind } from "./pod.ts";
import type { ReplicaSetDocument } from "./replica-set.ts";
import { replicaSetKind } from "./replica-set.ts";
import type { ReplicationControllerDocument } from "./replication-controller.ts";
import { replicationControllerKind } from "./replication-controller.ts";
import type { ServiceDocument } from "./service.ts";
import { serviceKind } from "./service.ts";
import type { StatefulSetDocument } from "./stateful-set.ts";
import { statefulSetKind } from "./stateful-set.ts";

export interface ManifestDocuments {
  readonly Namespace: NamespaceDocument;
  readonly Node: NodeDocument;
  readonly Pod: PodDocument;
  readonly Deployment: DeploymentDocument;
  readonly ReplicaSet: ReplicaSetDocument;
  readonly StatefulSet: StatefulSetDocument;
  readonly DaemonSet: DaemonSetDocument;
  readonly ReplicationController: ReplicationControllerDocument;
  readonly Job: JobDocument;
  readonly CronJob: CronJobDocument;
  readonly Service: ServiceDocument;
  readonly EndpointSlice: EndpointSliceDocument;
  readonly Endpoints: EndpointsDocument;
  readonly NetworkPolicy: NetworkPolicyDocument;
  readonly ConfigMap: ConfigMapDocument;
  readonly Secret: SecretDocument;
}

export type ManifestKindName = keyof ManifestDocuments;

export const MANIFEST_KINDS = {
  Namespace: namespaceKind,
  Node: nodeKind,
  Pod: podKind,
  Deployment: deploymentKind,
  ReplicaSet: replicaSetKind,
  StatefulSet: statefulSetKind,
  DaemonSet: daemonSetKind,
  ReplicationController: replicationControllerKind,
  Job: jobKind,
  CronJob: cronJobKind,
  Service: serviceKind,
  EndpointSlice: endpointSliceKind,
  Endpoints: endpointsKind,
  NetworkPolicy: networkPolicyKind,
  ConfigMap: configMapKind,
  Secret: secretKind,
} satisfies { readonly [K in ManifestKindName]: ManifestKind<ManifestDocuments[K]> };

export function isManifestKind(kind: string): kind is ManifestKindName {
  return Object.hasOwn(MANIFEST_KINDS, kind);
}
