/** The settings of plugin: cni. Mistakes of a list are reported in libcni's words, at their place in the file that has it. */
import type * as z from "zod";
import { ConfigError, parseNetwork, readNetwork } from "../../../cni/config.ts";
import type { Json, NetworkList } from "../../../cni/config.ts";
import { CniError } from "../../../cni/error.ts";
import { checkNetworkName } from "../../../cni/names.ts";
import { isSpecVersion, SPEC_VERSIONS } from "../../../cni/version.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { Scope } from "../../../syntax/scope.ts";
import { parseStream } from "../../../syntax/yaml-stream.ts";
import type { NetworkFacts } from "../plugin.ts";
import { BIN_DIRS, DEFAULT_LIST, traitsOf } from "./model.ts";
import type { CniProtocolModel, cniSchema, ConflistFile } from "./model.ts";
import { listForNode, TemplateError, textForNode } from "./template.ts";

export type CniProtocolDocument = z.infer<ReturnType<typeof cniSchema>> & { readonly conflistFile?: ConflistFile };

const HINT =
  "a list has cniVersion, name and plugins, each with a type (SPEC.md of containernetworking/cni, section 1)";
const SCRIPT = /^(?!\.{1,2}$)[\w.-]{1,100}$/;

/** What the file says for a node, and where its parts stand. */
function fromFile(
  { name, text }: ConflistFile,
  node: Pick<ClusterNode, "podCIDR">,
  mistakes: Scope["mistakes"],
): { readonly object: () => Json; readonly list: () => NetworkList; readonly place: Scope } {
  const expanded = textForNode(text, node);
  // Every JSON text is YAML, whose parser knows lines and columns.
  const stream = parseStream(expanded, name);
  const [document] = stream.documents;
  const start = { file: name, line: 1, column: 1 };
  const broken = stream.diagnostics.find(({ severity }) => severity === "error");
  const place = new Scope(mistakes, (path, part) => broken?.source ?? document?.locate(path, part) ?? start, []);
  return { object: () => JSON.parse(expanded) as Json, list: () => parseNetwork(expanded, name), place };
}

/** Undefined: it has mistakes, which are reported. */
function listOf(
  doc: CniProtocolDocument,
  node: Pick<ClusterNode, "podCIDR">,
  scope: Scope,
): { readonly list: NetworkList; readonly object: Json; readonly place: Scope } | undefined {
  let place = scope.at("conflist");
  try {
    const given = doc.conflistFile ?? (doc.conflist === undefined ? DEFAULT_LIST : undefined);
    if (given !== undefined) {
      const file = fromFile(given, node, scope.mistakes);
      ({ place } = file);
      return { list: file.list(), object: file.object(), place };
    }
    // A file that could not be read is reported where it was looked for.
    if (doc.conflist === undefined || typeof doc.conflist === "string") return undefined;
    const object = listForNode(doc.conflist, node);
    return { list: readNetwork(object), object, place };
  } catch (error) {
    if (error instanceof ConfigError) place.at(...error.path).error(error.message, HINT);
    else if (error instanceof TemplateError)
      place.error(
        error.message,
        "{{.PodCIDR}}, {{index .PodCIDRRanges N}} and {{range $i, $r := .PodCIDRRanges}} … {{end}} are known",
      );
    else throw error;
    return undefined;
  }
}

function checkList({ name, cniVersion, plugins }: NetworkList, place: Scope): void {
  try {
    checkNetworkName(name);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    place.at("name").error(error.message, "letters, digits, '_', '.' and '-', beginning with a letter or digit");
  }
  if (cniVersion !== "" && !isSpecVersion(cniVersion))
    place.at("cniVersion").error(`CNI version ${cniVersion} is not known`, `there are ${SPEC_VERSIONS.join(", ")}`);
  if (plugins.length === 0) place.error("no plugin configs found", HINT);
  for (const [i, { type }] of plugins.entries())
    if (type.includes("/"))
      place.at("plugins", i, "type").error(`invalid plugin name: ${type}`, "the name of a program in binDir");
}

function checkScripts(scripts: Readonly<Record<string, string>>, { plugins }: NetworkList, scope: Scope): void {
  for (const [name, text] of Object.entries(scripts)) {
    if (!SCRIPT.test(name))
      scope
        .at(name)
        .keyError(`"${name}" is not the name of a program`, "letters, digits, '_', '.' and '-', but not . and ..");
    if (!text.startsWith("#!"))
      scope.at(name).error(`${name} does not begin with #!`, "the first line names the interpreter: #!/bin/sh");
    const isUsed = plugins.some(
      ({ type, object }) => type === name || (object["ipam"] as Json | undefined)?.["type"] === name,
    );
    if (!isUsed) scope.at(name).warn(`no plugin of the list is called ${name}`, "its type is the script's name");
  }
}

/** A route by a node's address needs the node on the same segment. */
function checkOneSegment(doc: CniProtocolDocument, { switches, flat }: NetworkFacts, scope: Scope): void {
  if (doc.routes === "none" || flat || switches.length < 2) return;
  scope
    .at(doc.routes === undefined ? "plugin" : "routes")
    .error(
      `routes from node to node need all nodes on one subnet, but there are ${switches.length}: ${switches.map(({ name }) => name).join(", ")}`,
      "remove the nodes' own nodeCIDR, or set routes: none and make them otherwise",
    );
}

export function resolveCni(doc: CniProtocolDocument, facts: NetworkFacts, scope: Scope): CniProtocolModel {
  const { nodes } = facts;
  checkOneSegment(doc, facts, scope);
  const lists: Record<string, Json> = {};
  let first: NetworkList | undefined;
  for (const node of nodes) {
    const read = listOf(doc, node, scope);
    if (read === undefined) break;
    lists[node.name] = read.object;
    if (first === undefined) checkList((first = read.list), read.place);
  }
  const { scripts = {}, binDir = BIN_DIRS } = doc;
  if (first !== undefined) checkScripts(scripts, first, scope.at("scripts"));
  const list = first ?? readNetwork({ name: "none", type: "none" });
  const mtu = list.plugins[0]?.object["mtu"];
  return {
    plugin: "cni",
    network: list.name,
    lists,
    path: [binDir].flat().map((folder) => folder.replace(/\/$/, "")),
    scripts,
    routes: doc.routes !== "none",
    traits: traitsOf(list),
    ...(typeof mtu === "number" && mtu > 0 ? { mtu } : {}),
    cause: scope.cause("spec.cluster.cni", `CNI plugins: ${list.plugins.map(({ type }) => type).join(", ")}`),
  };
}
