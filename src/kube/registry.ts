/** Which kinds of manifests are taken. What others mean is in api-groups.ts. */
import type { ConfigMapDocument, SecretDocument } from "./config-map/schema.ts";
import { configMapKind, secretKind } from "./config-map/schema.ts";
import type { DaemonSetDocument } from "./daemon-set/schema.ts";
import { daemonSetKind } from "./daemon-set/schema.ts";
import type { DeploymentDocument } from "./deployment/schema.ts";
import { deploymentKind } from "./deployment/schema.ts";
import type { EndpointSliceDocument } from "./endpoint-slice/schema.ts";
import { endpointSliceKind } from "./endpoint-slice/schema.ts";
import type { EndpointsDocument } from "./endpoints/schema.ts";
import { endpointsKind } from "./endpoints/schema.ts";
import type { CronJobDocument, JobDocument } from "./job/schema.ts";
import { cronJobKind, jobKind } from "./job/schema.ts";
import type { ManifestKind } from "./kind.ts";
import type { NamespaceDocument } from "./namespace/schema.ts";
import { namespaceKind } from "./namespace/schema.ts";
import type { NetworkPolicyDocument } from "./network-policy/schema.ts";
import { networkPolicyKind } from "./network-policy/schema.ts";
import type { NodeDocument } from "./node/schema.ts";
import { nodeKind } from "./node/schema.ts";
import type { PodDocument } from "./pod/schema.ts";
import { podKind } from "./pod/schema.ts";
import type { ReplicaSetDocument } from "./replica-set/schema.ts";
import { replicaSetKind } from "./replica-set/schema.ts";
import type { ReplicationControllerDocument } from "./replication-controller/schema.ts";
import { replicationControllerKind } from "./replication-controller/schema.ts";
import type { ServiceDocument } from "./service/schema.ts";
import { serviceKind } from "./service/schema.ts";
import type { StatefulSetDocument } from "./stateful-set/schema.ts";
import { statefulSetKind } from "./stateful-set/schema.ts";

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
