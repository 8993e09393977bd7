/** What of a manifest matters to NetworkPolicies: a pod's labels, ports and network; images, volumes and the rest are left away. */
import type { Locate, Path } from "../model/path.ts";
import type { StreamDocument } from "./yaml-stream.ts";

type Value = Readonly<Record<string, unknown>>;

/** One object, with its place. */
interface Found {
  readonly value: Value;
  readonly locate: Locate;
  readonly document: StreamDocument;
}

/** The object that the user wrote, and where it keeps its pod. */
export interface MadeFrom {
  readonly kind: string;
  readonly name: string;
  readonly template: Path;
}

export interface Reduced {
  readonly reduced: readonly StreamDocument[];
  readonly implied: ReadonlySet<string>;
  readonly ignored: ReadonlyMap<string, number>;
  /** Pods that were made of a workload's template, by `FILE NAME`. */
  readonly made: ReadonlyMap<string, MadeFrom>;
  /** At most so many pods come out. */
  readonly pods: number;
}

/** Where each kind keeps its pod template. */
const TEMPLATES: Readonly<Record<string, Path>> = {
  Deployment: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** Namespaces that every cluster has. */
const GIVEN: ReadonlySet<string> = new Set(["default", "kube-node-lease", "kube-public", "kube-system"]);

/** More pods of one workload have the same labels, and so the same verdicts; two are on two nodes. */
const MOST_REPLICAS = 2;

function isMap(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const element of path) found = isMap(found) ? found[element] : undefined;
  return found;
}

function pick(value: unknown, keys: readonly string[]): unknown {
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

const list = (value: unknown, each: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(each) : value;

/** Mistaken shapes stay as they are, so that the schema tells them. */
function reducePodSpec(spec: unknown): unknown {
  if (!isMap(spec)) return spec;
  const containers = list(spec["containers"], (container) =>
    isMap(container)
      ? {
          ...(pick(container, ["name"]) as Value),
          ...(container["ports"] === undefined || container["ports"] === null
            ? {}
            : { ports: list(container["ports"], (port) => pick(port, ["name", "containerPort", "protocol"])) }),
        }
      : container,
  );
  return { ...(pick(spec, ["hostNetwork"]) as Value), containers };
}

function flatten(documents: readonly StreamDocument[]): Found[] {
  const visit = (value: unknown, base: Path, document: StreamDocument): Found[] => {
    if (!isMap(value)) return [];
    const { kind, items } = value;
    if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
      const single = kind.slice(0, -"List".length);
      return items.flatMap((item: unknown, i) => {
        // The items of a PodList do not say their kind.
        const whole =
          single !== "" && isMap(item) && item["kind"] === undefined
            ? { apiVersion: value["apiVersion"], kind: single, ...item }
            : item;
        return visit(whole, [...base, "items", i], document);
      });
    }
    const locate: Locate = (path, part) => document.locate([...base, ...path], part);
    return [{ value, locate, document }];
  };
  return documents.flatMap((document) => visit(document.value, [], document));
}

const kindOf = ({ value }: Found): string => (typeof value["kind"] === "string" ? value["kind"] : "");
function nameOf({ value }: Found): string {
  const name = at(value, ["metadata", "name"]);
  return typeof name === "string" ? name : "";
}
function namespaceOf({ value }: Found): string {
  const namespace = at(value, ["metadata", "namespace"]);
  return typeof namespace === "string" && namespace !== "" ? namespace : "default";
}

function isPast({ value }: Found): boolean {
  return ["Succeeded", "Failed"].includes(String(at(value, ["status", "phase"])));
}

/** What a controller in the same input makes anyway, as in `kubectl get all -o yaml`. */
function isOwned(found: Found, all: ReadonlySet<string>): boolean {
  const owners = at(found.value, ["metadata", "ownerReferences"]);
  return (
    Array.isArray(owners) &&
    owners.some(
      (owner) => isMap(owner) && all.has(`${String(owner["kind"])} ${namespaceOf(found)}/${String(owner["name"])}`),
    )
  );
}

function replicasOf(found: Found): number {
  if (kindOf(found) === "DaemonSet") return MOST_REPLICAS;
  const replicas = at(found.value, ["spec", "replicas"]);
  return typeof replicas === "number" ? Math.max(1, Math.min(MOST_REPLICAS, Math.trunc(replicas))) : 1;
}

const METADATA = ["name", "namespace", "labels"];

/** A workload without a controller here: its pods, with names as its controller gives them. */
function podsOf(found: Found, template: Path): StreamDocument[] {
  const kind = kindOf(found);
  const metadata = pick(found.value["metadata"], ["name", "namespace"]);
  const locate: Locate = (path, part) => {
    const [head, second] = path;
    const own = head === "spec" || (head === "metadata" && second === "labels");
    return found.locate(own ? [...template, ...path] : path, part);
  };
  return Array.from({ length: replicasOf(found) }, (_, i) => ({
    file: found.document.file,
    booleanWords: [],
    locate,
    value: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...(isMap(metadata) ? metadata : {}),
        name: kind === "Job" || kind === "CronJob" ? nameOf(found) : `${nameOf(found)}-${i}`,
        ...(pick(at(found.value, [...template, "metadata"]) ?? {}, ["labels"]) as Value),
      },
      spec: reducePodSpec(at(found.value, [...template, "spec"])),
    },
  }));
}

/** What decides who outside reaches it, and by whose address. */
const OUTSIDE = ["type", "externalTrafficPolicy", "loadBalancerSourceRanges"];

/** Its pods and ports. One without an address, or without a selector, leads no packet anywhere here. */
function reduceService(spec: unknown): Value | undefined {
  if (!isMap(spec)) return { spec };
  const isNothing = spec["type"] === "ExternalName" || spec["clusterIP"] === "None" || !isMap(spec["selector"]);
  if (isNothing) return undefined;
  const ports = list(spec["ports"], (port) => pick(port, ["name", "protocol", "port", "targetPort"]));
  const outside = spec["type"] === "LoadBalancer" ? OUTSIDE : [];
  return {
    spec: { selector: spec["selector"], ports, ipFamilyPolicy: "PreferDualStack", ...(pick(spec, outside) as Value) },
  };
}

function reduceOne(found: Found): StreamDocument[] | undefined {
  const { value, locate, document } = found;
  const kind = kindOf(found);
  const make = (reduced: Value): StreamDocument[] => [
    { value: reduced, locate, file: document.file, booleanWords: [] },
  ];
  const head = { ...(pick(value, ["apiVersion", "kind"]) as Value), metadata: pick(value["metadata"], METADATA) };
  const template = TEMPLATES[kind];
  if (kind === "Namespace") return make(head);
  if (kind === "NetworkPolicy") return make(value);
  if (kind === "Service") {
    const reduced = reduceService(value["spec"]);
    return reduced === undefined ? [] : make({ ...head, ...reduced });
  }
  if (kind === "Pod") return isPast(found) ? [] : make({ ...head, spec: reducePodSpec(value["spec"]) });
  if (template === undefined) return undefined;
  if (kind !== "Deployment" && kind !== "ReplicaSet") return podsOf(found, template);
  const { spec } = value;
  if (!isMap(spec) || !isMap(spec["template"])) return make({ ...head, spec });
  return make({
    ...head,
    spec: {
      ...(pick(spec, ["selector"]) as Value),
      replicas: replicasOf(found),
      template: {
        metadata: pick(spec["template"]["metadata"] ?? {}, ["labels"]),
        spec: reducePodSpec(spec["template"]["spec"]),
      },
    },
  });
}

function madeUp(value: Value, locate: Locate): StreamDocument {
  return { value, locate, file: locate([]).file, booleanWords: [] };
}

/** The cluster's DNS, as kubeadm installs it, where the manifests have none. */
const DNS = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "coredns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
  spec: {
    containers: [
      {
        name: "coredns",
        ports: [
          { name: "dns", containerPort: 53, protocol: "UDP" },
          { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
        ],
      },
    ],
  },
};

export function reduceManifests(documents: readonly StreamDocument[]): Reduced {
  const all = flatten(documents).filter((found) => kindOf(found) !== "Lab");
  const owners = new Set(all.map((found) => `${kindOf(found)} ${namespaceOf(found)}/${nameOf(found)}`));
  const declared = new Set(all.filter((found) => kindOf(found) === "Namespace").map(nameOf));
  const reduced: StreamDocument[] = [];
  const ignored = new Map<string, number>();
  const origins = new Map<string, MadeFrom>();
  const implied = new Map<string, Found>();
  let pods = 1;
  let dns = false;
  for (const found of all) {
    if (isOwned(found, owners)) continue;
    const made = reduceOne(found);
    const kind = kindOf(found) || "(no kind)";
    if (made === undefined) {
      ignored.set(kind, (ignored.get(kind) ?? 0) + 1);
      continue;
    }
    reduced.push(...made);
    const template = TEMPLATES[kind];
    if (template !== undefined)
      for (const { value, file } of made)
        origins.set(`${file} ${String(at(value, ["metadata", "name"]))}`, { kind, name: nameOf(found), template });
    if (kind === "Namespace") continue;
    const namespace = namespaceOf(found);
    if (!declared.has(namespace) && !GIVEN.has(namespace) && !implied.has(namespace)) implied.set(namespace, found);
    if (kind === "NetworkPolicy" || kind === "Service") continue;
    pods += replicasOf(found);
    const labels = at(found.value, [...(TEMPLATES[kind] ?? []), "metadata", "labels"]);
    dns ||= namespace === "kube-system" && isMap(labels) && labels["k8s-app"] === "kube-dns";
  }
  for (const [name, found] of implied) {
    const locate: Locate = (_, part) => found.locate(["metadata", "namespace"], part);
    reduced.push(madeUp({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, locate));
  }
  if (!dns) reduced.push(madeUp(DNS, () => ({ file: "(the cluster's DNS)", line: 1, column: 1 })));
  return { reduced, implied: new Set(implied.keys()), ignored, made: origins, pods };
}
