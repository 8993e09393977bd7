/** A cluster with Ingresses, as the tables describe it: what the translator and the oracle are asked with. */
import type { ClusterModel } from "../../src/cluster/cluster.ts";
import type { ControllerSettings, Translation } from "../../src/cluster/ingress/controller.ts";
import { ingressController } from "../../src/cluster/ingress/controllers.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { ingressVerdict } from "../../src/oracle/ingress/ingress-oracle.ts";
import type { IngressVerdict } from "../../src/oracle/ingress/ingress-oracle.ts";
import { decide } from "../../src/routing/decide.ts";
import type { Decision } from "../../src/routing/decide.ts";
import { passageOf } from "../../src/routing/passage.ts";
import type { Passage } from "../../src/routing/passage.ts";
import type { RoutedRequest } from "../../src/routing/request.ts";

export type ManifestObject = Readonly<Record<string, unknown>>;

const CONTROLLER = "k8s.io/ingress-nginx";

/** The class that Ingresses without one get. */
const CLASS: ManifestObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: "nginx", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
  spec: { controller: CONTROLLER },
};

/** Two nodes, and what the objects are. */
export function clusterOf(objects: readonly ManifestObject[]): ClusterModel {
  const lab = {
    apiVersion: "k8snet-lab/v1",
    kind: "Lab",
    metadata: { name: "ingress" },
    spec: { cluster: { nodes: ["n1", "n2"] } },
  };
  const text = [lab, CLASS, ...objects].map((one) => JSON.stringify(one)).join("\n---\n");
  const [cluster] = loadLabText(text, "lab.yaml").lab.clusters;
  if (cluster === undefined) throw new Error("the lab has no cluster");
  return cluster;
}

export interface Asked {
  readonly decision: Decision;
  readonly passage: Passage;
  /** 503 where the chosen backend has no endpoints. */
  readonly status: number | undefined;
  /** `default/web:80` of the backend that is chosen. */
  readonly backend: string | undefined;
  readonly endpoints: number;
}

export class IngressWorldUnderTest {
  readonly cluster: ClusterModel;
  readonly translation: Translation;
  readonly #config: ControllerSettings["config"];

  constructor(objects: readonly ManifestObject[], settings: ControllerSettings = { flags: {}, config: {} }) {
    this.#config = settings.config;
    this.cluster = clusterOf(objects);
    const { ingress, services, slices } = this.cluster;
    const controller = ingressController(CONTROLLER);
    if (ingress === undefined || controller === undefined) throw new Error("there are no Ingresses");
    this.translation = controller.translate({ ...ingress, services, slices }, settings);
  }

  /** @param random from 0 up to, but without, 1 */
  ask(request: RoutedRequest, random = 0): Asked {
    const { table } = this.translation;
    const decision = decide(table, request);
    const passage = passageOf(decision, request, { entry: decision.entry ?? {}, requestId: "0f" }, random);
    const backend = passage.choice?.to?.backend;
    const endpoints = table.backends[backend ?? ""]?.endpoints.length ?? 0;
    const unserved = backend !== undefined && endpoints === 0;
    return { decision, passage, status: unserved ? 503 : passage.answer?.status, backend, endpoints };
  }

  verdict(request: RoutedRequest): IngressVerdict {
    return ingressVerdict(this.cluster, request, this.#config);
  }
}
