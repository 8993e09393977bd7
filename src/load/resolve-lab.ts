/** A lab from its documents: defaults filled, names resolved, addresses assigned, every mistake reported. Pure. */
import { InputError, isMistake } from "../errors.ts";
import type { Diagnostic } from "../errors.ts";
import { netnsName } from "../net/netns-name.ts";
import type { LostCheck } from "../lab/check.ts";
import type { LabInput } from "./input.ts";
import type { Lab } from "../lab/lab.ts";
import { probeNeed } from "../kube/pod/probe-need.ts";
import { MANIFEST_KINDS } from "../kube/registry.ts";
import { workloadText } from "../kube/workload/sets.ts";
import { workloadSpecs } from "../kube/workload/workload-spec.ts";
import { resolveSteps } from "../steps/resolve-step.ts";
import { resolveCaptures } from "../checks/capture/resolve-declared.ts";
import { resolveChecks } from "../checks/resolve-check.ts";
import { withFault } from "./fault.ts";
import { networkOf } from "../cluster/compile/network.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import { ownNodes } from "../cluster/lab-names.ts";
import type { FabricCluster } from "../fabric/resolve-topology.ts";
import { manifestsOf } from "../kube/manifest-input.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { labNodes, labPods, labSwitches } from "../cluster/lab-clusters.ts";
import { nodeObject } from "../cluster/resolve-cluster-nodes.ts";
import { clusterPrefix } from "../net/object-ref.ts";
import { clusterParts, resolveClusters } from "./resolve-clusters.ts";
import { addDevices } from "../fabric/device-table.ts";
import type { DeviceTable } from "../fabric/device-table.ts";
import { resolveNamedFaults } from "./named-faults.ts";
import type { FaultDocument } from "../faults/schema.ts";
import { resolveEngines } from "./resolve-engines.ts";
import { resolveSysctls } from "../fabric/resolve-node.ts";
import { resolveTopology } from "../fabric/resolve-topology.ts";
import { DiagnosticList, Scope } from "../syntax/scope.ts";
import { withUplinks } from "../cluster/uplink-mtu.ts";
import { TargetIndex } from "../targets/parse-target.ts";
import { withTargetPorts } from "../cluster/served-ports.ts";
import { NodeDraft } from "../fabric/node-draft.ts";
import type { Topology, TopologyNode } from "../fabric/topology.ts";
import { labWithoutCommands, liveWithoutCommands } from "./without-commands.ts";

/** A file name's length (NAME_MAX): namespaces are files in /run/netns. */
const MAX_FILE_NAME = 255;

/** sysctls of cluster nodes are additions to these namespaces, like entries of spec.topology.nodes. */
function withNodeSysctls(topology: Topology, input: LabInput, scope: Scope): Topology {
  const nodes = new Map<string, TopologyNode>(topology.nodes.map((node) => [node.name, node]));
  const parts = clusterParts(input.document.spec);
  const all = parts.flatMap((part) => part.document.nodes.map((doc, i) => ({ part, doc, i })));
  for (const { part, doc, i } of all) {
    if (typeof doc === "string" || doc.sysctls === undefined) continue;
    const place = scope.at(...part.path, "nodes", i);
    const name = `${clusterPrefix(part.name)}${doc.name}`;
    const object = nodeObject(part.name, doc.name);
    const sysctls = resolveSysctls(doc.sysctls, object, place.at("sysctls"));
    const existing = nodes.get(name);
    const base = existing ?? new NodeDraft(name, "node", place.cause(object, "node")).finish();
    nodes.set(name, { ...base, resources: [...sysctls, ...base.resources] });
  }
  return { nodes: [...nodes.values()], links: topology.links };
}

function checkNamespaceNames(lab: Pick<Lab, "name" | "clusters">, scope: Scope): void {
  for (const pod of labPods(lab)) {
    if (pod.hostNetwork) continue;
    const name = netnsName(lab.name, { ns: pod.ns, node: pod.node });
    if (name.length <= MAX_FILE_NAME || pod.cause.source === undefined) continue;
    scope.mistakes.add(
      "error",
      pod.cause.source,
      [],
      `the namespace's name would have ${name.length} characters, more than ${MAX_FILE_NAME}`,
      "shorten the names of lab, node, namespace or pod",
    );
  }
}

/** What the raw layer may add to. */
function fabricOf(clusters: readonly ClusterModel[]): FabricCluster | undefined {
  if (clusters.length === 0) return undefined;
  return {
    names: clusters,
    nodes: labNodes({ clusters }),
    switches: labSwitches({ clusters }),
    pods: labPods({ clusters }),
  };
}

/** Objects of all clusters that were deleted: `Pod west.default/client`. */
function labDeleted(live: LiveState | undefined): ReadonlySet<string> | undefined {
  if (live === undefined) return undefined;
  const others = Object.entries(live.clusters ?? {}).flatMap(([name, { deleted }]) =>
    deleted.map((object) => object.replace(" ", ` ${clusterPrefix(name)}`)),
  );
  return new Set([...live.deleted, ...others]);
}

/** Resolves a lab. `lab` is what could be resolved; use it only when no diagnostic is an error. */
export function resolveLab(given: LabInput): { readonly lab: Lab; readonly diagnostics: readonly Diagnostic[] } {
  const isFixed = given.running?.live.fixed === true;
  const input = {
    ...given,
    ...(isFixed ? {} : { document: withFault(given.document) }),
    ...(given.noCommands === true && given.running !== undefined
      ? { running: { ...given.running, live: liveWithoutCommands(given.running.live) } }
      : {}),
  };
  const mistakes = new DiagnosticList(input.incomplete);
  const root = new Scope(mistakes, input.locate);
  const scope = root.at("spec");
  const { metadata, spec } = input.document;

  if (spec.fault?.cluster !== undefined && given.document.spec.cluster === undefined)
    scope.at("fault", "cluster").dangling("the lab has no cluster to overlay this on", "add spec.cluster");
  for (const name of Object.keys(spec.fault?.clusters ?? {}))
    if (!Object.hasOwn(given.document.spec.clusters ?? {}, name))
      scope
        .at("fault", "clusters", name)
        .dangling(`the lab has no cluster "${name}" to overlay this on`, "add it to spec.clusters");
  const { clusters: bare, families: ofClusters, less, namespaces } = resolveClusters(input, mistakes, scope);
  const [manifest] = input.manifests;
  if (bare.length === 0 && manifest !== undefined) {
    new Scope(mistakes, manifest.locate, manifest.path).dangling(
      "the lab has manifests but no cluster to run them on",
      "add spec.cluster: { nodes: [node1, node2] }",
    );
  }
  if (bare.length === 0 && spec.topology === undefined) {
    scope.dangling("the lab is empty", "add spec.topology (namespaces and links) or spec.cluster (nodes and pods)");
  }
  const made = bare.length === 0 ? undefined : networkOf(bare).devices;
  const devices = new Map<string, DeviceTable>();
  if (made !== undefined) addDevices(devices, made, true);
  const raw = resolveTopology(
    spec.topology ?? {},
    {
      cluster: fabricOf(bare),
      families: ofClusters,
      devices,
      deleted: labDeleted(input.running?.live),
      refuseHostLinks: input.refuseHostLinks,
    },
    scope.at("topology"),
  );
  const topology = withNodeSysctls(raw.topology, input, scope);
  const clusters = bare.map((cluster) =>
    withTargetPorts(withUplinks(cluster, topology, raw.families, scope.at("topology")), topology),
  );

  const index = new TargetIndex({ topology, clusters, devices: made });
  const lost: LostCheck[] | undefined = input.running === undefined ? undefined : [];
  const captureScope = scope.at("captures");
  const captures = resolveCaptures(
    spec.captures ?? [],
    index,
    lost === undefined ? captureScope : captureScope.muted(),
  );
  const leftOut: LostCheck[] = [];
  const context = { index, families: raw.families, captures, less, leftOut };
  const checks = resolveChecks(spec.checks ?? [], context, scope.at("checks"), lost);
  const nodeNames = labNodes({ clusters }).map(({ name }) => name);
  const engines = spec.engines === undefined ? undefined : resolveEngines(spec.engines, nodeNames, scope.at("engines"));
  const names = {
    workloads: clusters.flatMap((cluster) =>
      workloadSpecs(manifestsOf(input.manifests, cluster.name), ownNodes(cluster)).map((spec) => ({
        ...spec,
        text: workloadText({ ...spec, cluster: cluster.name }),
      })),
    ),
    namespaces: namespaces.flatMap(([cluster, own]) => own.map((name) => `${clusterPrefix(cluster)}${name}`)),
    deletable: MANIFEST_KINDS.flatMap(({ deletable, words }) => (deletable === true ? words : [])),
    probeNeed: probeNeed(labPods({ clusters })),
  };
  const namedFaults = resolveNamedFaults((spec.faults ?? []) as readonly FaultDocument[], index, scope.at("faults"));
  const steps = resolveSteps(
    spec.steps ?? [],
    { ...context, ...names, faults: namedFaults.map(({ id }) => id) },
    scope.at("steps"),
    lost,
  );
  const lab: Lab = {
    name: metadata.name,
    ...(metadata.title === undefined ? {} : { title: metadata.title }),
    ...(metadata.description === undefined ? {} : { description: metadata.description }),
    ...(metadata.solution === undefined ? {} : { solution: metadata.solution }),
    ...(spec.fault === undefined ? {} : { fault: isFixed ? "fixed" : "present" }),
    ...(namedFaults.length === 0 ? {} : { namedFaults }),
    ...(input.running?.live.faults === undefined ? {} : { injected: input.running.live.faults }),
    file: input.file,
    source: root.at("metadata", "name").source(),
    topology,
    clusters,
    ...(engines === undefined ? {} : { engines }),
    captures,
    checks,
    ...(steps.length === 0 ? {} : { steps }),
    ...(lost === undefined || lost.length === 0 ? {} : { lost }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
    families: raw.families,
  };
  checkNamespaceNames(lab, root.at("metadata", "name"));
  return { lab: input.noCommands === true ? labWithoutCommands(lab) : lab, diagnostics: mistakes.diagnostics };
}

/** Throws InputError when it has mistakes. */
export function resolveValid(input: LabInput): Lab {
  const { lab, diagnostics } = resolveLab(input);
  const mistakes = diagnostics.filter(isMistake);
  if (mistakes.length > 0) throw new InputError(mistakes);
  return lab;
}
